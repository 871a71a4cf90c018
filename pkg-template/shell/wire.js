/**
 * The one real Socket, from its creation to each packet.
 *
 * Nothing listens on it: some of its methods are overridden instead, which no `off(event)` removes and
 * no `listeners(event)` shows. What is ours runs first and guarded; then every listener of the app's,
 * each guarded too, so that one that throws keeps no other from being called.
 */

import { io as openSocket } from 'socket.io-client';
import { unref } from './clock.js';
import { HoldfastError } from './errors.js';
import { createInsides } from './insides.js';
import { call, report, textOf } from './report.js';

/**
 * @typedef {import('socket.io-client').Socket} Socket
 *
 * @typedef {object} Hooks
 * @property {() => void} onUp the server accepted the connection
 * @property {() => void} onGreeted the app's listeners have heard of that
 * @property {(down: { error?: Error & { data?: any }, isRejection?: boolean, reason?: string }) => void} onDown the connection ended,
 *   with socket.io's reason, or the attempt failed
 * @property {() => void} onHeard something came from the server
 * @property {() => void} onDrained the transport has sent what it had
 * @property {(name: number, isPlain: boolean) => void} onReceipt the server answered a receipt; as it refuses an
 *   unknown namespace, or otherwise
 * @property {() => void} onTransport the connection goes over another transport now
 * @property {(packet: any[], extra: unknown) => boolean} onEvent an event came; `extra` is its last argument where that is
 *   not the app's. false keeps it from the listeners
 * @property {(event: string, args: unknown[]) => void} onReserved the Socket says `connect`, `disconnect` or
 *   `connect_error`
 * @property {() => void} connect what the Socket's own `connect` does
 * @property {() => void} disconnect what the Socket's own `disconnect` does
 * @property {(packet: { data: any[], id?: number }) => void} onLeaving an event leaves
 * @property {() => boolean} isActive what the Socket's own `active` answers
 * @property {(message: string) => void} warn
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
const RECEIPT = '/~holdfast/';
/** How servers refuse a namespace that they do not know: socket.io and socketioxide, python-socketio. */
const UNKNOWN_NAMESPACE = /^(Invalid namespace|Unable to connect)$/;
// PacketTypes of socket.io-parser.
const CONNECT = 0;
const DISCONNECT = 1;
const CONNECT_ERROR = 4;
/** More than this that the browser has not sent yet is more than the link can take. */
const MOST_BUFFERED = 131_072;
/** With so many packets of the app's own before it a batch of ours would be too many for one POST. */
const MOST_PENDING = 3;

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
    open: manager.open,
    socket: manager.socket,
  };
  const insides = createInsides(socket);
  /** What the app wants, in its order. @type {unknown[]} */
  let transports = manager.opts.transports ?? ['polling', 'websocket'];
  /** What the Manager was given of them. @type {unknown} */
  let given = manager.opts.transports;
  /** Failures of the present order. */
  let failuresBefore = 0;
  /** Packets for other namespaces go through it. It never connects. */
  const outsider = new socket.constructor(manager, RECEIPT);
  const say = (/** @type {number} */ type, /** @type {string} */ nsp) => {
    outsider.nsp = nsp;
    outsider.packet({ type });
  };
  let hasLeft = false;
  let epoch = 0;
  let isUp = false;
  /** The server names one where a session can be recovered. @type {string | undefined} */
  let pid;
  /** Of the live connection: what the server's handshake said. @type {any} */
  let handshake = {};
  /** What leaves is no emit of the app's. */
  let isOurs = false;
  /** Attempts since the last connection, the very first one not counted. */
  let tries = -1;

  const callEach = (/** @type {Function[]} */ listeners, /** @type {unknown[]} */ args) => {
    if (listeners.length === 0) return;
    for (const listener of [...listeners]) call(() => listener.apply(socket, args));
  };
  const dispatch = (/** @type {string} */ event, /** @type {unknown[]} */ args) =>
    callEach(socket.listeners(event), args);

  /** An event of socket.io's own. */
  const proclaim = (/** @type {string} */ event, /** @type {unknown[]} */ args) => {
    hooks.onReserved(event, args);
    dispatch(event, args);
  };

  /** What the Manager would say if it reconnected by itself, for whoever listens. */
  const announce = (/** @type {string} */ event, /** @type {unknown} */ detail) => {
    if (tries > 0) call(() => manager.emitReserved(event, detail));
  };

  const end = (/** @type {Parameters<Hooks['onDown']>[0]} */ down) => {
    epoch = 0;
    // After a refusal or a server's disconnect the transport is still open; the next attempt has its own.
    if (!socket.subs) manager.disconnect();
    hooks.onDown(down);
  };

  socket.emitReserved = (/** @type {string} */ event, /** @type {any[]} */ ...args) => {
    const isLive = epoch !== 0;
    if (event === 'disconnect') {
      // A transport that closes before the server has let us in is a failed attempt; one that we close
      // ourselves, or give up, has no connection to end.
      if (!isUp) return isLive ? socket.emitReserved('connect_error', new Error(args[0])) : socket;
      isUp = false;
      if (isLive) end({ reason: args[0] });
    } else if (event === 'connect') {
      isUp = true;
      announce('reconnect', tries);
      tries = 0;
      if (isLive) hooks.onUp();
    } else if (isLive) {
      // The server may refuse a namespace that it has let us into.
      isUp = socket.connected = false;
      // A refused handshake destroys the socket's subscriptions; a failed transport does not.
      end({ error: args[0], isRejection: !socket.subs });
      announce('reconnect_error', args[0]);
    }
    const heard = epoch;
    proclaim(event, args);
    if (event === 'connect' && isLive && epoch === heard) hooks.onGreeted();
    return socket;
  };

  socket.emitEvent = (/** @type {any[]} */ args) => {
    // As the original does, for connection state recovery: the server appends an offset, though not to an
    // event that may be lost. The name of a bare one is none.
    const last = args.length > 1 && args[args.length - 1];
    const isOffset = insides.hasSession() && typeof last === 'string';
    if (isOffset) insides.setOffset(last);
    const extra = isOffset || typeof last === 'function' ? last : undefined;
    if (call(hooks.onEvent, args, extra) === false) return;
    callEach(socket.listenersAny(), args);
    dispatch(args[0], args.slice(1));
  };

  socket.notifyOutgoingListeners = (/** @type {any} */ packet) => {
    if (!isOurs) hooks.onLeaving(packet);
    callEach(socket.listenersAnyOutgoing(), packet.data);
  };

  // One packet that cannot be encoded would throw here at every connect, before 'connect' is emitted.
  socket.emitBuffered = () => {
    if (pid) insides.findSession(pid);
    const received = socket.receiveBuffer;
    socket.receiveBuffer = [];
    // socket.io-client has frozen them.
    for (const args of received) socket.emitEvent([...args]);
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

  const onPacket = (/** @type {any} */ { type, nsp, data }) => {
    if (nsp === socket.nsp && type === CONNECT) pid = data?.pid;
    if (epoch === 0 || !nsp.startsWith(RECEIPT)) return;
    const isPlain = type === CONNECT_ERROR && UNKNOWN_NAMESPACE.test(textOf(data));
    // Nobody is to be connected there. No receipt follows, and a name that is left twice ends the link.
    if (type === CONNECT && !hasLeft) {
      hasLeft = true;
      say(DISCONNECT, nsp);
    }
    if (type === CONNECT || type === CONNECT_ERROR) {
      hooks.onReceipt(Number(nsp.slice(RECEIPT.length)) || 0, isPlain);
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
  if (options.retries) {
    // What asks for no acknowledgement would be repeated for want of one, and hold up all that follows. It is sent
    // once, and asks for one as with `retries`, since servers may call what they get.
    socket.emit = (/** @type {any[]} */ ...args) => {
      if (typeof args[args.length - 1] !== 'function' && !socket.flags.volatile) {
        socket.flags.fromQueue = true;
        args.push(() => {});
        // Its time would take it out of what is buffered.
        const ackTimeout = insides.setAckTimeout(undefined);
        try {
          return plain.emit.apply(socket, args);
        } finally {
          insides.setAckTimeout(ackTimeout);
        }
      }
      return plain.emit.apply(socket, args);
    };
  }
  Object.defineProperty(socket, 'active', { configurable: true, get: hooks.isActive });
  // Whatever a component sets by `socket.io.reconnection(true)`: of two that reconnect neither knows
  // what the other does.
  manager.reconnect = () => {};
  // Sockets of other namespaces come and go with the connection that there is.
  manager.open = manager.connect = (/** @type {unknown} */ fn) => {
    if (epoch !== 0 || !hooks.isActive()) return plain.open.call(manager, fn);
    hooks.connect();
    return manager;
  };
  manager.socket = (/** @type {unknown[]} */ ...args) => {
    const other = plain.socket.apply(manager, args);
    return ioOptions.autoConnect === false ? other : other.connect();
  };
  const hasOthers = () =>
    /** @type {any[]} */ (Object.values(manager.nsps)).some((one) => one !== socket && one.active);

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
      // What others kept open was made for who we were before.
      if (manager.engine?.readyState === 'open') manager.disconnect();
      epoch = attempt;
      tries += 1;
      announce('reconnect_attempt', tries);
      // The app may have assigned others since, and its order goes first.
      if (manager.opts.transports !== given) {
        transports = manager.opts.transports ?? transports;
        failuresBefore = failures;
      }
      const [first, second, ...others] = transports;
      const isTurned = second && (failures - failuresBefore) % 2;
      const order = isTurned ? [second, first, ...others] : transports;
      // socket.io-client writes to this list.
      given = manager.opts.transports = [...order];
      manager.off('packet', onPacket);
      manager.on('packet', onPacket);
      handshake = {};
      plain.connect.call(socket);
      const { engine } = manager;
      engine.on('handshake', (/** @type {any} */ data) => {
        handshake = data;
      });
      if (second && engine.transport?.name === 'websocket') {
        const timer = setTimeout(() => {
          if (attempt !== epoch || engine.readyState !== 'opening') return;
          manager.emitReserved('error', new Error('the WebSocket does not answer'));
          manager.disconnect();
        }, upgradeTimeoutMs);
        unref(timer, options);
      }
      const heard = () => {
        if (attempt === epoch) hooks.onHeard();
      };
      engine.on('packet', heard);
      // A POST was answered. A WebSocket's drain says only that the browser has taken the bytes.
      engine.on('drain', () => {
        if (engine.transport.name === 'polling') heard();
        if (attempt === epoch) hooks.onDrained();
      });
      engine.on('upgrade', () => attempt === epoch && hooks.onTransport());
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
      let isOpen = false;
      engine.on('open', () => {
        isOpen = true;
      });
      engine.on('close', (/** @type {string} */ reason) => {
        // The Manager hears nothing of one that an app closes before it is open.
        if (attempt === epoch && !isOpen) {
          manager.emitReserved('error', new Error(reason));
          manager.disconnect();
        }
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
     * @param {boolean} isFinal for Sockets of other namespaces too
     */
    close(isPolite, isFinal) {
      const wasConnecting = epoch !== 0 && !isUp;
      epoch = 0;
      if (isPolite) {
        plain.disconnect.call(socket);
        if (!isFinal && hasOthers()) return;
      } else {
        // The server may have this session for a while. One that it takes up again meanwhile loses its rooms when
        // the old link ends there.
        insides.forgetSessions();
      }
      if (!isPolite && wasConnecting) {
        const error = new Error('timeout');
        // The Socket hears of it there.
        manager.emitReserved('error', error);
        announce('reconnect_error', error);
      }
      // Of a half-open transport `engine.close()` never reports; the manager does at once.
      manager.disconnect();
    },

    /** The app wants no link for now: its next attempt is a first one. */
    forgetTries() {
      tries = -1;
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
      // `retries` and `ackTimeout` are for what the app emits.
      socket.flags = { fromQueue: true };
      const ackTimeout = insides.setAckTimeout(undefined);
      isOurs = true;
      try {
        if (ack) plain.emit.call(socket, event, ...args, ack);
        else plain.emit.call(socket, event, ...args);
      } catch (error) {
        delete socket.acks[id];
        throw error;
      } finally {
        socket.flags = flags;
        insides.setAckTimeout(ackTimeout);
        isOurs = false;
      }
      if (socket.sendBuffer.length === buffered) return id;
      socket.sendBuffer.pop();
      if (ack) delete socket.acks[id];
      end({});
      manager.disconnect();
      return undefined;
    },

    /** Hands an event to the app's listeners on the Socket. */
    dispatch,

    /** Asks the server for receipts: to connect a namespace that it does not know. */
    receipt(/** @type {number} */ name, /** @type {number} */ count) {
      for (let left = count; left > 0; left -= 1) say(CONNECT, RECEIPT + name);
    },

    /** The largest message that the server takes, in bytes; none is named before the handshake. */
    maxPayload: () => /** @type {number | undefined} */ (handshake.maxPayload),

    /** The longest silence that the server's own heartbeat allows, in milliseconds; 0 where it named none. */
    heartbeat: () => handshake.pingInterval + handshake.pingTimeout || 0,

    /** Whether the transport has more to send than it can. */
    isClogged() {
      const { transport, writeBuffer } = manager.engine ?? {};
      if (transport?.name === 'polling') return writeBuffer.length > MOST_PENDING;
      return transport?.ws?.bufferedAmount > MOST_BUFFERED;
    },

    /** What identifies the connection: the next attempt is made with it. */
    identify: (/** @type {any} */ given) => Object.assign(manager.opts, given),

    /** Forgets an acknowledgement that will not come; before 4.7.5 the socket keeps it for ever. */
    forget: (/** @type {any} */ id) => delete socket.acks[id],

    wipe: insides.wipe,

    transport: () => manager.engine?.transport?.name ?? null,

    /** Gives the Socket back to the app as socket.io-client made it, reconnecting by itself. */
    release() {
      epoch = 0;
      manager.off('packet', onPacket);
      for (const name of [
        ...OVERRIDDEN,
        'connect',
        'open',
        'disconnect',
        'close',
        'active',
        'emit',
      ]) {
        delete socket[name];
      }
      for (const name of ['reconnect', 'open', 'connect', 'socket']) delete manager[name];
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
