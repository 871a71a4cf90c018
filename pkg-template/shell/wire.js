/**
 * Hands a Socket to the module, which drives it (`src/web/call.rs`), with what is ours to be called: one that is made
 * here, or one of the app's own. What has to be undone without the module is here.
 */

import { DEAD } from './driver.js';
import { HoldfastError } from './errors.js';
import { WIRE } from './numbers.js';
import { call, report, textOf } from './report.js';
import { later } from './timer.js';
import { lastThrown } from './values.js';

/**
 * @typedef {import('socket.io-client').Socket} Socket
 *
 * @typedef {[
 *   connect: () => void,
 *   disconnect: () => void,
 *   isActive: () => boolean,
 *   onDrained: () => void,
 *   onReceipt: (name: number, isPlain: boolean) => void,
 *   onTransport: () => void,
 *   onHeard: () => void,
 *   onUp: () => void,
 *   onGreeted: () => void,
 *   onDown: (error: Error & { data?: any } | undefined, isRejection: boolean, reason: string | undefined) => void,
 *   onEvent: (packet: any[], extra: unknown) => boolean,
 *   onReserved: (event: string, args: unknown[]) => void,
 *   onLeaving: (packet: { data: any[], id?: number }) => void,
 * ]} Hooks what the Socket's own `connect`, `disconnect` and `active` come to, and who is told: that the transport has
 *   sent what it had, that the server answered a receipt, as it refuses an unknown namespace or otherwise, that the
 *   connection goes over another transport, that something came, that the server accepted the connection, that the
 *   app's listeners have heard of that, that the connection ended, with socket.io's reason, or that the attempt failed,
 *   of an event that came, with its last argument where that is not the app's (false keeps it from the listeners), of
 *   `connect`, `disconnect` or `connect_error`, and of an event that leaves
 */

/** Options of socket.io-client that would work against the engine. */
const OURS = [
  'reconnection',
  'reconnectionAttempts',
  'reconnectionDelay',
  'reconnectionDelayMax',
  'randomizationFactor',
  'timeout',
  'autoConnect',
  'forceNew',
  'multiplex',
];

/** A namespace that no server has, and the names that receipts use in turn. */
export const RECEIPT = '/~holdfast/';

/** Where they are among the parts. */
const EPOCH = 2;
const MAX_PAYLOAD = 3;
/** Where `onHeard` is among the hooks. */
const HEARD = 6;

const OVERRIDDEN = ['emitReserved', 'emitEvent', 'emitBuffered', 'notifyOutgoingListeners'];

/**
 * @param {import('./driver.js').Driver} driver
 * @param {typeof import('socket.io-client').io} io
 * @param {string | undefined} url
 * @param {Record<string, unknown>} ioOptions
 * @param {(message: string) => void} warn
 */
export function createWire(driver, io, url, ioOptions, warn) {
  const options = { ...ioOptions };
  const dropped = OURS.filter((name) => name in options);
  for (const name of dropped) delete options[name];
  if (dropped.length > 0) {
    warn(`io.${dropped.join(', io.')}: not handed on, it is ours`);
  }
  const own = {
    ...options,
    autoConnect: false,
    forceNew: true,
    reconnection: false,
    timeout: false,
    // An app may have its `socket.io-client` be `holdfast/alias`, which would follow what is driven here.
    holdfast: false,
  };
  const socket = open(io, url, own);
  const missing = OVERRIDDEN.filter((name) => typeof socket[name] !== 'function');
  if (missing.length > 0) {
    throw new HoldfastError(
      'UNSUPPORTED_SOCKET_IO',
      `This socket.io-client has no Socket#${missing.join(', Socket#')}: use version 4.7 or later`,
    );
  }
  return drive(driver, socket, socket.io, ioOptions);
}

/**
 * A Socket that is followed has a stand-in for its Manager, as most of what is overridden there is undone.
 * @param {import('./driver.js').Driver} driver
 * @param {any} socket
 * @param {any} manager
 * @param {Record<string, unknown>} options of socket.io-client
 */
