/**
 * Follows a Socket of the app's own: its Manager makes the attempts, and its methods are socket.io-client's. What the app
 * emits without an acknowledgement goes through the client, which keeps it until the server has taken it.
 */

import { idOf, subjectIn } from './credentials.js';
import { createDeliveries } from './deliveries.js';
import { createDriver } from './driver.js';
import { createEngine } from './engine.js';
import { HoldfastError } from './errors.js';
import { printOf } from './generations.js';
import { newId } from './ids.js';
import { isAmong, JOINS, joinOf, LEAVES } from './io-options.js';
import { createKnown } from './known.js';
import { createListeners } from './listeners.js';
import { NAMES, watchManager } from './manager.js';
import { DOWN, NOTICES, ORDER, PHASES, TOLD, UNPINGED, WIRE } from './numbers.js';
import { watchPage } from './page.js';
import { copies, sameSnapshot } from './payload.js';
import { call, report, textOf } from './report.js';
import { createSaid } from './said.js';
import { placeOf } from './scope.js';
import { optionOf } from './ways.js';
import { drive } from './wire.js';

/**
 * @typedef {import('./io-options.js').IoSettings} IoSettings
 * @typedef {import('./result.js').Result} Result
 * @typedef {{ compress?: boolean, isAcked: boolean }} How
 */

/** PacketTypes of socket.io-parser. */
const CONNECT = 0;

/** What the module overrides of a Socket that is its own, and leaves to socket.io-client here. */
const UNDRIVEN = ['emit', 'emitReserved', 'connect', 'open', 'disconnect', 'close', 'active'];

/** Names that socket.io keeps for itself. It says so. */
const RESERVED = /^(connect|connect_error|disconnect|disconnecting|newListener|removeListener)$/;

/** Those that are followed. */
const followed = new WeakSet();
/** It was said that nothing can be. */
let isPlain = false;

/**
 * @param {any} socket
 * @param {IoSettings} settings
 * @param {{ retries?: unknown } | undefined} options that the Socket was made with
 * @param {{ data: unknown } | undefined} early the CONNECT packet that has left while it was made
 * @param {import('./driver.js').Module} wasm
 */
