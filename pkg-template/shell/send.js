/** `send` of `createClient` and of the hooks: checks its options, handles the signal, and returns a promise. */

import { call, cancelled, HoldfastError, isOurs, kindOf, textOf, WAYS, wayOf } from '../core.js';

/**
 * @typedef {import('./world.js').Client} Client
 * @typedef {import('./result.js').Result} Result
 * @typedef {import('../types/index.d.ts').SendOptions} SendOptions
 */

/** A message failed, or it is unknown whether the server handled it. */
export class DeliveryError extends Error {
  /** @param {Result} result */
  constructor({ code = '', message, id, maybeDelivered, retryable, reply }) {
    super(message);
    this.name = 'DeliveryError';
    this.code = code;
    this.id = id;
    this.retryable = retryable;
    this.maybeDelivered = maybeDelivered;
    this.reply = reply;
  }
}

/** @type {Record<string, [takes: string, fits: (value: any) => boolean]>} */
const OPTIONS = {
  id: [
    'a string that is not empty, or a number',
    (id) => (id !== '' && typeof id === 'string') || Number.isFinite(id),
  ],
  lane: ['a string or a number', (lane) => typeof lane === 'string' || Number.isFinite(lane)],
  durable: ['true or false', (durable) => typeof durable === 'boolean'],
  strict: ['true or false', (strict) => typeof strict === 'boolean'],
  ttlMs: ['a whole number of milliseconds from 1', (ttl) => Number.isInteger(ttl) && ttl > 0],
  ackTimeoutMs: ['a whole number of milliseconds from 1', (ms) => Number.isInteger(ms) && ms > 0],
  way: [`one of: ${WAYS.join(', ')}`, (way) => WAYS.includes(way)],
  key: ['a string or a number', (key) => typeof key === 'string' || Number.isFinite(key)],
  repeat: ['true or false', (repeat) => typeof repeat === 'boolean'],
  rest: ['a list of the arguments after the payload', Array.isArray],
  signal: [
    'an AbortSignal',
    (signal) =>
      [signal?.addEventListener, signal?.removeEventListener].every(
        (method) => typeof method === 'function',
      ),
  ],
};

/** Event names that socket.io reserves. */
const RESERVED = [
  ...['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'],
];

const AWAIT = 'await the promise instead of a callback';
/** Refuses arguments as `socket.emit` takes them, and explains those of `send`. */
const OPTIONS_ALONE = `options: send several arguments as (event, first, { rest: [second] }), and ${AWAIT}`;

/** @param {unknown} event */
const isName = (event) => typeof event === 'string' && event !== '' && !RESERVED.includes(event);

/** @param {string} name @param {unknown} value @param {string} takes @returns {never} */
function refuse(name, value, takes, command = 'send') {
  throw new HoldfastError(
    'INVALID_OPTION',
    `${command}: ${name} got ${kindOf(value)}; it takes ${takes}`,
  );
}

/** @param {string} command what the app called @param {any} event @throws {HoldfastError} if it is no valid name */
export function checkName(command, event) {
  if (RESERVED.includes(event)) {
    throw new HoldfastError(
      'INVALID_OPTION',
      `${command}: the name '${event}' is reserved by socket.io: give the event another one`,
    );
  }
  if (!isName(event)) refuse('the event', event, 'a name', command);
}

/**
 * Passes a message to the client. `settled` is called exactly once.
 * @param {Client} client
 * @param {string} event
 * @param {unknown[]} args the payload, or empty
 * @param {SendOptions | null | undefined} given
 * @param {(result: Result) => void} settled
 * @throws {HoldfastError} if an option or the event's name is invalid; then nothing was sent
 */
export function deliver(client, event, args, given, settled) {
  checkName('send', event);
  const { isAborted, signal, rest, ...options } = checked(given);
  const end = (/** @type {Result} */ result) => {
    call(() => signal?.removeEventListener('abort', abort));
    settled(result);
  };
  const abort = () => client.leave(end);
  if (isAborted) {
    const id = String(options.id ?? '');
    end(cancelled(id));
    return { id, isTaken: false };
  }
  // Before sending, since the message may settle at once.
  call(() => signal?.addEventListener('abort', abort, { once: true }));
  const taken = client.deliver({ ...options, event, args: join(args, rest) }, null, end);
  if (!taken.isTaken) end(taken.result);
  return taken;
}

/**
 * Checks the options, and returns a copy: the app may change its own object afterwards.
 * @param {SendOptions | null | undefined} given
 * @returns {SendOptions & { isAborted: boolean, rest: unknown[] }}
 */
function checked(given) {
  try {
    // The copy of a number, a text or a date would be empty, and the value lost.
    if (given !== undefined && given !== null && textOfKind(given) !== '[object Object]') {
      refuse('the options', given, OPTIONS_ALONE);
    }
    const options = { ...given };
    for (const [name, value] of Object.entries(options)) {
      if (!Object.hasOwn(OPTIONS, name))
        refuse(name, value, 'no such option; further arguments go into rest');
      const [takes, fits] = OPTIONS[name];
      if (value !== undefined && !fits(value)) refuse(name, value, takes);
    }
    const { signal, rest = [] } = options;
    return { ...options, rest: [...rest], isAborted: signal?.aborted === true };
  } catch (error) {
    if (isOurs(error)) throw error;
    throw new HoldfastError('INVALID_OPTION', `send: the options cannot be read: ${textOf(error)}`);
  }
}

/** @param {unknown} value */
const textOfKind = (value) => Object.prototype.toString.call(value);

/** @param {unknown[]} args @param {unknown[]} rest */
const join = (args, rest) => (rest.length > 0 ? [args[0], ...rest] : args);

/**
 * @param {Client} client
 * @param {string} event
 * @param {unknown} [data]
 * @param {SendOptions} [options]
 * @param {unknown[]} more refused
 * @returns {(Promise<any> & { id: string }) | undefined} undefined for ways without a result
 */
export function send(client, event, data, options, ...more) {
  let id = '';
  let hasResult = true;
  const promise = new Promise((resolve, reject) => {
    const args = data === undefined ? [] : [data];
    const given = checked(options);
    for (const one of more)
      if (one !== undefined) refuse('the fourth argument', one, OPTIONS_ALONE);
    const { way } = isName(event) ? wayOf(client.settings(), event, given, data) : {};
    hasResult = way !== 'volatile' && way !== 'latest';
    if (way === 'volatile') {
      client.emitNow(event, join(args, given.rest));
      return;
    }
    ({ id } = deliver(client, event, args, options, (result) => {
      if (result.success) resolve(result.reply);
      else if (hasResult) {
        const more = typeof data === 'function' ? `: ${AWAIT}` : '';
        reject(new DeliveryError({ ...result, message: `${result.message}${more}` }));
      }
    }));
  });
  return hasResult ? Object.assign(promise, { id }) : undefined;
}