export function drive(driver, socket, manager, options) {
  const run = (
    /** @type {number} */ what,
    /** @type {number} */ link,
    /** @type {unknown} */ subject,
    /** @type {unknown} */ said,
  ) => driver.wire(what, link, parts, subject, said);
  const ask = (
    /** @type {number} */ what,
    /** @type {unknown[] | undefined} */ args = undefined,
  ) => {
    const answer = run(what, 0, undefined, args);
    return answer === DEAD ? undefined : answer;
  };

  const callEach = (
    /** @type {Function[]} */ listeners,
    /** @type {unknown} */ self,
    /** @type {unknown[]} */ args,
  ) => {
    if (listeners.length === 0) return;
    for (const listener of [...listeners]) call(() => listener.apply(self, args));
  };

  const hear = (
    /** @type {number} */ what,
    /** @type {number} */ link,
    /** @type {unknown} */ subject,
  ) =>
    what === WIRE.heard
      ? // With every packet: too often for a call of the module.
        () => link === parts[EPOCH] && onHeard()
      : (/** @type {unknown} */ said) => run(what, link, subject, said);

  /** @type {() => void} */
  let onHeard;

  /** What has to go for a plain Socket. @type {[any, string][]} */
  const overridden = [];
  let isReleased = false;
  const override = (
    /** @type {any} */ target,
    /** @type {string} */ name,
    /** @type {number} */ what,
  ) => {
    overridden.push([target, name]);
    const isMethod = typeof target[name] === 'function';
    const instead = (/** @type {unknown[]} */ ...args) => {
      const answer = run(what, 0, undefined, args);
      if (answer !== DEAD) return answer;
      // That of a client that was destroyed before does nothing.
      if (!isReleased) return isMethod && target;
      // It is socket.io-client's own by now.
      return isMethod ? target[name](...args) : target[name];
    };
    if (isMethod) target[name] = instead;
    else Object.defineProperty(target, name, { configurable: true, get: instead });
  };

  const onPacket = hear(WIRE.came, 0, undefined);

  /** In the order of `Part` in `src/web/call.rs`. @type {any[]} */
  const parts = [
    socket,
    manager,
    // The epoch, and the largest message that the server takes, as the module has them.
    0,
    undefined,
    // What the shell does.
    call,
    callEach,
    () => report(lastThrown()),
    textOf,
    (/** @type {string} */ text) => new Error(text),
    (/** @type {() => void} */ then, /** @type {number} */ ms) => later(then, ms, options),
    hear,
    override,
    () => {},
    () => ({ fromQueue: true }),
    // Packets for other namespaces go through it: no Socket, so it never connects, and is nobody's to override.
    { io: manager, packet: socket.packet },
    onPacket,
    options.autoConnect !== false,
    // The transports that the app wants, in its order, and what the Manager was given of them.
    manager.opts.transports ?? ['polling', 'websocket'],
    manager.opts.transports,
    // What is overridden.
    socket.connect,
    socket.disconnect,
    socket.emit,
    socket.emitEvent,
    manager.open,
    manager.socket,
    // What the Socket has inside: the module finds it.
    undefined,
    '',
    undefined,
    '',
    '',
  ];

  /** @returns {string | null} */
  const nameOfTransport = () => manager.engine?.transport?.name ?? null;

  return {
    socket: /** @type {Socket} */ (socket),
    run,

    /** From now on the Socket is driven. @param {Hooks} hooks who is told */
    begin(...hooks) {
      onHeard = hooks[HEARD];
      parts.push(...hooks);
      ask(WIRE.begin);
    },

    /** The attempt that the transport belongs to, while it may still speak. 0 is none. */
    epoch: () => /** @type {number} */ (isReleased ? -1 : parts[EPOCH]),

    /**
     * Opens a connection. Each failure changes which transport is tried first, since one of them may
     * be what the network does not let through.
     * @param {number} attempt
     * @param {number} failures
     * @param {number} upgradeTimeoutMs a WebSocket that says nothing for so long is given up, where
     *   there is another way
     */
    connect: (attempt, failures, upgradeTimeoutMs) =>
      run(WIRE.open, attempt, undefined, [failures, upgradeTimeoutMs]),

    /**
     * Closes the connection, whatever state it is in. Listeners hear of it; the engine does not.
     * @param {boolean} isPolite tells the server, and says to listeners that it was us
     * @param {boolean} isFinal for Sockets of other namespaces too
     */
    close: (isPolite, isFinal) => ask(WIRE.shut, [isPolite, isFinal]),

    /**
     * Emits at once or not at all.
     * @param {string} event
     * @param {readonly unknown[]} args
     * @param {(...reply: unknown[]) => void} [ack]
     * @returns {number | undefined} the number of the acknowledgement; none where the packet did not
     *   leave, since the socket knew, though it had not said so, that its link is dead. Then it is down.
     * @throws what encoding throws
     */
    emit(event, args, ack) {
      const all = ack ? [event, ...args, ack] : [event, ...args];
      if (isReleased) socket.emit(...all);
      else return ask(WIRE.emit, all);
    },

    /** Hands an event to the app's listeners on the Socket. @param {string} event @param {unknown[]} args */
    dispatch: (event, args) => callEach(socket.listeners(event), socket, args),

    /** Asks the server for receipts: to connect a namespace that it does not know. */
    receipt: (/** @type {number} */ name, /** @type {number} */ count) =>
      ask(WIRE.ask, [RECEIPT + name, count]),

    /** The largest message that the server takes, in bytes; any, where none is named. @returns {number} */
    maxPayload: () => parts[MAX_PAYLOAD] ?? Infinity,

    isPolling: () => nameOfTransport() === 'polling',

    /** What the transport has yet to send: bytes, or where it does not say packets. */
    waiting: () =>
      manager.engine?.transport?.ws?.bufferedAmount ?? manager.engine?.writeBuffer?.length,

    /** What identifies the connection: the next attempt is made with it. @param {unknown} query @param {unknown} headers */
    identify: (query, headers) => ask(WIRE.identity, [query, headers]),

    /** Forgets an acknowledgement that will not come; before 4.7.5 the socket keeps it for ever. @param {any} id */
    forget: (id) => delete socket.acks[id],

    wipe: () => ask(WIRE.clean),

    transport: nameOfTransport,

    /** Gives the Socket back to the app as socket.io-client made it, reconnecting by itself. The module is dead. */
    release() {
      isReleased = true;
      parts[EPOCH] = 0;
      manager.off('packet', onPacket);
      for (const [target, name] of overridden) delete target[name];
      manager.reconnection(true);
      manager.timeout(20_000);
    },

    /**
     * Who hears what that Socket says.
     * @param {() => void} up it is connected, and the app's listeners have not heard of it
     * @param {() => void} down
     * @param {Hooks[11]} tell of an event of socket.io's own
     * @param {() => void} done once all have heard
     * @param {Hooks[10]} hear
     */
    watch(up, down, tell, done, hear) {
      const { emitReserved, emitEvent } = socket;
      socket.emitReserved = (/** @type {string} */ event, /** @type {unknown[]} */ ...args) => {
        try {
          if (event === 'connect') up();
          else down();
          tell(event, args);
          emitReserved.call(socket, event, ...args);
        } finally {
          done();
        }
      };
      socket.emitEvent = (/** @type {any[]} */ packet) => {
        const last = packet[packet.length - 1];
        const isHeard = hear(packet, typeof last === 'function' ? last : undefined);
        if (isHeard) emitEvent.call(socket, packet);
      };
    },
  };
}

/**
 * @param {typeof import('socket.io-client').io} io
 * @param {string | undefined} url
 * @param {any} options
 * @returns {any} a Socket, whose private parts are ours to use
 */
function open(io, url, options) {
  try {
    return url === undefined ? io(options) : io(url, options);
  } catch (error) {
    throw new HoldfastError(
      'INVALID_OPTION',
      `socket.io-client cannot use the options url and io: ${textOf(error)}`,
    );
  }
}
