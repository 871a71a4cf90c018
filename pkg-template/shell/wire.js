/**
 * The one real Socket, from its creation to each packet.
 *
 * Nothing listens on it: some of its methods are overridden instead, which no `off(event)` removes and
 * no `listeners(event)` shows. What is ours runs first and guarded; then every listener of the app's,
 * each guarded too, so that one that throws keeps no other from being called.
 */

import { io as openSocket } from 'socket.io-client';
import { HoldfastError } from './errors.js';
import { call, report, textOf } from './report.js';

/**
 * @typedef {import('socket.io-client').Socket} Socket
 *
 * @typedef {object} Hooks
 * @property {() => void} onUp the server accepted the connection
 * @property {(down: { error?: Error & { data?: any }, isRejection: boolean }) => void} onDown the connection ended, or the attempt failed
 * @property {() => void} onHeard something came from the server
 * @property {(args: unknown[]) => boolean} onEvent an event came; false keeps it from the listeners
 * @property {() => void} connect what the Socket's own `connect` does
 * @property {() => void} disconnect what the Socket's own `disconnect` does
 * @property {() => boolean} isActive what the Socket's own `active` answers
 * @property {(message: string) => void} warn
 */

/** Options of socket.io-client that would work against the engine. */
const OURS = [
  'retries',
  'ackTimeout',
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

const OVERRIDDEN = ['emitReserved', 'emitEvent', 'emitBuffered', 'notifyOutgoingListeners'];

/**
 * @param {string | undefined} url
 * @param {Record<string, unknown>} ioOptions
 * @param {Hooks} hooks
 */
export function createWire(url, ioOptions, hooks) {
  const options = { ...ioOptions };
  const dropped = OURS.filter((name) => name in options);
  for (const name of dropped) delete options[name];
  if (dropped.length > 0) {
    hooks.warn(`io.${dropped.join(', io.')}: not handed on to socket.io-client, this is ours`);
  }
  const own = {
    ...options,
    autoConnect: false,
    forceNew: true,
    reconnection: false,
    timeout: false,
  };
  const socket = open(url, own);
  const manager = socket.io;
  const missing = OVERRIDDEN.filter((name) => typeof socket[name] !== 'function');
  if (missing.length > 0) {
    throw new HoldfastError(
      'UNSUPPORTED_SOCKET_IO',
      `This socket.io-client has no Socket#${missing.join(', Socket#')}: use version 4.7 or later`,
    );
  }

  const plain = {
    connect: socket.connect,
    disconnect: socket.disconnect,
    emit: socket.emit,
  };
  /** Names of transports, where the app leaves a choice. */
  const transports = /** @type {unknown[]} */ (options.transports ?? ['polling', 'websocket']);
  let epoch = 0;
  let isUp = false;
  /** Attempts since the last connection, the very first one not counted. */
  let tries = -1;

  const callEach = (/** @type {Function[]} */ listeners, /** @type {unknown[]} */ args) => {
    for (const listener of [...listeners]) call(() => listener.apply(socket, args));
  };
  const dispatch = (/** @type {string} */ event, /** @type {unknown[]} */ args) =>
    callEach(socket.listeners(event), args);

  /** What the Manager would say if it reconnected by itself, for whoever listens. */
  const announce = (/** @type {string} */ event, /** @type {unknown} */ detail) => {
    if (tries > 0) call(() => manager.emitReserved(event, detail));
  };

  const end = (/** @type {Parameters<Hooks['onDown']>[0]} */ down) => {
    epoch = 0;
    // After a refusal or a server's disconnect the transport is still open; the next attempt has its own.
    if (!socket.subs) manager._close();
    hooks.onDown(down);
  };

  socket.emitReserved = (/** @type {string} */ event, /** @type {any[]} */ ...args) => {
    const isLive = epoch !== 0;
    if (event === 'disconnect') {
      // A transport that closes before the server has let us in is a failed attempt; one that we close
      // ourselves, or give up, has no connection to end.
      if (!isUp) return isLive ? socket.emitReserved('connect_error', new Error(args[0])) : socket;
      isUp = false;
      if (isLive) end({ isRejection: false });
    } else if (event === 'connect') {
      isUp = true;
      announce('reconnect', tries);
      tries = 0;
      if (isLive) hooks.onUp();
    } else if (isLive) {
      // A refused handshake destroys the socket's subscriptions; a failed transport does not.
      end({ error: args[0], isRejection: !socket.subs });
      announce('reconnect_error', args[0]);
    }
    dispatch(event, args);
    return socket;
  };

  socket.emitEvent = (/** @type {any[]} */ args) => {
    if (call(hooks.onEvent, args) === false) return;
    callEach(socket.listenersAny(), args);
    dispatch(args[0], args.slice(1));
    // As the original does, for connection state recovery: the server appends an offset, though not to an
    // event that may be lost. The name of a bare one is none.
    const last = args.length > 1 && args[args.length - 1];
    if (socket._pid && typeof last === 'string') socket._lastOffset = last;
  };

  socket.notifyOutgoingListeners = (/** @type {any} */ packet) =>
    callEach(socket.listenersAnyOutgoing(), packet.data);

  // One packet that cannot be encoded would throw here at every connect, before 'connect' is emitted.
  socket.emitBuffered = () => {
    const received = socket.receiveBuffer;
    socket.receiveBuffer = [];
    for (const args of received) socket.emitEvent(args);
    const buffered = socket.sendBuffer;
    socket.sendBuffer = [];
    for (const packet of buffered) {
      try {
        socket.notifyOutgoingListeners(packet);
        socket.packet(packet);
      } catch (error) {
        delete socket.acks[packet.id];
        report(error);
      }
    }
  };

  socket.connect = socket.open = () => {
    hooks.connect();
    return socket;
  };
  socket.disconnect = socket.close = () => {
    hooks.disconnect();
    return socket;
  };
  Object.defineProperty(socket, 'active', { configurable: true, get: hooks.isActive });
  // Whatever a component sets by `socket.io.reconnection(true)`: of two that reconnect neither knows
  // what the other does.
  manager.reconnect = () => {};

  return {
    socket: /** @type {Socket} */ (socket),

    /** The attempt that the transport belongs to, while it may still speak. 0 is none. */
    epoch: () => epoch,

    /**
     * Opens a connection. Each failure changes which transport is tried first, since one of them may
     * be what the network does not let through.
     * @param {number} attempt
     * @param {number} failures
     * @param {number} upgradeTimeoutMs a WebSocket that says nothing for so long is given up, where
     *   there is another way
     */
    connect(attempt, failures, upgradeTimeoutMs) {
      epoch = attempt;
      tries += 1;
      announce('reconnect_attempt', tries);
      const [first, second, ...others] = transports;
      const order = second && failures % 2 ? [second, first, ...others] : transports;
      // socket.io-client writes to this list.
      manager.opts.transports = [...order];
      plain.connect.call(socket);
      const { engine } = manager;
      if (second && order[0] === 'websocket') {
        setTimeout(() => {
          if (attempt !== epoch || manager._readyState !== 'opening') return;
          socket.emitReserved('connect_error', new Error('the WebSocket does not answer'));
          manager._close();
        }, upgradeTimeoutMs);
      }
      const heard = () => {
        if (attempt === epoch) hooks.onHeard();
      };
      engine.on('packet', heard);
      // A POST was answered. A WebSocket's drain says only that the browser has taken the bytes.
      engine.on('drain', () => engine.transport.name === 'polling' && heard());
      // A WebSocket that is lost while polling pauses for it leaves polling paused for good, and nobody
      // notices. Polling is woken to say goodbye.
      engine.on('upgradeError', () => {
        const { transport } = engine;
        if (transport.readyState !== 'pausing') return;
        transport.readyState = 'open';
        transport.onError();
        transport.close();
      });
      // A handshake may be answered after we gave it up: nobody else would tell the server, which
      // would keep that session until its ping timeout.
      engine.on('close', () => {
        const { transport } = engine;
        transport.on('packet', (/** @type {any} */ { type, data }) => {
          if (type !== 'open') return;
          transport.query.sid = JSON.parse(data).sid;
          transport.write([{ type: 'close' }]);
        });
      });
    },

    /**
     * Closes the connection, whatever state it is in. Listeners hear of it; the engine does not.
     * @param {boolean} isPolite tells the server, and says to listeners that it was us
     */
    close(isPolite) {
      const wasConnecting = epoch !== 0 && !isUp;
      epoch = 0;
      // Of a half-open transport `engine.close()` never reports; the manager does at once.
      if (isPolite) plain.disconnect.call(socket);
      manager._close();
      if (wasConnecting && !isPolite) dispatch('connect_error', [new Error('timeout')]);
    },

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
      const { flags } = socket;
      const id = socket.ids;
      const buffered = socket.sendBuffer.length;
      socket.flags = {};
      try {
        if (ack) plain.emit.call(socket, event, ...args, ack);
        else plain.emit.call(socket, event, ...args);
      } catch (error) {
        delete socket.acks[id];
        throw error;
      } finally {
        socket.flags = flags;
      }
      if (socket.sendBuffer.length === buffered) return id;
      socket.sendBuffer.pop();
      if (ack) delete socket.acks[id];
      end({ isRejection: false });
      manager._close();
      return undefined;
    },

    /** Hands an event to the app's listeners on the Socket. */
    dispatch,

    /** The largest message that the server takes, in bytes; none is named before the handshake. */
    maxPayload: () =>
      /** @type {number | undefined} */ (manager.engine?._maxPayload ?? manager.engine?.maxPayload),

    /** Forgets an acknowledgement that will not come; before 4.7.5 the socket keeps it for ever. */
    forget: (/** @type {any} */ id) => delete socket.acks[id],

    /** Leaves nothing of a user behind that the next one's session could send, receive or recover. */
    wipe() {
      socket.sendBuffer = [];
      socket.receiveBuffer = [];
      socket.acks = {};
      delete socket._pid;
      delete socket._lastOffset;
    },

    transport: () => manager.engine?.transport?.name ?? null,

    /** Gives the Socket back to the app as socket.io-client made it, reconnecting by itself. */
    release() {
      epoch = 0;
      for (const name of [...OVERRIDDEN, 'connect', 'open', 'disconnect', 'close', 'active']) {
        delete socket[name];
      }
      delete manager.reconnect;
      manager.reconnection(true);
      manager.timeout(20_000);
    },
  };
}

/**
 * @param {string | undefined} url
 * @param {any} options
 * @returns {any} a Socket, whose private parts are ours to use
 */
function open(url, options) {
  try {
    return url === undefined ? openSocket(options) : openSocket(url, options);
  } catch (error) {
    throw new HoldfastError(
      'INVALID_OPTION',
      `socket.io-client cannot use the options url and io: ${textOf(error)}`,
    );
  }
}
