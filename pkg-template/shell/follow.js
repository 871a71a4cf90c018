/**
 * Follows a Socket of the app's own: its Manager makes the attempts, and its methods are socket.io-client's. What the app
 * emits without an acknowledgement goes through the client, which keeps it until the server has taken it.
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
import { call, report, textOf } from './report.js';
import { createSaid } from './said.js';
import { endpointOf } from './scope.js';
import { later } from './timer.js';
import { optionOf } from './ways.js';
import { drive } from './wire.js';

/**
 * @typedef {import('./io-options.js').IoSettings} IoSettings
 * @typedef {{ its: unknown, opened: unknown }} By who emitted something while nobody was connected
 * @typedef {import('./result.js').Result} Result
 * @typedef {{ id: string, event: string, args: unknown[], compress?: boolean | undefined, isAcked: boolean, isSession: boolean }} How
 */

/** So long after it heard of a connection an app has said what it says again by itself: in an effect of React, for one. */
const GREETING_MS = 120;

/** What becomes of an emit: it leaves as socket.io-client lets it, it is kept until the server has it, or neither. */
const [PLAIN, TAKEN, DROPPED] = [0, 1, 2];

/** Credentials that a function answers are known once it is asked. */
const UNKNOWN = Symbol('unknown');

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
  let followerIndex = 0;
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
    (name, isRefused) => {
      unproven.length = 0;
      engine.tell(TOLD.receipt, live, name % NAMES, isRefused);
    },
    () => tellTransport(engine.tell),
    heard,
    // That the server accepted the connection, and that listeners have heard of it, the Socket says by `emitReserved`.
    nothing,
    nothing,
    () => lost(DOWN.lost),
    () => true,
    nothing,
    ({ data: [event, ...args], id }) => {
      try {
        noteLeaving(event, args, id);
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
    clearTimeout(greeting);
    greeting = undefined;
    attach(0);
    shared.leave(followerIndex);
    unwatch();
    deliveries.linkLost();
    for (const { event, args, compress } of unproven.splice(0)) take(event, args, compress);
  };

  /** Whom a connection would be for that is made with this. @param {unknown} auth */
  const subjectOf = (auth) => subjectIn([auth, manager.opts.query, manager.opts.extraHeaders]);
  /** Whom the last attempt was for, as its credentials say. @type {string | undefined} */
  let subject;
  /** What the app had opened the Socket by then: if it opens it again, that is for whoever the user is now. */
  let opening = socket.subs;
  /** Whom a connection would be for that is made now, as far as the app has said so. */
  const present = () => (typeof socket.auth === 'function' ? UNKNOWN : subjectOf(socket.auth));
  /** Emits of the one who connects next. @type {{ by: By, flags: object, all: any[] }[]} */
  let ofNext = [];

  /** Whether what is emitted while there is no attempt is of somebody else than what was before. */
  const isOfNext = () => {
    // A function in the option `userId` names the user of each emit.
    if (live !== 0 || typeof userId === 'function') return false;
    // What was emitted before it is held, or nobody has been connected.
    if (ofNext.length > 0 || epoch === 0) return true;
    if (socket.subs && socket.subs !== opening) return true;
    const its = present();
    return its !== UNKNOWN && its !== subject;
  };

  /** Who emits now: whom the credentials name, and where that is not known whoever this opening of the Socket is for. */
  const byNow = () => ({ its: present(), opened: socket.subs });

  /** @param {object} flags @param {any[]} all */
  const hold = (flags, all) => {
    ofNext.push({ by: byNow(), flags, all });
  };

  /** The CONNECT packet leaves: an attempt begins, and says who the user is. */
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
    // Of those whom nothing names there is one.
    const isSame = subject === undefined || (epoch > 1 && subject === before);
    // What somebody else emitted, or whoever a connection was for that never came, is nobody's by now.
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

  /** What was held belongs to the present session. @param {typeof ofNext} those */
  const claim = (those) => {
    for (const { flags, all } of those.splice(0)) {
      socket.flags = flags;
      socket.emit(...all);
    }
  };

  const loggedOut = (/** @type {any[]} */ [event, ...args]) =>
    fail('LOGGED_OUT', MESSAGES.LOGGED_OUT, { event, args, maybeDelivered: false });

  /** What socket.io-client has buffered before the first connection, and by whom it was emitted. @type {WeakMap<object, By>} */
  const buffered = new WeakMap();

  /** What is buffered of a user leaves as no other one. Who awaits an answer is told as socket.io-client tells it. @param {any} packet */
  const drop = (packet) => {
    const { sendBuffer, acks } = socket;
    sendBuffer.splice(sendBuffer.indexOf(packet), 1);
    const ack = acks[packet.id];
    delete acks[packet.id];
    if (ack?.withError) call(() => ack.call(socket, new Error('socket has been disconnected')));
    loggedOut(packet.data);
  };

  /** This user has had a connection. */
  let hasBeenUp = false;
  /** What was said over earlier connections, and the app has not said by itself over this one. @type {Set<number>} */
  let unsaid = new Set();
  /** @type {any} */
  let greeting;

  const up = () => {
    tellTransport(engine.note);
    engine.tell(TOLD.linkUp, live, false);
    unwatch = watchPage((event, flag) => engine.tell(TOLD.page, event, flag));
    unsaid = new Set(said.values.keys());
    // As the Socket's own buffer does, what was emitted before the first connection leaves before anybody hears of it.
    if (!hasBeenUp && isBehind()) greeted();
    hasBeenUp = true;
  };

  /** What waits may leave, after what is said again. */
  const greeted = () => {
    clearTimeout(greeting);
    greeting = undefined;
    engine.tell(TOLD.greeted, live, socket.recovered === true);
  };

  /** The app's listeners have heard of the connection. */
  const heardOf = () => {
    if (unsaid.size === 0 || socket.recovered) greeted();
    else greeting = later(greeted, GREETING_MS, { autoUnref: true });
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
    if (typeof userId !== 'function') return;
    const name = call(() => idOf(userId()));
    if (name !== undefined) engine.tell(TOLD.name, numberOf(name), 0);
  };

  // --- what is emitted -------------------------------------------------------------------------------

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
        // Without receipts nothing is known of it but that it left.
        const sent = wire.emit(event, args);
        if (sent === undefined) return undefined;
        ack?.();
        if (leaving.isSession) noteLeaving(event, args, undefined);
        // After a lost connection it is said again, and not repeated as well.
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
    fail(code, message, { event, args, maybeDelivered });
  };

  /** Taken in this turn, over a connection that is not ready. @type {How[]} */
  const fresh = [];
  /** What left ahead of the rest with a join: taken again where the connection ends before the server has given a receipt. @type {How[]} */
  const unproven = [];

  /**
   * Takes an event, if it can be copied.
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
      // The newest goes in its followerIndex.
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
  const plainly = (event, args) => {
    const answer = prototype.emit.call(socket, event, ...args);
    // All that the app had to say again it has.
    if (greeting !== undefined && unsaid.size === 0) greeted();
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
      hold(flags, [event, ...args]);
      return socket;
    }
    socket.flags = {};
    const what = becomes(event, args, flags);
    if (what === TAKEN) engine.drain();
    if (what !== PLAIN) return socket;
    socket.flags = flags;
    return plainly(event, args);
  }

  /** What becomes of an emit. @param {string} event @param {unknown[]} args @param {any} flags */
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
        hold(flags, [event, ...copies(args, Infinity, settings.io.parser)]);
        return DROPPED;
      }
      if (isSession(event, args)) {
        undo(event, args);
        if (socket.connected && (phase === 'joining' || !isBehind())) {
          // What the app said before it in this turn may be what it needs there.
          for (const how of fresh.splice(0)) {
            if (settings.ways[how.event] !== undefined || !deliveries.cancel(how.id)) continue;
            plainly(how.event, how.args);
            unproven.push(how);
          }
          return PLAIN;
        }
        if (!socket.connected && said.knows(event, args)) return DROPPED;
      }
    } catch {
      // What has no copy goes to the Socket's own buffer.
      return PLAIN;
    }
    return take(event, args, flags.compress);
  };

  /** Whether something waits that is to leave before what is emitted now. */
  const isBehind = () => {
    for (const { attempts } of deliveries.entries()) if (attempts === 0) return true;
    return false;
  };

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

  /** A join or a leave, of which `ways` says nothing else. @param {string} event @param {readonly unknown[]} args */
  const isSession = (event, args) =>
    settings.ways[event] === undefined && (isJoin(event, args) || isLeave(event));

  /** Whether a leave ends a join, by their names and arguments. @param {any} leave @param {any} join */
  const ends = (leave, join) =>
    (settings.isOwnSession
      ? settings.session.some((one) => leaveIn(one) === leave.event && joinIn(one) === join.event)
      : mayEnd(leave.event, join.event)) && agree(leave.args, join.args);

  /** A join or a leave is emitted: what it undoes is not said or sent any more. @param {string} event @param {readonly unknown[]} all */
  const undo = (event, all) => {
    const its = { event, args: copies(all, Infinity, settings.io.parser) };
    for (const [key, one] of said.values) {
      // What waits may be for that room: then the leave ends it as it leaves.
      if (!isLeave(event) || !ends(its, one) || (!socket.connected && isBehind())) continue;
      engine.note(TOLD.unsaid, key);
      said.values.delete(key);
    }
    for (const one of [...deliveries.entries()]) {
      const isUndone = isJoin(event, all)
        ? isLeave(one.event) && ends(one, its)
        : isJoin(one.event, one.args) && one.attempts === 0 && ends(its, one);
      if (isUndone) deliveries.cancel(one.id);
    }
  };

  /** An event leaves over the present connection. @param {string} event @param {readonly unknown[]} args @param {number | undefined} id */
  const noteLeaving = (event, args, id) => {
    if (isLeave(event)) undo(event, args);
    if (!isJoin(event, args)) return;
    for (const [key, one] of settings.isOwnSession ? [] : said.values) {
      if (!replaces({ event, args }, one)) continue;
      engine.note(TOLD.unsaid, key);
      said.values.delete(key);
      unsaid.delete(key);
    }
    patterns = [event];
    said.noted({ data: [event, ...args], id });
    unsaid.delete(said.keyOf(event, args));
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
      said.values.clear();
      hasBeenUp = false;
    },
    [ORDER.foreign]() {
      fail(
        'AUTH_FAILED',
        "The credentials are another user's: nothing is sent until they are right",
      );
    },
    [ORDER.learned]: known.keepAnswers,
    [ORDER.receiptless]() {
      known.withoutReceipts();
      giveUpReceipts();
      unproven.length = 0;
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
    [ORDER.releaseBuffered]() {},
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
    const joins = socket.connected ? [] : [...said.values.values()];
    const ahead = unproven.splice(0);
    leave();
    wire.release();
    for (const name of Object.keys(own)) delete socket[name];
    deliveries.abandon(deliveries.settle);
    logger.warn(`this Socket is a plain one from here on, without any guarantee: ${textOf(error)}`);
    for (const { event, args } of [...joins, ...ahead]) call(() => plainly(event, [...args]));
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
    for (const { all } of ofNext.splice(0)) call(() => socket.emit(...all));
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
      if (!isAttempt) return;
      engine.drain();
      // The session of who was before has ended, if there was one.
      claim(ofNext);
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

/** @param {any} one what is said again */
const joinIn = (one) => one.join ?? one;
/** @param {any} one */
const leaveIn = (one) => one.leave;

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
