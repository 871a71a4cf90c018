/**
 * Follows a Socket of the app's own, for `holdfast/io`: the app's Manager connects, and the Socket's methods stay those of
 * socket.io-client. Events that the app emits without an acknowledgement go through the client, which keeps each until
 * the server has received it; joins are repeated after a reconnect.
 */

import { idOf, subjectIn } from './credentials.js';
import { createDeliveries } from './deliveries.js';
import { createDriver } from './driver.js';
import { createEngine } from './engine.js';
import { HoldfastError, MESSAGES } from './errors.js';
import { printOf } from './generations.js';
import { newId } from './ids.js';
import { agree, isEnd, looksLikeJoin, looksLikeLeave, mayEnd, replaces } from './io-names.js';
import { isAmong } from './io-options.js';
import { createKnown } from './known.js';
import { createListeners } from './listeners.js';
import { NAMES, watchManager } from './manager.js';
import { DOWN, NOTICES, ORDER, PHASES, TOLD, UNPINGED, WIRE } from './numbers.js';
import { watchPage } from './page.js';
import { copies, textIn } from './payload.js';
import { createRemembered } from './remembered.js';
import { call, report, textOf } from './report.js';
import { endpointOf } from './scope.js';
import { later } from './timer.js';
import { optionOf } from './ways.js';
import { drive } from './wire.js';

/**
 * @typedef {import('./io-options.js').IoSettings} IoSettings
 * @typedef {{ its: unknown, opened: unknown }} By who emitted an event without a connection: the subject of the credentials, and the opening of the Socket (`subs`)
 * @typedef {import('./result.js').Result} Result
 * @typedef {{ id: string, event: string, args: unknown[], compress?: boolean | undefined, isAcked: boolean, isSession: boolean }} How
 */

/** How long apps get, after `connect`, to emit their joins themselves: an effect of React does it that late. */
const GREETING_MS = 120;

/** The ways of an emit: socket.io-client sends it, the client keeps it until the server has it, or it is dropped. */
const [PLAIN, TAKEN, DROPPED] = [0, 1, 2];

/** The subject of credentials that come from a function, before it is called. */
const UNKNOWN = Symbol('unknown');

/** A PacketType of socket.io-parser. */
const CONNECT = 0;

/** Overrides by the module that are undone on a followed Socket: there socket.io-client does these. */
const UNDRIVEN = ['emit', 'emitReserved', 'connect', 'open', 'disconnect', 'close', 'active'];

/** Event names that socket.io reserves: its own `emit` throws for them. */
const RESERVED = /^(connect|connect_error|disconnect|disconnecting|newListener|removeListener)$/;

/** The Sockets that are followed. */
const followed = new WeakSet();
/** Nothing can be followed, since the module cannot run. That was reported. */
let isPlain = false;

/**
 * @param {any} socket
 * @param {IoSettings} settings
 * @param {{ retries?: unknown } | undefined} options that the Socket was made with
 * @param {{ data: unknown } | undefined} early the CONNECT packet that was sent while the Socket was made
 * @param {import('./driver.js').Module} wasm
 */