export function follow(socket, settings, options, early, wasm) {
  if (isPlain || followed.has(socket)) return;
  const driver = createDriver(wasm);
  if (!driver.memory()) {
    isPlain = true;
    driver.listen((error) =>
      settings.logger.warn(`Sockets are plain ones, without any guarantee: ${textOf(error)}`),
    );
    return;
  }
  followed.add(socket);

  const { io: manager } = socket;
  const shared = watchManager(manager);
  const prototype = Object.getPrototypeOf(socket);
  const { logger, userId } = settings;
  const hasRetries = Boolean(options?.retries);

  /** The attempt that the connection belongs to, while it may speak; 0 is none. */
  let live = 0;
  /** Counts attempts, as the client does. */
  let epoch = 0;
  /** Where it is among those who share the connection. */
  let place = 0;
  /** @type {import('../types/index.d.ts').Phase} */
  let phase = 'idle';
  let isDead = false;
  let heardAt = -1;
  let unwatch = () => {};

  // --- what the app is told --------------------------------------------------------------------------

  const engine = createEngine(driver, settings);
  const warned = new Set();
  const warnOnce = (/** @type {string} */ message) => {
    if (!warned.has(message)) logger.warn(message);
    warned.add(message);
  };

  /** @param {string} code @param {string} message @param {object} [more] */
  const fail = (code, message, more) => {
    if (!settings.onError) warnOnce(`${message} (${code}): the option holdfast.onError says which`);
    call(settings.onError, Object.assign(new HoldfastError(code, message), more));
  };

  // --- the connection --------------------------------------------------------------------------------

  /** How the message leaves that is about to. @type {How | undefined} */
  let leaving;
  /** By their arguments. @type {WeakMap<readonly unknown[], How>} */
  const hows = new WeakMap();

  /** Ends the connection as if it had broken: the Manager makes another one. */
  const hangUp = () => manager.engine?.transport?.emit('close', 'the server is silent');

  // The module emits by this one.
  socket.emit = (/** @type {any[]} */ ...args) => {
    if (leaving?.compress === false) socket.flags.compress = false;
    return prototype.emit.apply(socket, args);
  };
  const wire = drive(
    driver,
    socket,
    // What is done to this one is not done to the Manager.
    Object.assign(Object.create(manager), {
      disconnect: hangUp,
      off() {},
      reconnection() {},
      timeout() {},
    }),
    { autoUnref: true },
  );
  const nothing = () => {};
  const heard = () => {
    const now = Date.now();
    const isDoubted = phase === 'suspect';
    // Of many packets at one time the first is the news.
    if (now === heardAt && !isDoubted) return;
    heardAt = now;
    engine.note(TOLD.heard, live);
    // Only a link in doubt waits for it.
    if (isDoubted) engine.drain();
  };
  wire.begin(
    // What the Socket's own methods come to: these are socket.io-client's.
    nothing,
    nothing,
    () => false,
    () => engine.drain(),
    (name, isRefused) => engine.tell(TOLD.receipt, live, name % NAMES, isRefused),
    () => tellTransport(engine.tell),
    heard,
    // That the server accepted the connection, and that listeners have heard of it, the Socket says by `emitReserved`.
    nothing,
    nothing,
    () => lost(DOWN.lost),
    () => true,
    nothing,
    ({ data: [event, ...args], id }) => {
      if (!isJoin(event) && !isLeave(event)) return;
      try {
        noteSession(String(event), args, id);
      } catch {
        // What has no copy, or a long one, is no join.
      }
    },
  );
  for (const name of UNDRIVEN) delete socket[name];

  /** What others hear of the connection that this Socket shares with them. @type {import('./manager.js').Follower} */
  const follower = {
    hear: (what, of, said) => (what === WIRE.heard ? heard() : wire.run(what, live, of, said)),
    onPacket: (packet) => wire.run(WIRE.came, 0, undefined, packet),
    // The Socket has said so already, unless the app had disconnected it before the server let it in.
    onClose: () => lost(DOWN.lost),
  };

  const tellTransport = (/** @type {typeof engine.note | typeof engine.tell} */ how) =>
    how(TOLD.over, live, wire.isPolling(), shared.maxPayload());

  /** What speaks from now on belongs to this attempt, or to none. @param {number} attempt */
  const attach = (attempt) => wire.run(WIRE.attach, attempt, undefined, shared.heartbeat());

  const leave = () => {
    if (live === 0) return;
    live = 0;
    attach(0);
    shared.leave(place);
    unwatch();
    deliveries.linkLost();
  };

  /** The CONNECT packet leaves: an attempt begins, and says who the user is. */
  const begun = (/** @type {unknown} */ data) => {
    leave();
    const { query, extraHeaders } = manager.opts;
    const name = call(() => idOf(typeof userId === 'function' ? userId() : userId));
    epoch += 1;
    live = epoch;
    place = shared.join(follower);
    attach(epoch);
    engine.note(TOLD.begun, numberOf(name), numberOf(subjectIn([data, query, extraHeaders])));
  };

  const up = () => {
    tellTransport(engine.note);
    engine.tell(TOLD.linkUp, live, false);
    unwatch = watchPage((event, flag) => engine.tell(TOLD.page, event, flag));
  };

  /** The connection ended, or the server refused it. @param {number} cause one of `DOWN` */
  const lost = (cause) => {
    if (live === 0) return;
    leave();
    engine.tell(TOLD.linkDown, epoch, cause, 0);
  };

  /** The client's numbers for names and subjects. */
  const numberOf = (/** @type {string | undefined} */ id) => (id === undefined ? 0 : printOf(id));
  /** A function may say another user by now. */
  const tellName = () => {
    if (typeof userId !== 'function' || epoch === 0) return;
    const name = call(() => idOf(userId()));
    if (name !== undefined) engine.tell(TOLD.name, numberOf(name), 0);
  };

  // --- what is emitted -------------------------------------------------------------------------------

  const known = createKnown(placeOf(`${manager.uri ?? ''}${socket.nsp}`, manager.opts), engine);

  /** @param {string} event */
  const wayOf = (event) => optionOf(settings.ways[event]).way ?? 'received';
  const isAcked = (/** @type {string} */ event) => wayOf(event) === 'acked';

  const carrier = {
    ...wire,
    maxPayload: () => shared.maxPayload() || Infinity,

    /** @param {string} event @param {readonly unknown[]} args @param {() => void} [ack] */
    emit(event, args, ack) {
      leaving = hows.get(args);
      try {
        if (!leaving || leaving.isAcked) return wire.emit(event, args, ack);
        // Without receipts nothing is known of it but that it left.
        const sent = wire.emit(event, args);
        if (sent !== undefined) ack?.();
      } finally {
        leaving = undefined;
      }
      return undefined;
    },
  };

  const deliveries = createDeliveries(
    () => /** @type {any} */ (settings),
    engine,
    /** @type {any} */ (carrier),
    // Of what asks for no acknowledgement nothing is to be learned.
    { ...known, numberOf: (event) => (isAcked(event) ? known.numberOf(event) : 0) },
    false,
    createListeners(),
    /** @type {any} */ ({
      refused: (/** @type {Result} */ { code = '', message = '', event }) =>
        fail(code, message, { event }),
    }),
  );

  /** @param {string} event @param {unknown[]} args @param {Result} result */
  const settled = (event, args, { success, code = '', message = '', maybeDelivered }) => {
    if (success || isDead || code === 'CANCELLED') return;
    // The newest goes in its place.
    if (wayOf(event) !== 'latest') fail(code, message, { event, args, maybeDelivered });
  };

  /** Takes an event, if it can be copied. @param {string} event @param {unknown[]} all @param {boolean} [compress] */
  const take = (event, all, compress) => {
    const args = all.map((one) => (one === undefined && !settings.io.parser ? null : one));
    hows.set(args, { compress, isAcked: isAcked(event) });
    const draft = { event, args, id: newId(), lane: '', ttlMs: Infinity };
    const taken = deliveries.send(draft, (result) => settled(event, args, result));
    if (taken.isTaken) return true;
    if (taken.result.code === 'INVALID_MESSAGE_PAYLOAD') return false;
    settled(event, args, taken.result);
    return true;
  };

  /** Whether an emit is ours: it asks for nothing of socket.io's own. @param {unknown} event @param {unknown[]} args */
  const isOurs = (event, args) => {
    const { volatile, timeout } = socket.flags;
    return (
      typeof event === 'string' &&
      !RESERVED.test(event) &&
      typeof args[args.length - 1] !== 'function' &&
      !volatile &&
      timeout === undefined &&
      !hasRetries
    );
  };

  /** @param {unknown} event @param {unknown[]} args */
  const plainly = (event, args) => prototype.emit.call(socket, event, ...args);

  /** @this {any} @param {any} event @param {any[]} args */
  function emit(event, ...args) {
    if (!isOurs(event, args)) return plainly(event, args);
    tellName();
    const option = settings.ways[event];
    const isOfSession = option === undefined && (isJoin(event) || isLeave(event));
    if (isOfSession) {
      if (socket.connected) return plainly(event, args);
      try {
        noteSession(event, args, undefined);
      } catch {
        return plainly(event, args);
      }
      if (isJoin(event)) {
        socket.flags = {};
        return socket;
      }
    }
    const isMoment =
      option === undefined ? isAmong(settings.volatile, event) : wayOf(event) === 'volatile';
    if (isMoment && !isOfSession) {
      const canLeave = socket.connected && (phase === 'ready' || phase === 'joining');
      if (canLeave) return plainly(event, args);
      socket.flags = {};
      return socket;
    }
    const { flags } = socket;
    socket.flags = {};
    if (!take(event, args, flags.compress)) {
      socket.flags = flags;
      return plainly(event, args);
    }
    engine.drain();
    return socket;
  }

  // --- what is said again ----------------------------------------------------------------------------

  /** @param {string} event @param {readonly unknown[]} args @param {() => void} [ack] */
  const say = (event, args, ack) => {
    try {
      wire.forget(wire.emit(event, args, ack));
    } catch (error) {
      report(error);
    }
  };
  /** Of the event that is looked at. @type {string[]} */
  let patterns = [];
  const said = createSaid(
    () => /** @type {any} */ ({ session: patterns, io: settings.io }),
    engine,
    /** @type {any} */ ({
      emit: say,
      emitAsked: (/** @type {string} */ event, /** @type {unknown[]} */ args) =>
        say(event, args, () => {}),
    }),
  );

  const isJoin = (/** @type {unknown} */ event) =>
    typeof event === 'string' &&
    (settings.isOwnSession
      ? settings.session.some((one) => isAmong([joinIn(one)], event))
      : JOINS.test(event));

  /** The names of what a leave ends. @param {string} event @returns {(join: string) => boolean} */
  const endedBy = (event) => (join) =>
    settings.isOwnSession
      ? settings.session.some((one) => leaveIn(one) === event && joinIn(one) === join)
      : LEAVES.test(event) && joinOf(event.toLowerCase()) === join.toLowerCase();

  const isLeave = (/** @type {unknown} */ event) =>
    typeof event === 'string' &&
    (settings.isOwnSession
      ? settings.session.some((one) => leaveIn(one) === event)
      : LEAVES.test(event));

  /** A join or a leave is emitted. @param {string} event @param {unknown[]} all @param {number | undefined} id */
  const noteSession = (event, all, id) => {
    if (isJoin(event)) {
      patterns = [event];
      // Of what cannot leave nobody hears before the next link.
      if (socket.connected) said.noted({ data: [event, ...all], id });
      else said.remember(event, ...all);
      // What was left while there was no link is joined again.
      for (const { event: name, args, id: its, attempts } of [...deliveries.entries()]) {
        if (attempts === 0 && endedBy(name)(event) && agree(args, all)) deliveries.cancel(its);
      }
      return;
    }
    const args = copies(all, Infinity, settings.io.parser);
    for (const [key, one] of said.values) {
      if (endedBy(event)(one.event) && agree(one.args, args)) {
        engine.note(TOLD.unsaid, key);
        said.values.delete(key);
      }
    }
  };

  // --- the client's orders ---------------------------------------------------------------------------

  const handlers = /** @type {any} */ ({
    [ORDER.disconnect](/** @type {number} */ its) {
      if (its !== live) return;
      leave();
      hangUp();
    },
    [ORDER.transmit]: deliveries.transmit,
    [ORDER.settle]: deliveries.settle,
    [ORDER.forgetLate]: deliveries.forgetLate,
    [ORDER.receipt](
      /** @type {number} */ its,
      /** @type {number} */ name,
      /** @type {number} */ count,
    ) {
      if (its !== live) return;
      shared.asks(place, count);
      wire.receipt(place * NAMES + name, count);
    },
    [ORDER.look]: () => engine.note(TOLD.looked, -1, wire.isPolling(), wire.waiting()),
    [ORDER.ended]: () => said.values.clear(),
    [ORDER.foreign]() {
      fail(
        'AUTH_FAILED',
        "The credentials are another user's: nothing is sent until they are right",
      );
    },
    [ORDER.learned]: known.learned,
    [ORDER.receiptless]() {
      known.receiptless();
      giveUpReceipts();
      warnOnce('the server refuses no unknown namespace: what is lost with a connection is lost');
    },
    [ORDER.sayAgain]: said.say,
    [ORDER.forgetValue]: (/** @type {number} */ key) => said.values.delete(key),
    [ORDER.askForMissed]: (/** @type {number} */ round) => engine.tell(TOLD.resynced, round, true),
    [ORDER.report](/** @type {number} */ notice) {
      if (notice !== UNPINGED) logger.debug(NOTICES[notice]);
    },
    [ORDER.changed](/** @type {number} */ at) {
      phase = PHASES[at];
    },
    // There are none of these, or nothing is to be done.
    [ORDER.ping]() {},
    [ORDER.returned]() {},
    [ORDER.askOnline]() {},
    [ORDER.releaseHeld]() {},
  });

  /** What has left is as good as delivered where nothing more is ever known of it. */
  const giveUpReceipts = () => {
    for (const { seq, attempts, answers, args } of [...deliveries.entries()]) {
      const isOut = attempts > answers && !hows.get(args)?.isAcked;
      if (isOut) engine.note(TOLD.acked, seq, attempts, 0, 0, 0);
    }
  };

  /** Without the module it is a plain Socket again, which emits what waits (D6). */
  const die = (/** @type {unknown} */ error) => {
    if (isDead) return;
    isDead = true;
    const waiting = [...deliveries.entries()];
    const unsaid = socket.connected ? [] : [...said.values.values()];
    leave();
    wire.release();
    for (const name of Object.keys(own)) delete socket[name];
    deliveries.abandon(deliveries.settle);
    logger.warn(`this Socket is a plain one from here on, without any guarantee: ${textOf(error)}`);
    for (const { event, args } of unsaid) call(() => plainly(event, [...args]));
    for (const { event, args, attempts, answers } of waiting) {
      const isOut = attempts > answers;
      if (isOut && optionOf(settings.ways[event]).repeat === false) {
        fail('LINK_LOST', 'Nobody can tell whether it was delivered', {
          event,
          args,
          maybeDelivered: true,
        });
      } else call(() => plainly(event, args));
    }
  };

  engine.start(handlers, die);
  if (isDead) return;
  engine.note(TOLD.follow);
  // With `retries` socket.io-client repeats what is emitted, until it is acknowledged.
  const isReceiptless = hasRetries || !settings.receipts || known.isReceiptless();
  if (isReceiptless) engine.note(TOLD.receiptless);

  // --- what is overridden ----------------------------------------------------------------------------

  /** @type {Record<string, (...args: any[]) => any>} */
  const own = {
    emit,

    /** @this {any} @param {any} packet */
    packet(packet) {
      const isAttempt = this === socket && packet.type === CONNECT;
      if (isAttempt) begun(packet.data);
      prototype.packet.call(this, packet);
      if (isAttempt) engine.drain();
    },

    /** An event of socket.io's own. @param {string} event @param {any[]} args */
    emitReserved(event, ...args) {
      const isUp = event === 'connect' && live > 0;
      // A Socket that has no subscriptions any more waits for the app.
      if (isUp) up();
      else lost(socket.active ? DOWN.lost : DOWN.final);
      const its = live;
      wire.dispatch(event, args);
      // Listeners join rooms, which what waits may be for.
      if (isUp && its === live) engine.tell(TOLD.greeted, live, socket.recovered === true);
      return socket;
    },
  };
  Object.assign(socket, own);
  if (early) {
    begun(early.data);
    engine.drain();
  }
}

/** @param {any} one what is said again */
const joinIn = (one) => one.join ?? one;
/** @param {any} one */
const leaveIn = (one) => one.leave;

/** Whether one of two lists begins with the other. @param {readonly unknown[]} some @param {readonly unknown[]} others */
const agree = (some, others) => {
  const count = Math.min(some.length, others.length);
  return sameSnapshot(some.slice(0, count), others.slice(0, count));
};

/**
 * Runs what makes a Socket, and answers the CONNECT packet that leaves meanwhile: over a connection that there is already it
 * does before anybody has the Socket.
 * @template T
 * @param {any} prototype of Sockets
 * @param {() => T} make
 * @returns {{ made: T, early: { data: unknown } | undefined }}
 */
export function watchConnect(prototype, make) {
  const { packet } = prototype;
  /** @type {{ socket: unknown, data: unknown } | undefined} */
  let early;
  prototype.packet = function (/** @type {any} */ one) {
    if (one.type === CONNECT) early = { socket: this, data: one.data };
    return packet.call(this, one);
  };
  try {
    const made = make();
    return { made, early: early?.socket === made ? early : undefined };
  } finally {
    prototype.packet = packet;
  }
}
