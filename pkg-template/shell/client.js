/**
 * The client: one Socket, one engine, and what lies between. Here the engine's orders are carried out
 * and what happens on the Socket is reported to it; each part of that has a file of its own.
 */

import { idOf } from './credentials.js';
import { createDeliveries } from './deliveries.js';
import { createDriver } from './driver.js';
import { createEngine } from './engine.js';
import { HoldfastError } from './errors.js';
import { begin, hash, keepSubject, peek, printOf, raise, subjectOf } from './generations.js';
import { createInbound } from './inbound.js';
import { createKnown } from './known.js';
import { createListeners } from './listeners.js';
import { DOWN, GRANT, NOTICES, PHASES, TOLD, UNPINGED, VALUES } from './numbers.js';
import { settingsOf } from './options.js';
import { watchPage } from './page.js';
import { copies } from './payload.js';
import { createPresence } from './presence.js';
import { call, kindOfError, report, textOf } from './report.js';
import { createResync } from './resync.js';
import { createSaid } from './said.js';
import { placeOf, scopeOf } from './scope.js';
import { createSession } from './session.js';
import { createState } from './state.js';
import { canKeep, createStorage } from './storage.js';
import { decided } from './verdict.js';
import { createWire } from './wire.js';

/**
 * @typedef {import('../types/index.d.ts').Options} Options
 * @typedef {import('./result.js').Result} Result
 * @typedef {ReturnType<typeof makeClient>} Client
 */

/**
 * @param {Options} [options]
 * @param {Record<string, unknown>} [unsaid] defaults other than the table's, by the options' paths
 * @throws {HoldfastError} where an option is wrong, or socket.io-client is not one we know
 */