export function follow(socket, settings, options, early, wasm) {
  if (isPlain || followed.has(socket)) return;
  const driver = createDriver(wasm);
  if (!driver.memory()) {
    isPlain = true;
    driver.listen((error) =>
      settings.logger.warn(`Sockets have no delivery guarantee: ${textOf(error)}`),
    );
    return;
  }
  followed.add(socket);

  const { io: manager } = socket;
  const shared = watchManager(manager);
  const prototype = Object.getPrototypeOf(socket);
  const { logger, userId } = settings;
  const hasRetries = Boolean(options?.retries);

  /** The epoch of the current connection attempt, while its events count; 0 if none. */
  let live = 0;
  /** Number of the last attempt, counted as the client does. */
  let epoch = 0;
  /** This follower's index among those that share the connection. */
  let followerIndex = 0;
  /** @type {import('../types/index.d.ts').Phase} */
  let phase = 'idle';
  let isDead = false;
  let heardAt = -1;
  let unwatch = () => {};

  // --- errors and warnings for the app ---------------------------------------------------------------

  const engine = createEngine(driver, settings);
  const warned = new Set();
  const warnOnce = (/** @type {string} */ message) => {
    if (!warned.has(message)) logger.warn(message);
    warned.add(message);
  };

  /** @param {string} code @param {string} message @param {object} [more] */
  const fail = (code, message, more) => {
    if (!settings.onError) warnOnce(`${message} (${code}): set holdfast.onError to see which`);
    call(settings.onError, Object.assign(new HoldfastError(code, message), more));
  };

  // --- the connection --------------------------------------------------------------------------------

  /** How the message that is being emitted has to be sent. @type {How | undefined} */
  let leaving;
  /** How each message is sent, by its array of arguments. @type {WeakMap<readonly unknown[], How>} */
  const hows = new WeakMap();

  /** Ends the connection as if it had broken, so that the Manager reconnects. */
  const hangUp = () => manager.engine?.transport?.emit('close', 'the server is silent');

  // The module emits by this method.
  socket.emit = (/** @type {any[]} */ ...args) => {
    if (leaving?.compress === false) socket.flags.compress = false;
    return prototype.emit.apply(socket, args);
  };
  const wire = drive(
    driver,
    socket,
    // A stand-in: changes to it don't reach the app's Manager.
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
    // Many packets may arrive in one millisecond; report only the first.
    if (now === heardAt && !isDoubted) return;
    heardAt = now;
    engine.note(TOLD.heard, live);
    // The engine has orders waiting for this fact only while the link is suspect.
    if (isDoubted) engine.drain();
  };
  // The arguments are in the order of `Hooks` in wire.js.
  wire.begin(
    // `connect`, `disconnect` and `active` stay socket.io-client's.
    nothing,
    nothing,
    () => false,
    () => engine.drain(),
    (name, isRefused) => {
      unproven.length = 0;
      engine.tell(TOLD.receipt, live, name % NAMES, isRefused);
    },
    () => tellTransport(engine.tell),
    heard,
    // `onUp` and `onGreeted`: `emitReserved` below reports both.
    nothing,
    nothing,
    () => lost(DOWN.lost),
    () => true,
    nothing,
    ({ data: [event, ...args], id }) => {
      try {
        noteLeaving(event, args, id);
      } catch {
        // Arguments that cannot be copied, or are too long, are not a join.
      }
    },
  );
  for (const name of UNDRIVEN) delete socket[name];

  /** Gets what happens on the connection, which Sockets of one Manager share. @type {import('./manager.js').Follower} */
  const follower = {
    hear: (what, of, data) => (what === WIRE.heard ? heard() : wire.run(what, live, of, data)),
    onPacket: (packet) => wire.run(WIRE.came, 0, undefined, packet),
    // `emitReserved` has reported it already, unless the app disconnected this Socket before the server accepted it.
    onClose: () => lost(DOWN.lost),
  };

  const tellTransport = (/** @type {typeof engine.note | typeof engine.tell} */ how) =>
    how(TOLD.over, live, wire.isPolling(), shared.maxPayload());

  /** Assigns what the connection reports from now on to this attempt; 0: to none. @param {number} attempt */
  const attach = (attempt) => wire.run(WIRE.attach, attempt, undefined, shared.heartbeat());

  const leave = () => {
    if (live === 0) return;
    live = 0;
    clearTimeout(greeting);
    greeting = undefined;
    attach(0);
    shared.leave(followerIndex);
    unwatch();
    deliveries.linkLost();
    for (const { event, args, compress } of unproven.splice(0)) take(event, args, compress);
  };

  /** The user that a connection with these credentials would be for. @param {unknown} auth */
  const subjectOf = (auth) => subjectIn([auth, manager.opts.query, manager.opts.extraHeaders]);
  /** The user that the last attempt's credentials named. @type {string | undefined} */
  let subject;
  /** `socket.subs` at the last attempt. It changes when the app opens the Socket again, which may be for another user. */
  let opening = socket.subs;
  /** The user that a connection would be for now, if the credentials tell. */
  const present = () => (typeof socket.auth === 'function' ? UNKNOWN : subjectOf(socket.auth));
  /** Deferred emits, for the session that the next attempt begins. @type {{ by: By, flags: object, all: any[] }[]} */
  let ofNext = [];

  /** Whether an emit now, between attempts, may be for another user than the last attempt's. */
  const isOfNext = () => {
    // A `userId` function names the user of each emit.
    if (live !== 0 || typeof userId === 'function') return false;
    // Earlier emits are deferred already, or there was no attempt yet.
    if (ofNext.length > 0 || epoch === 0) return true;
    if (socket.subs && socket.subs !== opening) return true;
    const its = present();
    return its !== UNKNOWN && its !== subject;
  };

  /** Identifies the emitter: the credentials' user, or if that is unknown, this opening of the Socket. */
  const byNow = () => ({ its: present(), opened: socket.subs });

  /** @param {object} flags @param {any[]} all */
  const defer = (flags, all) => {
    ofNext.push({ by: byNow(), flags, all });
  };

  /** The CONNECT packet is being sent: an attempt begins, and its credentials name the user. */
  const begun = (/** @type {unknown} */ data) => {
    leave();
    const name = call(() => idOf(typeof userId === 'function' ? userId() : userId));
    epoch += 1;
    live = epoch;
    followerIndex = shared.join(follower);
    attach(epoch);
    const before = subject;
    opening = socket.subs;
    subject = subjectOf(data);
    // All users without a name count as the same one.
    const isSame = subject === undefined || (epoch > 1 && subject === before);
    // Emits of another user, or for a connection that never came up, are dropped.
    const isHis = (/** @type {By} */ { its, opened }) =>
      its === UNKNOWN ? isSame || opened === opening : its === subject;
    for (const { by, all } of ofNext) {
      if (!isHis(by)) loggedOut(all);
    }
    ofNext = ofNext.filter(({ by }) => isHis(by));
    for (const packet of [...socket.sendBuffer]) {
      const by = buffered.get(packet);
      if (by && !isHis(by)) drop(packet);
    }
    engine.note(TOLD.begun, numberOf(name), numberOf(subject));
  };

  /** Emits what was deferred for the session that begins. @param {typeof ofNext} those */
  const claim = (those) => {
    for (const { flags, all } of those.splice(0)) {
      socket.flags = flags;
      socket.emit(...all);
    }
  };

  const loggedOut = (/** @type {any[]} */ [event, ...args]) =>
    fail('LOGGED_OUT', MESSAGES.LOGGED_OUT, { event, args, maybeDelivered: false });

  /** The emitter of each packet that socket.io-client buffered before the first connection. @type {WeakMap<object, By>} */
  const buffered = new WeakMap();

  /**
   * Drops a buffered packet, so that it is not sent as another user. An acknowledgement with a timeout gets the error of
   * socket.io-client.
   * @param {any} packet
   */
  const drop = (packet) => {
    const { sendBuffer, acks } = socket;
    sendBuffer.splice(sendBuffer.indexOf(packet), 1);
    const ack = acks[packet.id];
    delete acks[packet.id];
    if (ack?.withError) call(() => ack.call(socket, new Error('socket has been disconnected')));
    loggedOut(packet.data);
  };

  /** The current user has had a connection. */
  let hasBeenUp = false;
  /** Keys of remembered emits that the app has not repeated by itself over this connection. @type {Set<number>} */
  let unrepeated = new Set();
  /** @type {any} */
  let greeting;

  const up = () => {
    tellTransport(engine.note);
    engine.tell(TOLD.linkUp, live, false);
    unwatch = watchPage((event, flag) => engine.tell(TOLD.page, event, flag));
    unrepeated = new Set(remembered.values.keys());
    // As with socket.io-client's own buffer, events from before the first connection are sent before `connect`.
    if (!hasBeenUp && isBehind()) greeted();
    hasBeenUp = true;
  };

  /** Lets the client replay remembered emits, then send what waits. */
  const greeted = () => {
    clearTimeout(greeting);
    greeting = undefined;
    engine.tell(TOLD.greeted, live, socket.recovered === true);
  };

  /** The app's `connect` listeners have run. */
  const heardOf = () => {
    if (unrepeated.size === 0 || socket.recovered) greeted();
    else greeting = later(greeted, GREETING_MS, { autoUnref: true });
  };

  /** The connection ended, or the server refused it. @param {number} cause one of `DOWN` */
  const lost = (cause) => {
    if (live === 0) return;
    leave();
    engine.tell(TOLD.linkDown, epoch, cause, 0);
  };

  /** The client's number for a user's name or subject; 0 for none. */
  const numberOf = (/** @type {string | undefined} */ id) => (id === undefined ? 0 : printOf(id));
  /** Asks a `userId` function again: the user may have changed. */
  const tellName = () => {
    if (typeof userId !== 'function') return;
    const name = call(() => idOf(userId()));
    if (name !== undefined) engine.tell(TOLD.name, numberOf(name), 0);
  };

  // --- emits -----------------------------------------------------------------------------------------

  const known = createKnown(endpointOf(`${manager.uri ?? ''}${socket.nsp}`, manager.opts), engine);

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
        // Without receipts, being sent is all that is ever known about it.
        const sent = wire.emit(event, args);
        if (sent === undefined) return undefined;
        ack?.();
        if (leaving.isSession) noteLeaving(event, args, undefined);
        // A join is replayed after a lost connection; don't repeat it as a message too.
        if (leaving.isSession && isJoin(event, args)) deliveries.cancel(leaving.id);
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
    // An event that asks for no acknowledgement tells nothing about whether the server acknowledges it.
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
    fail(code, message, { event, args, maybeDelivered });
  };

  /** Events that were kept in the current turn, while the connection was still joining. @type {How[]} */
  const fresh = [];
  /**
   * Events that were sent early, with a join. If the connection ends before a receipt, they are kept and sent again.
   * @type {How[]}
   */
  const unproven = [];

  /**
   * Hands an event to the client, which keeps it. Returns PLAIN if it cannot be copied.
   * @param {string} event
   * @param {unknown[]} all
   * @param {boolean | undefined} compress
   * @param {{ way?: 'latest', key?: string }} [given]
   */
  const take = (event, all, compress, given) => {
    const args = all.map((one) => (one === undefined && !settings.io.parser ? null : one));
    const id = newId();
    const how = {
      id,
      event,
      args,
      compress,
      isAcked: isAcked(event),
      isSession: isSession(event, args),
    };
    hows.set(args, how);
    const draft = { event, args, id, lane: '', ttlMs: Infinity, ...given };
    const way = given?.way ?? wayOf(event);
    const taken = deliveries.send(draft, (result) => {
      // One that was replaced by a newer one is not an error.
      if (way !== 'latest') settled(event, args, result);
    });
    if (!taken.isTaken) {
      if (taken.result.code === 'INVALID_MESSAGE_PAYLOAD') return PLAIN;
      settled(event, args, taken.result);
    } else if (phase === 'joining') {
      if (fresh.length === 0) queueMicrotask(() => fresh.splice(0));
      fresh.push(how);
    }
    return TAKEN;
  };

  /** Whether the client can take an emit: it uses no acknowledgement, `volatile`, `timeout` or `retries`. @param {unknown} event @param {unknown[]} args */
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
  const plainly = (event, args) => {
    const answer = prototype.emit.call(socket, event, ...args);
    // The app has repeated all remembered emits itself: no need to wait longer.
    if (greeting !== undefined && unrepeated.size === 0) greeted();
    return answer;
  };

  /** @this {any} @param {any} event @param {any[]} args */
  function emit(event, ...args) {
    tellName();
    const { flags } = socket;
    if (!isOurs(event, args)) {
      if (flags.volatile || typeof event !== 'string' || RESERVED.test(event) || !isOfNext()) {
        return plainly(event, args);
      }
      if (epoch === 0) {
        const answer = plainly(event, args);
        const packet = socket.sendBuffer[socket.sendBuffer.length - 1];
        if (packet) buffered.set(packet, byNow());
        return answer;
      }
      socket.flags = {};
      defer(flags, [event, ...args]);
      return socket;
    }
    socket.flags = {};
    const what = becomes(event, args, flags);
    if (what === TAKEN) engine.drain();
    if (what !== PLAIN) return socket;
    socket.flags = flags;
    return plainly(event, args);
  }

  /** Decides what happens to an emit, and does it unless it is PLAIN. @param {string} event @param {unknown[]} args @param {any} flags */
  const becomes = (event, args, flags) => {
    const option = settings.ways[event];
    const isMoment =
      option === undefined ? isAmong(settings.volatile, event) : wayOf(event) === 'volatile';
    if (isMoment && !isSession(event, args)) {
      if (socket.connected && (phase === 'ready' || phase === 'joining')) return PLAIN;
      const isKept =
        hasBeenUp && option === undefined && !settings.isOwnVolatile && isEnd(event, args);
      if (!isKept) return DROPPED;
      return take(event, args, flags.compress, { way: 'latest', key: textIn(args) });
    }
    try {
      if (isOfNext()) {
        defer(flags, [event, ...copies(args, Infinity, settings.io.parser)]);
        return DROPPED;
      }
      if (isSession(event, args)) {
        endOpposite(event, args);
        if (socket.connected && (phase === 'joining' || !isBehind())) {
          // Send what the app emitted earlier in this turn first: the join may depend on it.
          for (const how of fresh.splice(0)) {
            if (settings.ways[how.event] !== undefined || !deliveries.cancel(how.id)) continue;
            plainly(how.event, how.args);
            unproven.push(how);
          }
          return PLAIN;
        }
        if (!socket.connected && remembered.knows(event, args)) return DROPPED;
      }
    } catch {
      // It cannot be copied: socket.io-client's own buffer takes it.
      return PLAIN;
    }
    return take(event, args, flags.compress);
  };

  /** Whether a kept event was never sent, and so comes before what is emitted now. */
  const isBehind = () => {
    for (const { attempts } of deliveries.entries()) if (attempts === 0) return true;
    return false;
  };

  // --- joins, which are replayed after a reconnect ---------------------------------------------------

  /** @param {string} event @param {readonly unknown[]} args @param {() => void} [ack] */
  const emitNow = (event, args, ack) => {
    try {
      wire.forget(wire.emit(event, args, ack));
    } catch (error) {
      report(error);
    }
  };
  /** The event that `remembered.noted` is to take for a join. @type {string[]} */
  let patterns = [];
  const remembered = createRemembered(
    () => /** @type {any} */ ({ session: patterns, io: settings.io }),
    engine,
    /** @type {any} */ ({
      emit: emitNow,
      emitAsked: (/** @type {string} */ event, /** @type {unknown[]} */ args) =>
        emitNow(event, args, () => {}),
    }),
  );

  /** @param {unknown} event @param {readonly unknown[]} args */
  const isJoin = (event, args) =>
    typeof event === 'string' &&
    (settings.isOwnSession
      ? settings.session.some((one) => isAmong([joinIn(one)], event))
      : looksLikeJoin(event, args));

  const isLeave = (/** @type {unknown} */ event) =>
    typeof event === 'string' &&
    (settings.isOwnSession
      ? settings.session.some((one) => leaveIn(one) === event)
      : looksLikeLeave(event));

  /** Whether it is a join or a leave, and `ways` does not say otherwise. @param {string} event @param {readonly unknown[]} args */
  const isSession = (event, args) =>
    settings.ways[event] === undefined && (isJoin(event, args) || isLeave(event));

  /** Whether a leave ends a join, by names and arguments. @param {any} leave @param {any} join */
  const ends = (leave, join) =>
    (settings.isOwnSession
      ? settings.session.some((one) => leaveIn(one) === leave.event && joinIn(one) === join.event)
      : mayEnd(leave.event, join.event)) && agree(leave.args, join.args);

  /**
   * A join or a leave is emitted: forgets the joins that the leave ends, and cancels kept events that it makes
   * obsolete.
   * @param {string} event
   * @param {readonly unknown[]} all
   */
  const endOpposite = (event, all) => {
    const its = { event, args: copies(all, Infinity, settings.io.parser) };
    for (const [key, one] of remembered.values) {
      // Kept events may be for that room. Then the join is forgotten only when the leave is sent.
      if (!isLeave(event) || !ends(its, one) || (!socket.connected && isBehind())) continue;
      engine.note(TOLD.unsaid, key);
      remembered.values.delete(key);
    }
    for (const one of [...deliveries.entries()]) {
      const isUndone = isJoin(event, all)
        ? isLeave(one.event) && ends(one, its)
        : isJoin(one.event, one.args) && one.attempts === 0 && ends(its, one);
      if (isUndone) deliveries.cancel(one.id);
    }
  };

  /** An event is being sent over the current connection. @param {string} event @param {readonly unknown[]} args @param {number | undefined} id */
  const noteLeaving = (event, args, id) => {
    if (isLeave(event)) endOpposite(event, args);
    if (!isJoin(event, args)) return;
    for (const [key, one] of settings.isOwnSession ? [] : remembered.values) {
      if (!replaces({ event, args }, one)) continue;
      engine.note(TOLD.unsaid, key);
      remembered.values.delete(key);
      unrepeated.delete(key);
    }
    patterns = [event];
    remembered.noted({ data: [event, ...args], id });
    unrepeated.delete(remembered.keyOf(event, args));
  };

  // --- orders of the client ---------------------------------------------------------------------------

  const handlers = /** @type {any} */ ({
    [ORDER.disconnect](/** @type {number} */ its) {
      if (its !== live) return;
      leave();
      hangUp();
    },
    [ORDER.transmit]: deliveries.transmit,
    [ORDER.settle]: deliveries.settle,
    [ORDER.forgetLate]: deliveries.stopWaiting,
    [ORDER.receipt](
      /** @type {number} */ its,
      /** @type {number} */ name,
      /** @type {number} */ count,
    ) {
      if (its !== live) return;
      shared.asks(followerIndex, count);
      wire.receipt(followerIndex * NAMES + name, count);
    },
    [ORDER.look]: () => engine.note(TOLD.looked, -1, wire.isPolling(), wire.waiting()),
    [ORDER.ended]() {
      for (const packet of [...socket.sendBuffer]) drop(packet);
      remembered.values.clear();
      hasBeenUp = false;
    },
    [ORDER.foreign]() {
      fail('AUTH_FAILED', 'The credentials name another user: nothing is sent until they match');
    },
    [ORDER.learned]: known.keepAnswers,
    [ORDER.receiptless]() {
      known.withoutReceipts();
      giveUpReceipts();
      unproven.length = 0;
      warnOnce('the server gives no receipts: events lost with a connection are not repeated');
    },
    [ORDER.replayEmit]: remembered.replay,
    [ORDER.forgetValue]: (/** @type {number} */ key) => remembered.values.delete(key),
    [ORDER.askForMissed]: (/** @type {number} */ round) => engine.tell(TOLD.resynced, round, true),
    [ORDER.report](/** @type {number} */ notice) {
      if (notice !== UNPINGED) logger.debug(NOTICES[notice]);
    },
    [ORDER.changed](/** @type {number} */ at) {
      phase = PHASES[at];
    },
    // A followed Socket has none of these, or nothing to do for them.
    [ORDER.ping]() {},
    [ORDER.returned]() {},
    [ORDER.askOnline]() {},
    [ORDER.releaseBuffered]() {},
  });

  /** Without receipts nothing more will be known of events that were sent: they count as delivered. */
  const giveUpReceipts = () => {
    for (const { seq, attempts, answers, args } of [...deliveries.entries()]) {
      const isOut = attempts > answers && !hows.get(args)?.isAcked;
      if (isOut) engine.note(TOLD.acked, seq, attempts, 0, 0, 0);
    }
  };

  /** The module died: makes it a plain Socket again, which emits what was kept (D6). */
  const die = (/** @type {unknown} */ error) => {
    if (isDead) return;
    isDead = true;
    const waiting = [...deliveries.entries()];
    const joins = socket.connected ? [] : [...remembered.values.values()];
    const ahead = unproven.splice(0);
    leave();
    wire.release();
    for (const name of Object.keys(own)) delete socket[name];
    deliveries.abandon(deliveries.settle);
    logger.warn(`this Socket has no delivery guarantee any more: ${textOf(error)}`);
    for (const { event, args } of [...joins, ...ahead]) call(() => plainly(event, [...args]));
    for (const { event, args, attempts, answers } of waiting) {
      const isOut = attempts > answers;
      if (isOut && optionOf(settings.ways[event]).repeat === false) {
        fail('LINK_LOST', 'It is unknown whether it was delivered', {
          event,
          args,
          maybeDelivered: true,
        });
      } else call(() => plainly(event, args));
    }
    for (const { all } of ofNext.splice(0)) call(() => socket.emit(...all));
  };

  engine.start(handlers, die);
  if (isDead) return;
  engine.note(TOLD.follow);
  // With `retries` socket.io-client itself repeats emits until they are acknowledged.
  const isReceiptless = hasRetries || !settings.receipts || known.isReceiptless();
  if (isReceiptless) engine.note(TOLD.receiptless);

  // --- overrides of the Socket -----------------------------------------------------------------------

  /** @type {Record<string, (...args: any[]) => any>} */
  const own = {
    emit,

    /** @this {any} @param {any} packet */
    packet(packet) {
      const isAttempt = this === socket && packet.type === CONNECT;
      if (isAttempt) begun(packet.data);
      prototype.packet.call(this, packet);
      if (!isAttempt) return;
      engine.drain();
      // By now the session of the former user, if there was one, has ended.
      claim(ofNext);
    },

    /** socket.io-client emits an event of its own. @param {string} event @param {any[]} args */
    emitReserved(event, ...args) {
      const isUp = event === 'connect' && live > 0;
      // An inactive Socket stays closed until the app opens it.
      if (isUp) up();
      else lost(socket.active ? DOWN.lost : DOWN.final);
      const its = live;
      wire.dispatch(event, args);
      // After the listeners: they join rooms, and kept events may be for those rooms.
      if (isUp && its === live && phase === 'joining') heardOf();
      return socket;
    },
  };
  Object.assign(socket, own);
  if (early) {
    begun(early.data);
    engine.drain();
  }
}

/** @param {any} one an entry of the option `session` */
const joinIn = (one) => one.join ?? one;
/** @param {any} one */
const leaveIn = (one) => one.leave;

/**
 * Runs `make`, which makes a Socket, and returns the CONNECT packet that was sent meanwhile: over a connection that is
 * already open, the Socket sends it before `make` returns.
 * @template T
 * @param {any} prototype that of Sockets
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
