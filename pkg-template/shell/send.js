/** Messages of `createClient` and of the hooks: their options, signals, and promises. */

import { call, HoldfastError, isOurs, textOf } from '../core.js';

/**
 * @typedef {import('./world.js').Client} Client
 * @typedef {import('./deliveries.js').Result} Result
 * @typedef {import('../types/index.d.ts').SendOptions} SendOptions
 */

/** A message that did not take effect, or for which nobody can tell. */
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
  signal: [
    'an AbortSignal',
    (signal) =>
      [signal?.addEventListener, signal?.removeEventListener].every(
        (method) => typeof method === 'function',
      ),
  ],
};

/** @param {string} name @param {unknown} value @param {string} takes @returns {never} */
function refuse(name, value, takes) {
  const got =
    typeof value === 'object' || typeof value === 'function' ? typeof value : String(value);
  throw new HoldfastError('INVALID_OPTION', `send: ${name} got ${got}; it takes ${takes}`);
}

/**
 * Hands a message to the client. `settled` is called exactly once.
 * @param {Client} client
 * @param {string} event
 * @param {any} data
 * @param {SendOptions | null | undefined} given
 * @param {(result: Result) => void} settled
 * @throws {HoldfastError} where an option is wrong, or the event has no name: then nothing was sent
 */
export function deliver(client, event, data, given, settled) {
  if (typeof event !== 'string' || event === '') refuse('the event', event, 'a name');
  const { isAborted, signal, ...options } = checked(given);
  const end = (/** @type {Result} */ result) => {
    call(() => signal?.removeEventListener('abort', abort));
    settled(result);
  };
  /** Who joined a message that waits already takes back his own part in it. */
  const abort = () => {
    const entry = [...client.entries()].find(({ waiting }) => waiting.includes(end));
    if (entry?.waiting.length === 1) client.cancel(entry.id);
    else if (entry) {
      entry.waiting.splice(entry.waiting.indexOf(end), 1);
      end(cancelled(entry.id, entry.attempts > 0));
    }
  };
  if (isAborted) {
    const id = String(options.id ?? '');
    end(cancelled(id, false));
    return { id, isTaken: false };
  }
  // First, as it may settle at once.
  call(() => signal?.addEventListener('abort', abort, { once: true }));
  const taken = client.deliver({ ...options, event, data }, null, end);
  if (!taken.isTaken) end(taken.result);
  return taken;
}

/**
 * A copy: what is checked is what is used.
 * @param {SendOptions | null | undefined} given
 * @returns {SendOptions & { isAborted: boolean }}
 */
function checked(given) {
  try {
    const options = { ...given };
    for (const [name, value] of Object.entries(options)) {
      if (!Object.hasOwn(OPTIONS, name)) refuse(name, value, 'no such option');
      const [takes, fits] = OPTIONS[name];
      if (value !== undefined && !fits(value)) refuse(name, value, takes);
    }
    return { ...options, isAborted: options.signal?.aborted === true };
  } catch (error) {
    if (isOurs(error)) throw error;
    throw new HoldfastError('INVALID_OPTION', `send: the options cannot be read: ${textOf(error)}`);
  }
}

/** @param {string} id @param {boolean} maybeDelivered @returns {Result} */
const cancelled = (id, maybeDelivered) => ({
  id,
  success: false,
  code: 'CANCELLED',
  message: 'The message was cancelled',
  reply: undefined,
  maybeDelivered,
  retryable: false,
});

/**
 * @param {Client} client
 * @param {string} event
 * @param {unknown} data
 * @param {SendOptions} [options]
 */
export function send(client, event, data, options) {
  let id = '';
  const promise = new Promise((resolve, reject) => {
    ({ id } = deliver(client, event, data, options, (result) => {
      if (result.success) resolve(result.reply);
      else reject(new DeliveryError(result));
    }));
  });
  return Object.assign(promise, { id });
}
