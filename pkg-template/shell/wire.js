/**
 * Makes the Socket, or takes one of the app's own, and lets the module drive it (`src/web/call.rs`): this file has the
 * JavaScript that the module calls, and undoes the overrides when the module dies.
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
 * ]} Hooks the functions that the module calls, in this order:
 *   what the Socket's own `connect`, `disconnect` and `active` do;
 *   onDrained: the transport has sent what it had;
 *   onReceipt: the server answered a receipt; `isPlain`: it refused the namespace as an unknown one;
 *   onTransport: the connection switched to another transport;
 *   onHeard: something arrived;
 *   onUp: the server accepted the connection;
 *   onGreeted: the app's listeners have heard of that;
 *   onDown: the connection ended, with socket.io's reason, or the attempt failed;
 *   onEvent: an event arrived; `extra` is the last argument if that is not the app's; false keeps it from the listeners;
 *   onReserved: `connect`, `disconnect` or `connect_error` is emitted;
 *   onLeaving: an event is being sent
 */

/** Options of socket.io-client that would conflict with the engine, which reconnects by itself. */
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

/** Prefix of namespaces that no server has: receipts ask to join them, under names that are used in turn. */
export const RECEIPT = '/~holdfast/';

/** Indexes in `parts`. */
const EPOCH = 2;
const MAX_PAYLOAD = 3;
/** Index of `onHeard` in the hooks. */
const HEARD = 6;

/** Methods of the Socket that the module overrides. */
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
    warn(`io.${dropped.join(', io.')}: ignored, Holdfast sets it`);
  }
  const own = {
    ...options,
    autoConnect: false,
    forceNew: true,
    reconnection: false,
    timeout: false,
    // An app may alias `socket.io-client` to `holdfast/alias`, which must not follow the Socket that is driven here.
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
 * Lets the module drive a Socket. For a followed Socket `manager` is a stand-in: overrides of it don't reach the app's
 * Manager.
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
    /** @type {unknown} */ data,
  ) => driver.wire(what, link, parts, subject, data);
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
      ? // Runs for every packet: a call of the module would cost too much.
        () => link === parts[EPOCH] && onHeard()
      : (/** @type {unknown} */ data) => run(what, link, subject, data);

  /** @type {() => void} */
  let onHeard;

  /** The overrides, to be removed when the module is dead. @type {[any, string][]} */
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
      // A client that was destroyed before the module died: its methods do nothing.
      if (!isReleased) return isMethod && target;
      // The override was removed: call socket.io-client's own.
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
    // The epoch and the largest message that the server accepts; the module writes both.
    0,
    undefined,
    // Functions of the shell.
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
    // Sends packets for other namespaces. Not a real Socket: it never connects, and nobody overrides its methods.
    { io: manager, packet: socket.packet },
    onPacket,
    options.autoConnect !== false,
    // The transports in the order that the app wants, and the Manager's own option.
    manager.opts.transports ?? ['polling', 'websocket'],
    manager.opts.transports,
    // The original methods that are overridden.
    socket.connect,
    socket.disconnect,
    socket.emit,
    socket.emitEvent,
    manager.open,
    manager.socket,
    // Private parts of the Socket, which the module finds.
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

    /** Starts driving the Socket. @param {Hooks} hooks */
    begin(...hooks) {
      onHeard = hooks[HEARD];
      parts.push(...hooks);
      ask(WIRE.begin);
    },

    /** The epoch of the attempt that the transport belongs to, while its events count; 0 if none, -1 once released. */
    epoch: () => /** @type {number} */ (isReleased ? -1 : parts[EPOCH]),

    /**
     * Opens a connection. Each failure changes which transport is tried first, since the network may block one of them.
     * @param {number} attempt
     * @param {number} failures in a row so far
     * @param {number} upgradeTimeoutMs a WebSocket that is silent for so long is given up, if the app allows another
     *   transport
     */
    connect: (attempt, failures, upgradeTimeoutMs) =>
      run(WIRE.open, attempt, undefined, [failures, upgradeTimeoutMs]),

    /**
     * Closes the connection in any state. The Socket's listeners hear of it; the engine does not.
     * @param {boolean} isPolite whether to tell the server, with the reason that the client disconnected
     * @param {boolean} isFinal whether to close even if Sockets of other namespaces use the connection
     */
    close: (isPolite, isFinal) => ask(WIRE.shut, [isPolite, isFinal]),

    /**
     * Emits at once or not at all.
     * @param {string} event
     * @param {readonly unknown[]} args
     * @param {(...reply: unknown[]) => void} [ack]
     * @returns {number | undefined} the acknowledgement id; undefined if the packet was not sent because the socket
     *   knew, without having reported it, that its link is dead. Then the link is down.
     * @throws what encoding throws
     */
    emit(event, args, ack) {
      const all = ack ? [event, ...args, ack] : [event, ...args];
      if (isReleased) socket.emit(...all);
      else return ask(WIRE.emit, all);
    },

    /** Hands an event to the app's listeners on the Socket. @param {string} event @param {unknown[]} args */
    dispatch: (event, args) => callEach(socket.listeners(event), socket, args),

    /** Asks for receipts by connecting to namespaces that the server does not know: each refusal is one. */
    receipt: (/** @type {number} */ name, /** @type {number} */ count) =>
      ask(WIRE.ask, [RECEIPT + name, count]),

    /** The largest message that the server accepts, in bytes; Infinity if it names no limit. @returns {number} */
    maxPayload: () => parts[MAX_PAYLOAD] ?? Infinity,

    isPolling: () => nameOfTransport() === 'polling',

    /** The transport's backlog: in bytes, or in packets if it does not tell bytes. */
    waiting: () =>
      manager.engine?.transport?.ws?.bufferedAmount ?? manager.engine?.writeBuffer?.length,

    /** Sets the query and headers of the next attempt. @param {unknown} query @param {unknown} headers */
    identify: (query, headers) => ask(WIRE.identity, [query, headers]),

    /** Drops an acknowledgement that will not come. Before 4.7.5 socket.io-client keeps it for ever. @param {any} id */
    forget: (id) => delete socket.acks[id],

    /** Drops everything that the Socket keeps for the user. */
    wipe: () => ask(WIRE.clean),

    transport: nameOfTransport,

    /**
     * The module is dead: removes the overrides. The Socket works as socket.io-client made it, and reconnects by
     * itself.
     */
    release() {
      isReleased = true;
      parts[EPOCH] = 0;
      manager.off('packet', onPacket);
      for (const [target, name] of overridden) delete target[name];
      manager.reconnection(true);
      manager.timeout(20_000);
    },

    /**
     * Listens to a released Socket.
     * @param {() => void} up it connected; called before the app's listeners hear of it
     * @param {() => void} down
     * @param {Hooks[11]} tell called with an event of socket.io's own
     * @param {() => void} done called after all listeners
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
 * @returns {any} a Socket, typed so that its private parts can be used
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