export function makeClient(options, unsaid) {
  let settings = settingsOf(options, unsaid);

  // --- what is known -------------------------------------------------------------------------------

  /** @type {Error | null} */
  let lastError = null;
  let isLoggedOut = false;
  let isHeld = false;
  let isDestroyed = false;
  let isDead = false;
  /** The user logged out in another tab: until the app asks for a link again. */
  let isOutElsewhere = false;
  /** What components emit now, between a logout and the next login, is nobody's. */
  let isBetweenUsers = false;
  let hasWarnedOfLogout = false;
  let wishes = 0;

  const state = createState(
    () => ({
      isConnected: settings.connectedMeans === 'accepting' ? isAccepting() : isConnected(),
      isLinked: isConnected(),
      isReady: isReady(),
      transport: isConnected() ? wire.transport() : null,
      onlineUsers: presence.online(),
      onlineUsersStale: presence.isStale(),
      error: lastError,
    }),
    (at) => Date.now() - engine.now() + at,
  );
  const { status, changed } = state;
  const settledListeners = createListeners();

  const isConnected = () =>
    isDead ? socket.connected : ['joining', 'ready', 'suspect'].includes(status.phase);
  const isReady = () => status.phase === 'ready';
  const isOut = () => isLoggedOut || isOutElsewhere;
  const isAccepting = () => !isOut() && !isDestroyed;

  const warn = (/** @type {string} */ message) => settings.logger.warn(message);

  /** Once for each kind, until messages leave again. */
  const warnOnce = (/** @type {string} */ message, kind = message) => {
    if (isDead || engine.note(TOLD.warns, printOf(kind))) warn(message);
  };

  /** @param {string} code @param {string} message @param {unknown} [cause] */
  const fail = (code, message, cause) => {
    warnOnce(message, code);
    lastError = Object.assign(new HoldfastError(code, message), { cause });
    changed();
    call(settings.onError, lastError);
  };

  // --- what the app is told ------------------------------------------------------------------------

  const inbound = createInbound(
    () => settings,
    () => engine,
    (id) => resync.saw(id),
    (event) => socket.hasListeners(event),
  );
  const presence = createPresence(
    () => settings.presence,
    inbound,
    (what, a) => engine.note(what, a),
    () => !isConnected() || engine.note(TOLD.isPresenceStale) !== 0,
    changed,
  );
  const resync = createResync(
    () => settings,
    () => engine,
    (packet, extra, isFetched) => {
      const [event, ...args] = packet;
      if (inbound.receive(packet, extra, isFetched)) wire.dispatch(event, args);
    },
  );

  // --- the Socket ----------------------------------------------------------------------------------

  const driver = createDriver();
  const wire = createWire(driver, settings.url, settings.io, {
    warn,
    connect: () => client.connect(),
    disconnect: () => client.disconnect(),
    onDrained: () => engine.drain(),
    onReceipt: (name, isPlain) => engine.tell(TOLD.receipt, wire.epoch(), name, isPlain),
    onTransport: () => tellTransport(engine.tell),
    isActive: () => status.phase !== 'idle' && status.phase !== 'closed',
    onHeard() {
      const now = engine.now();
      const isDoubted = status.phase === 'suspect';
      // Of many packets at one time the first is the news.
      if (now === heardAt && !isDoubted) return;
      heardAt = now;
      engine.note(TOLD.heard, wire.epoch());
      // Only a link in doubt waits for it.
      if (isDoubted) engine.drain();
    },
    onUp() {
      const { join } = settings;
      lastError = null;
      // The app may have changed its mind while the connection was made.
      if (typeof settings.userId === 'function') tellName();
      tellTransport(engine.note);
      const joins = join !== null && (join.event === null || session.user() !== undefined);
      engine.tell(TOLD.linkUp, wire.epoch(), joins, wire.heartbeat());
    },
    onLeaving(packet) {
      if (settings.session.length === 0) return;
      try {
        said.noted(packet);
      } catch {
        // What has no copy, or a long one, is no join.
      }
    },
    // Listeners join rooms, which what waits may be for.
    onGreeted: () => engine.tell(TOLD.greeted, wire.epoch(), socket.recovered === true),
    onDown(error, isRejection, reason) {
      linkLost('waiting');
      if (error) {
        fail(
          isRejection ? 'REJECTED' : 'CONNECT_FAILED',
          `${isRejection ? 'The server refused the connection' : 'Connecting failed'}: ${error.message}`,
          error,
        );
      }
      const { onRejected, onServerDisconnect } = settings.reconnect;
      const isKick = reason === 'io server disconnect';
      const decide = isRejection ? onRejected : isKick ? onServerDisconnect : undefined;
      // In the order of `DOWN`.
      const [own, span = 0] = decided(decide, [error ?? { reason }], ['retry', 'stop']);
      const cause = isKick
        ? own || DOWN.kicked
        : (own ?? (error?.data?.final ? DOWN.final : DOWN.lost));
      engine.tell(TOLD.linkDown, attempt, cause, span);
    },
    onEvent(packet, extra) {
      const [event, ...args] = packet;
      note(event, args);
      return !resync.holds(packet, extra) && inbound.receive(packet, extra);
    },
    onReserved: inbound.tell,
  });
  const { socket } = wire;
  const session = createSession({ socket, settings: () => settings });
  const linkLost = (/** @type {import('../types/index.d.ts').Phase} */ phase) => {
    // Listeners that hear of it ask for the state, whose news may come only later.
    status.phase = phase;
    state.spoil();
    deliveries.linkLost();
    inbound.linkLost();
  };
  /** Says what messages leave over from now on. */
  const tellTransport = (/** @type {typeof engine.note | typeof engine.tell} */ how) =>
    how(TOLD.over, wire.epoch(), wire.transport() === 'polling', wire.maxPayload() ?? 0);
  let heardAt = -1;
  /** The engine's last attempt to connect; the wire's is gone by the time that it says so. */
  let attempt = 0;

  /** What an event means to us, before anybody else hears of it. */
  const note = (/** @type {string} */ event, /** @type {unknown[]} */ args) => {
    const { join, health, events } = settings;
    const epoch = wire.epoch();
    if (health && event === 'pong') engine.tell(TOLD.ponged, epoch);
    if (join && event === join.confirm) {
      if (/** @type {any} */ (lastError)?.code === 'JOIN_REJECTED') {
        lastError = null;
        changed();
      }
      engine.tell(TOLD.joined, epoch);
    }
    if (join && event === join.reject) {
      const room = printOfId(/** @type {any} */ (args[0])?.room);
      if (engine.note(TOLD.joinRejected, epoch, room)) {
        fail('JOIN_REJECTED', `The server refused the join: ${textOf(args[0])}`, args[0]);
        engine.drain();
      }
    }
    if (events.sent.includes(event)) deliveries.confirm(args[0], false);
    if (events.failed.includes(event)) deliveries.confirm(args[0], true);
    if (event === 'force_logout') forcedOut(args[0]);
    presence.handle(epoch, event, args);
  };

  /** A negative number for what is no id. */
  const printOfId = (/** @type {unknown} */ id) => {
    const text = idOf(id);
    return text === undefined ? -1 : printOf(text);
  };

  const forcedOut = (/** @type {any} */ data) => {
    client.logOut();
    if (settings.onForceLogout) call(settings.onForceLogout, data ?? {});
    else if (!hasWarnedOfLogout && socket.listeners('force_logout').length === 0) {
      hasWarnedOfLogout = true;
      warn('the server forced a logout: set the option onForceLogout');
    }
  };

  /** Emits where it may be lost: dropped unless the link is up. Answers the number of the acknowledgement. */
  const emit = (
    /** @type {string} */ event,
    /** @type {readonly unknown[]} */ args,
    /** @type {((...reply: any[]) => void) | undefined} */ ack = undefined,
  ) => {
    if (wire.epoch() === 0) return undefined;
    try {
      // Copied, as a function among them would be taken for an acknowledgement, and what is too large, or
      // throws, would end the link.
      return wire.emit(event, copies(args, wire.maxPayload(), settings.io.parser), ack);
    } catch (error) {
      report(error);
      return undefined;
    }
  };

  const said = createSaid(
    () => settings.session,
    (event, args, isAsked) => wire.forget(emit(event, args, isAsked ? () => {} : undefined)),
    () => settings.io.parser,
    (what, a, b) => engine.note(what, a, b),
  );

  // --- the engine's orders -------------------------------------------------------------------------

  /** What the app answered for the present attempt, until the engine has compared it. */
  /** @type {import('./session.js').Grant | undefined} */
  let offered;
  /** The app was told that the credentials are another user's. */
  let isForeign = false;

  const handlers = {
    authorize(/** @type {number} */ epoch) {
      attempt = epoch;
      if (isHeld) {
        engine.tell(TOLD.close);
        return;
      }
      session.authorize(epoch, (answer) => {
        if ('error' in answer) {
          const { error } = answer;
          const what =
            error === undefined
              ? 'answers no object such as { token }'
              : `failed with ${kindOfError(error)}, the cause that onError gets`;
          fail('AUTH_FAILED', `The option auth ${what}`, error);
          engine.tell(TOLD.authorized, epoch, GRANT.failed);
        } else if (answer.grant) {
          offered = answer.grant;
          engine.tell(TOLD.granted, epoch, numberOf(offered.name), numberOf(offered.subject));
        } else {
          engine.tell(TOLD.authorized, epoch, GRANT.absent);
        }
      });
    },
    foreign() {
      if (isForeign) return;
      isForeign = true;
      fail(
        'AUTH_FAILED',
        "The credentials are another user's: nothing is sent until they are right",
      );
    },
    connect(/** @type {number} */ epoch, /** @type {number} */ failures) {
      isForeign = false;
      if (offered) session.grant(offered);
      openKept();
      try {
        wire.connect(epoch, failures, settings.reconnect.upgradeTimeoutMs);
      } catch (error) {
        fail('CONNECT_FAILED', `Connecting failed: ${textOf(error)}`, error);
        engine.tell(TOLD.linkDown, epoch, DOWN.lost, 0);
      }
    },
    disconnect(/** @type {number} */ _epoch, /** @type {number} */ polite) {
      linkLost(polite ? 'idle' : 'waiting');
      wire.close(polite > 0, isOut() || isDestroyed);
    },
    join() {
      const { join } = settings;
      if (!join) return;
      const user = session.user();
      const payload = /** @type {any} */ (call(join.payload, user));
      const [a, b, c] = [user, `user_${user}`, payload?.room ?? payload].map(printOfId);
      engine.note(TOLD.askedForRoom, a, b, c);
      if (!join.event) return;
      // A server that takes a callback may call it without a look. Nobody needs its answer.
      wire.forget(emit(join.event, payload === undefined ? [] : [payload], () => {}));
    },
    ping(/** @type {number} */ epoch) {
      const { health } = settings;
      if (health?.event) emit(health.event, health.args, () => engine.tell(TOLD.ponged, epoch));
    },
    receipt(/** @type {number} */ epoch, /** @type {number} */ name, /** @type {number} */ count) {
      if (epoch === wire.epoch()) wire.receipt(name, count);
    },
    ended: forgetUser,
    learned(/** @type {number} */ number, /** @type {number} */ answers) {
      const event = known.learned(number, answers > 0);
      if (answers) return;
      warn(
        `the server does not acknowledge '${event}': what it has taken counts as sent. Acknowledge it there: (data, ack) => ack({ success: true })`,
      );
    },
    receiptless() {
      known.receiptless();
      warn('the server refuses no unknown namespace: only its acknowledgements count');
    },
    look,
    sayAgain: said.say,
    forgetValue(/** @type {number} */ key, /** @type {number} */ value) {
      values[VALUES[value]].delete(key);
    },
    emitHeld(/** @type {number} */ key) {
      const { event, data } = held.get(key) ?? {};
      held.delete(key);
      if (event !== undefined) emit(event, [data]);
    },
    returned(/** @type {number} */ begins) {
      const subject = session.subject();
      if (openScope && subject !== undefined) keepSubject(openScope, subject);
      if (begins >= 0) resync.note(begins);
    },
    askForMissed: resync.ask,
    releaseHeld: resync.release,
    askOnline: () => askWhoIsOnline(),
    stopTyping: inbound.stopTyping,
    report(/** @type {number} */ notice) {
      if (notice !== UNPINGED || settings.health?.event) warnOnce(NOTICES[notice]);
    },
    changed(
      /** @type {number} */ phase,
      /** @type {number} */ queued,
      /** @type {number} */ inFlight,
      /** @type {number} */ nextAttemptAt,
      /** @type {number} */ lastPongAt,
      /** @type {number} */ rttMs,
    ) {
      status.phase = PHASES[phase];
      status.queued = queued;
      status.inFlight = inFlight;
      status.nextAttemptAt = nextAttemptAt;
      status.lastPongAt = lastPongAt;
      status.rttMs = rttMs;
      if (status.phase !== 'authorizing') session.expire();
      changed();
    },
  };

  const storage =
    settings.queue.storage === 'indexeddb' && canKeep()
      ? createStorage({
          engine: () => engine,
          deliveries: () => deliveries,
          over: (next) => engine.tell(TOLD.looked, wire.isClogged(), next),
          failed: (error) =>
            fail('STORAGE_FAILED', `Messages are kept in memory only: ${textOf(error)}`, error),
          warn: warnOnce,
        })
      : null;
  /** Server, path and namespace. */
  const place = placeOf(settings.url, settings.io);
  /** Opens what is kept of the user, as soon as it is known who that is. */
  const openKept = () => {
    const user = session.user();
    const scope = user === undefined ? undefined : scopeOf(place, user);
    if (scope === openScope) return;
    openScope = scope;
    if (storage) generation = storage.open(scope ?? '');
    else generation = scope ? begin(scope) : null;
  };
  /** The user's, at this place. @type {string | undefined | null} */
  let openScope = null;
  /** Of the user's logouts, when the scope was opened; none without localStorage. @type {number | null} */
  let generation = null;

  /** The engine's numbers for users. @type {Map<string, number>} */
  const users = new Map();
  const numberOfHash = (/** @type {string} */ text) => {
    if (text === '') return 0;
    if (!users.has(text)) users.set(text, users.size + 1);
    return /** @type {number} */ (users.get(text));
  };
  const numberOf = (/** @type {string | undefined} */ id) =>
    id === undefined ? 0 : numberOfHash(hash(id));
  /** @type {string | undefined} */
  let toldName;
  /** Says who the user is, as far as the app has said so. */
  const tellName = () => {
    const name = call(session.name);
    if (name === undefined || name === toldName) return;
    toldName = name;
    engine.tell(TOLD.name, numberOf(name), numberOfHash(subjectOf(scopeOf(place, name))));
  };

  const known = createKnown(place, (event, answers) => engine.note(TOLD.learn, event, answers));

  const deliveries = createDeliveries({
    tell: (...end) => storage?.tell(...end),
    isKept: (wish) => storage !== null && wish !== false,
    engine: () => engine,
    wire: () => wire,
    settings: () => settings,
    numberOf: known.numberOf,
    onSettled: settledListeners.tell,
    onRefused({ code = '', message = '', reply, event, id }, isOld) {
      if (isOld) warnOnce(`a message of an earlier page was not delivered: ${code}`);
      const error = Object.assign(new HoldfastError(code, message), { id, event, reply });
      call(settings.onError, error);
    },
  });
  let isStashed = false;
  const unwatch = watchPage({
    wake: () => engine.tell(isForeign ? TOLD.open : TOLD.woke),
    stash() {
      isStashed = status.phase !== 'idle' && status.phase !== 'closed';
      if (isStashed) end(TOLD.close);
      // Another tab may have what waits.
      engine.tell(TOLD.stopKeeping);
    },
    restore() {
      if (storage && openScope) engine.tell(TOLD.keepAgain);
      if (isStashed) client.connect();
      isStashed = false;
    },
  });

  const { transmit, settle, forgetLate } = deliveries;
  // Without storage nothing of it is ordered.
  const { handlers: ofStorage } = /** @type {NonNullable<typeof storage>} */ (storage ?? {});
  const engine = createEngine(
    driver,
    settings,
    { ...handlers, transmit, settle, forgetLate, ...ofStorage },
    die,
  );
  /** Says what is outside by now: the transport, and the user's logouts as storage has them. */
  function look() {
    const stored = openScope && generation !== null ? peek(openScope) : -1;
    engine.note(TOLD.looked, wire.isClogged(), stored);
  }
  const begun = () => {
    if (!settings.receipts || known.isReceiptless()) engine.note(TOLD.receiptless);
    tellName();
  };
  begun();

  /** Without its engine the client hands the app a plain socket, and says so (D6). */
  function die(/** @type {unknown} */ error) {
    // Nothing waits, and nobody is to connect.
    if (isDestroyed) return;
    isDestroyed = isDead = true;
    status.phase = 'closed';
    unwatch();
    deliveries.abandon();
    storage?.release();
    wire.release();
    session.release();
    fail(
      'ENGINE_DEAD',
      `The app has a plain socket without any guarantee: ${textOf(error)}`,
      error,
    );
  }

  /** Of a user who is gone nothing is left to be sent, received or shown. */
  function forgetUser(/** @type {number} */ elsewhere) {
    wire.wipe();
    for (const those of Object.values(values)) those.clear();
    presence.forget();
    resync.forget();
    // Until the next session is known nothing is open.
    openScope = null;
    toldName = undefined;
    session.forget();
    if (!elsewhere) return;
    isOutElsewhere = isBetweenUsers = true;
    session.unname();
    fail('LOGGED_OUT', 'The user logged out in another tab');
  }

  /** What was said between a logout and the next login is nobody's. */
  const forgetBetween = () => {
    if (!isBetweenUsers) return;
    isBetweenUsers = false;
    wire.wipe();
    said.values.clear();
    engine.note(TOLD.forgetSaid);
  };

  // --- events of the app's that are worth a wait but no guarantee ----------------------------------

  /** By the engine's numbers. @type {Map<number, { event: string, data: unknown }>} */
  const held = new Map();

  /** What the engine knows by fingerprints and numbers. @type {Record<typeof VALUES[number], Map<number, unknown>>} */
  const values = { said: said.values, held, answers: inbound.answers };

  /** The acknowledgement that was asked for last; a server may never give it. @type {number | undefined} */
  let asked;
  /** With a callback and nothing before it, since servers that take something take that. */
  const askWhoIsOnline = () => {
    const epoch = wire.epoch();
    for (const event of settings.presence?.request ?? []) {
      wire.forget(asked);
      asked = emit(event, [], (answer) => presence.answered(epoch, answer));
    }
  };

  // --- what the app calls --------------------------------------------------------------------------

  const client = {
    socket,
    settings: () => settings,

    /** Asks for a link. Refused while logged out. */
    connect() {
      wishes += 1;
      if (isLoggedOut || isHeld) return;
      isOutElsewhere = false;
      forgetBetween();
      tellName();
      if (isDead) socket.connect();
      else engine.tell(TOLD.open);
    },

    /** Ends the link. What waits stays where it is known whose it is, and so do all listeners. */
    disconnect() {
      tellName();
      end(TOLD.disconnect);
    },

    /**
     * Settles what waits as LOGGED_OUT and forgets the user. Nothing connects until the flag is reset.
     * @returns {Promise<void>} once the disk is clean. The logout holds from now on, whatever becomes of the page
     */
    logOut() {
      isLoggedOut = isBetweenUsers = true;
      isHeld = isOutElsewhere = false;
      const isClean = session.whose((user) => {
        const scope = scopeOf(place, user);
        return storage ? storage.clear(scope) : void raise(scope);
      });
      end(TOLD.logOut);
      session.unname();
      return isClean;
    },
    isLoggedOut: () => isLoggedOut,
    /** How often a link was asked for. */
    wishes: () => wishes,
    resetLogout() {
      isLoggedOut = false;
    },

    /** While the app's login is not ready, no attempt is made. @param {boolean} hold */
    hold(hold) {
      isHeld = hold;
      // An engine that was closed takes no send for a wish to connect.
      if (hold && !isConnected()) end(TOLD.close);
    },

    /** Names the user, before the option and the token do. @param {unknown} id */
    setUser(id) {
      if (!session.rename(id)) return;
      forgetBetween();
      session.expire();
      tellName();
      openKept();
    },

    /**
     * @param {import('./deliveries.js').Draft} draft
     * @param {((id: string) => void) | null} onQueued called at once where the message was taken but cannot
     *   leave yet
     * @param {(result: Result) => void} settled
     */
    deliver(draft, onQueued, settled) {
      // Whose it is may change with what a function says.
      if (typeof settings.userId === 'function') tellName();
      // The right credentials may be there by now.
      if (isForeign) engine.note(TOLD.open);
      const canLeave = isReady();
      const taken = deliveries.send(draft, settled, isOut());
      if (onQueued && taken.isTaken && !canLeave) call(onQueued, taken.id);
      engine.drain();
      return taken;
    },

    cancel: deliveries.cancel,
    leave: deliveries.leave,

    on: inbound.on,
    remember(/** @type {string} */ event, /** @type {unknown[]} */ ...args) {
      if (typeof settings.userId === 'function') tellName();
      return said.remember(event, ...args);
    },
    presence,
    subscribe: state.subscribe,
    onSettled: (/** @type {(result: any) => void} */ fn) => settledListeners.add(fn),
    getState: state.get,
    entries: deliveries.entries,
    seqOf: deliveries.seqOf,
    copyOf: deliveries.copyOf,
    standing: (/** @type {number} */ seq) => engine.note(TOLD.standing, seq),

    /** Worthless when late: dropped unless the link is ready. */
    emitNow(/** @type {string} */ event, /** @type {unknown[]} */ args) {
      if (isReady()) emit(event, args);
    },

    askWhoIsOnline: () => engine.tell(TOLD.askOnline),

    /** Held until messages leave, for a minute and a hundred at most. */
    emitSoon(/** @type {string} */ event, /** @type {unknown} */ data) {
      if (isOut()) return;
      const number = engine.note(TOLD.emitSoon, wire.epoch());
      if (number === 0) emit(event, [data]);
      else if (number > 0) held.set(number - 1, { event, data });
      engine.drain();
    },

    /** Takes new options; the Socket stays. The url can't change. @param {Options} next */
    reconfigure(next) {
      const before = identityOf(settings);
      settings = settingsOf(next, unsaid);
      engine.configure(settings);
      const { query, extraHeaders } = /** @type {any} */ (settings.io);
      if (identityOf(settings) !== before) {
        wire.identify(query, extraHeaders);
        engine.tell(TOLD.relink);
      }
      begun();
      changed();
    },

    /** Ends everything; what waits settles as CLOSED. */
    destroy() {
      isDestroyed = true;
      unwatch();
      end(TOLD.destroy);
      wire.wipe();
      resync.forget();
      engine.tell(TOLD.stopKeeping);
    },
  };

  /** Ends the link because the app wants it so. @param {number} command one of `TOLD` */
  function end(command) {
    session.expire();
    wire.forgetTries();
    if (isDead) socket.disconnect();
    else engine.tell(command);
  }

  return client;
}

/** What a connection is made with, as far as it can be compared. @param {import('../types/settings.d.ts').Settings} settings */
function identityOf({ io, auth }) {
  try {
    return JSON.stringify([io.query, io.extraHeaders, auth]);
  } catch {
    return '';
  }
}
