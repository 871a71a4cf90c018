/**
 * The client: one Socket, one engine, and what lies between. Here the engine's orders are carried out
 * and what happens on the Socket is reported to it; each part of that has a file of its own.
 */

import { createDeliveries } from './deliveries.js';
import { createEngine } from './engine.js';
import { HoldfastError } from './errors.js';
import { createInbound } from './inbound.js';
import { canKeep, createKeeper } from './keeper.js';
import { createListeners } from './listeners.js';
import { DOWN, GRANT, NOTICES, PHASES } from './numbers.js';
import { settingsOf } from './options.js';
import { watchPage } from './page.js';
import { snapshot } from './payload.js';
import { createPresence } from './presence.js';
import { call, report, textOf } from './report.js';
import { createResync } from './resync.js';
import { createSession } from './session.js';
import { createState } from './state.js';
import { decided } from './verdict.js';
import { createWire } from './wire.js';

/**
 * @typedef {import('../types/index.d.ts').Options} Options
 * @typedef {import('./deliveries.js').Result} Result
 * @typedef {ReturnType<typeof makeClient>} Client
 */

/**
 * @param {Options} [options]
 * @throws {HoldfastError} where an option is wrong, or socket.io-client is not one we know
 */
export function makeClient(options) {
  let settings = settingsOf(options);

  // --- what is known -------------------------------------------------------------------------------

  /** @type {Error | null} */
  let lastError = null;
  let isLoggedOut = false;
  let isHeld = false;
  let isDestroyed = false;
  let isDead = false;
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
  const isAccepting = () => !isLoggedOut && !isDestroyed;

  /** What the developer was told of. @type {Set<string>} */
  const told = new Set();

  /** Once for each kind, until the link is ready again: an outage is no reason to fill the console. */
  const warnOnce = (/** @type {string} */ kind, /** @type {string} */ message) => {
    if (!told.has(kind)) settings.logger.warn(message);
    told.add(kind);
  };

  /** @param {string} code @param {string} message @param {unknown} [cause] */
  const fail = (code, message, cause) => {
    warnOnce(code, message);
    lastError = Object.assign(new HoldfastError(code, message), { cause });
    changed();
    call(settings.onError, lastError);
  };

  // --- what the app is told ------------------------------------------------------------------------

  const inbound = createInbound(
    () => settings,
    (id) => resync.saw(id),
  );
  const presence = createPresence(() => settings.presence, changed);

  /** Hands an event to our own callbacks. @returns {boolean} whether raw listeners get it too */
  const pass = (/** @type {string} */ event, /** @type {unknown[]} */ args) => {
    const isNews = inbound.isNews(event, args);
    if (isNews) inbound.handle(event, args);
    return isNews;
  };
  const resync = createResync((event, args) => {
    if (pass(event, args)) wire.dispatch(event, args);
  });

  // --- the Socket ----------------------------------------------------------------------------------

  const wire = createWire(settings.url, settings.io, {
    warn: (message) => settings.logger.warn(message),
    connect: () => client.connect(),
    disconnect: () => client.disconnect(),
    isActive: () => status.phase !== 'idle' && status.phase !== 'closed',
    onHeard() {
      const now = engine.now();
      const isDoubted = status.phase === 'suspect';
      // Of many packets at one time the first is the news.
      if (now === heardAt && !isDoubted) return;
      heardAt = now;
      engine.note('heard', wire.epoch());
      // Only a link in doubt waits for it.
      if (isDoubted) engine.drain();
    },
    onUp() {
      const { join } = settings;
      lastError = null;
      engine.tell(
        'linkUp',
        wire.epoch(),
        join !== null && (join.event === null || session.user() !== undefined),
      );
    },
    onDown({ error, isRejection }) {
      linkLost();
      if (error) {
        fail(
          isRejection ? 'REJECTED' : 'CONNECT_FAILED',
          `${isRejection ? 'The server refused the connection' : 'Connecting failed'}: ${error.message}`,
          error,
        );
      }
      const [cause, span] = isRejection ? rejected(error) : [DOWN.lost, 0];
      engine.tell('linkDown', attempt, cause, span);
    },
    onEvent(args) {
      const [event, ...rest] = /** @type {[string, ...unknown[]]} */ (args);
      note(event, rest);
      if (resync.holds(event, rest)) return false;
      return pass(event, rest);
    },
  });
  const { socket } = wire;
  const session = createSession({ socket, settings: () => settings, onChange: forgetUser });
  const linkLost = () => {
    // Listeners that hear of it ask for the state, whose news may come only later.
    status.phase = isPolite ? 'idle' : 'waiting';
    state.spoil();
    deliveries.linkLost();
    inbound.linkLost();
    resync.linkLost();
    presence.stale();
  };
  let heardAt = -1;
  /** The engine's last attempt to connect; the wire's is gone by the time that it says so. */
  let attempt = 0;

  /** @param {(Error & { data?: any }) | undefined} error @returns {[number, number]} */
  const rejected = (error) => {
    const [own, span] = decided(settings.reconnect.onRejected, error);
    if (own === 'retry') return [DOWN.lost, 0];
    if (own === 'later') return [DOWN.retryAfter, span];
    return own === 'stop' || error?.data?.final ? [DOWN.final, 0] : [DOWN.lost, 0];
  };

  /** What an event means to us, before anybody else hears of it. */
  const note = (/** @type {string} */ event, /** @type {unknown[]} */ args) => {
    const { join, health, events } = settings;
    const epoch = wire.epoch();
    if (health && event === 'pong') engine.tell('ponged', epoch);
    if (join && event === join.confirm) engine.tell('joined', epoch);
    if (join && event === join.reject) {
      fail('JOIN_REJECTED', `The server refused the join: ${textOf(args[0])}`, args[0]);
      engine.tell('joinRejected', epoch);
    }
    if (events.sent.includes(event)) deliveries.confirm(args[0]);
    if (event === 'force_logout') forcedOut(args[0]);
    presence.handle(event, args[0]);
  };

  const forcedOut = (/** @type {any} */ data) => {
    isLoggedOut = true;
    end('close');
    if (settings.onForceLogout) call(settings.onForceLogout, data ?? {});
    else if (!hasWarnedOfLogout && socket.listeners('force_logout').length === 0) {
      hasWarnedOfLogout = true;
      settings.logger.warn(
        'the server forced a logout and nobody handles it: set the option onForceLogout',
      );
    }
  };

  /** Emits where it may be lost: dropped unless the link is up. */
  const emit = (
    /** @type {string} */ event,
    /** @type {readonly unknown[]} */ args,
    /** @type {any} */ ack,
  ) => {
    if (wire.epoch() === 0) return;
    try {
      // Copied, as a function among them would be taken for an acknowledgement, and what is too large, or
      // throws, would end the link.
      const most = wire.maxPayload() ?? Infinity;
      const copies = args.map((value) => snapshot(value, most).copy);
      wire.emit(event, copies, ack);
    } catch (error) {
      report(error);
    }
  };

  // --- the engine's orders -------------------------------------------------------------------------

  /** It is the app that ends the link: the server is told. Until the next attempt. */
  let isPolite = false;

  const handlers = {
    authorize(/** @type {number} */ epoch) {
      attempt = epoch;
      isPolite = false;
      if (isHeld) {
        engine.tell('authorized', epoch, GRANT.absent);
        return;
      }
      session.authorize(epoch, (answer) => {
        if ('isGranted' in answer && answer.isGranted) openKept();
        if ('error' in answer) {
          const { error } = answer;
          const what = error === undefined ? 'answers no object such as { token }' : 'failed';
          fail('AUTH_FAILED', `The option auth ${what}`, error);
          engine.tell('authorized', epoch, GRANT.failed);
        } else {
          engine.tell('authorized', epoch, answer.isGranted ? GRANT.granted : GRANT.absent);
        }
      });
    },
    connect(/** @type {number} */ epoch, /** @type {number} */ failures) {
      try {
        wire.connect(epoch, failures, settings.reconnect.upgradeTimeoutMs);
      } catch (error) {
        fail('CONNECT_FAILED', `socket.io-client could not connect: ${textOf(error)}`, error);
        engine.tell('linkDown', epoch, DOWN.lost, 0);
      }
    },
    disconnect() {
      linkLost();
      wire.close(isPolite);
    },
    join() {
      const { join } = settings;
      if (!join?.event) return;
      const payload = call(join.payload, session.user());
      emit(join.event, payload === undefined ? [] : [payload], undefined);
    },
    ping(/** @type {number} */ epoch) {
      const { health } = settings;
      if (health) emit(health.event, health.args, () => engine.tell('ponged', epoch));
    },
    transmit: (/** @type {number} */ seq, /** @type {number} */ nth) =>
      deliveries.transmit(seq, nth),
    store: (/** @type {number} */ seq) => deliveries.store(seq),
    settle: (
      /** @type {number} */ seq,
      /** @type {number} */ outcome,
      /** @type {number} */ maybeDelivered,
    ) => deliveries.settle(seq, outcome, maybeDelivered > 0),
    report: (/** @type {number} */ notice) => warnOnce(NOTICES[notice], NOTICES[notice]),
    changed(
      /** @type {number} */ phase,
      /** @type {number} */ queued,
      /** @type {number} */ inFlight,
      /** @type {number} */ nextAttemptAt,
      /** @type {number} */ lastPongAt,
      /** @type {number} */ rttMs,
    ) {
      const was = status.phase;
      status.phase = PHASES[phase];
      status.queued = queued;
      status.inFlight = inFlight;
      status.nextAttemptAt = nextAttemptAt;
      status.lastPongAt = lastPongAt;
      status.rttMs = rttMs;
      if (status.phase !== 'authorizing') session.expire();
      changed();
      if (was !== status.phase && status.phase === 'ready') whenReady(was !== 'suspect');
    },
  };

  const keeper =
    settings.queue.storage === 'indexeddb' && canKeep()
      ? createKeeper({
          found(left) {
            deliveries.restore(left);
            engine.drain();
          },
          opened(kept) {
            const missing = kept ? deliveries.withhold(kept) : [];
            engine.tell('restored');
            return missing;
          },
          settled: (result) => deliveries.settledElsewhere(result),
          cancel: (id) => deliveries.cancel(id),
          loggedOut: () => engine.tell('forget'),
          erased: (kept) => deliveries.erased(kept),
          lost: (id) => deliveries.takeBack(id),
          failed(error) {
            fail('STORAGE_FAILED', `Messages are kept in memory only: ${textOf(error)}`, error);
          },
          warn: (message) => warnOnce(message, message),
        })
      : null;
  /** Opens what is kept of the user, as soon as it is known who that is. */
  const openKept = () => {
    const scope = `${settings.url ?? ''} ${session.named() ?? session.user() ?? ''}`;
    if (!keeper || scope === openScope) return;
    openScope = scope;
    engine.restore();
    keeper.open(scope);
    deliveries.keepAnew();
  };
  /** @type {string | undefined} */
  let openScope;

  const deliveries = createDeliveries({
    keeper,
    isKept: (wish) => keeper !== null && wish !== false,
    engine: () => engine,
    wire: () => wire,
    settings: () => settings,
    onSettled: settledListeners.tell,
  });
  let isStashed = false;
  const unwatch = watchPage({
    wake: () => engine.tell('woke'),
    stash() {
      isStashed = status.phase !== 'idle' && status.phase !== 'closed';
      if (isStashed) end('close');
      // Another tab may have what waits.
      keeper?.close();
    },
    restore() {
      if (keeper && openScope !== undefined) {
        engine.restore();
        keeper.open(openScope);
      }
      if (isStashed) client.connect();
      isStashed = false;
    },
  });

  const engine = createEngine(settings, handlers, die);

  /** Without its engine the client hands the app a plain socket, and says so (D6). */
  function die(/** @type {unknown} */ error) {
    isDestroyed = isDead = true;
    status.phase = 'closed';
    unwatch();
    deliveries.abandon();
    keeper?.close();
    wire.release();
    session.release();
    fail(
      'ENGINE_DEAD',
      `The app has a plain socket without any guarantee: ${textOf(error)}`,
      error,
    );
    report(error);
  }

  /** Of a user who is gone nothing is left to be sent, received or shown. */
  function forgetUser() {
    engine.tell('forget');
    wire.wipe();
    inbound.forget();
    presence.forget();
    resync.forget();
    held.length = 0;
    keeper?.discard();
    if (!isDead) session.forgetCredentials();
  }

  // --- events of the app's that are worth a wait but no guarantee ----------------------------------

  /** @type {{ event: string, data: unknown, until: number }[]} */
  const held = [];
  const HELD_MS = 60_000;
  const HELD_MOST = 100;

  /** @param {boolean} isReturn not after a mere doubt */
  const whenReady = (isReturn) => {
    told.clear();
    const now = Date.now();
    for (const { event: late, data, until } of held.splice(0)) {
      if (until > now) emit(late, [data], undefined);
    }
    // Presence starts with a snapshot.
    if (!isReturn) return;
    resync.ready(socket.recovered, settings.events.message, settings.onResync);
    for (const request of settings.presence.request) emit(request, [{}], undefined);
  };

  // --- what the app calls --------------------------------------------------------------------------

  const client = {
    socket,
    settings: () => settings,

    /** Asks for a link. Refused while logged out. */
    connect() {
      wishes += 1;
      if (isLoggedOut || isHeld) return;
      if (isDead) socket.connect();
      else engine.tell('open');
    },

    /** Ends the link. What waits stays, and so do all listeners. */
    disconnect: () => end('close'),

    /** Settles what waits as LOGGED_OUT and forgets the user. Nothing connects until the flag is reset. */
    logOut() {
      isLoggedOut = true;
      isHeld = false;
      end('close');
      forgetUser();
      session.forgetUser();
      const isClean = openScope === undefined ? undefined : keeper?.clear(openScope);
      openScope = undefined;
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
      if (hold && !isConnected()) end('close');
    },

    /** Names the user, before the option and the token do. @param {unknown} id */
    setUser(id) {
      if (!session.name(id)) return;
      // The link is another user's, or from before anybody knew whose: there is a room to join now.
      if (session.user() !== undefined || (wire.epoch() > 0 && settings.join)) end('close');
      session.become();
      openKept();
    },

    /**
     * @param {import('./deliveries.js').Draft} draft
     * @param {((id: string) => void) | null} onQueued called at once where the message was taken but cannot
     *   leave yet
     * @param {(result: Result) => void} settled
     */
    deliver(draft, onQueued, settled) {
      const canLeave = isReady();
      const taken = deliveries.send(draft, settled, isLoggedOut);
      if (onQueued && taken.isTaken && !canLeave) call(onQueued, taken.id);
      engine.drain();
      return taken;
    },

    cancel: (/** @type {string} */ id) => deliveries.cancel(id),

    on: inbound.on,
    onHelper: inbound.onHelper,
    presence,
    subscribe: state.subscribe,
    onSettled: (/** @type {(result: any) => void} */ fn) => settledListeners.add(fn),
    getState: state.get,
    entries: deliveries.entries,
    seqOf: deliveries.seqOf,
    copyOf: deliveries.copyOf,
    standing: engine.standing,

    /** Worthless when late: dropped unless the link is ready. */
    emitNow(/** @type {string} */ event, /** @type {unknown} */ data) {
      if (isReady()) emit(event, [data], undefined);
    },

    /** Held until the link is ready, for a minute and a hundred at most. */
    emitSoon(/** @type {string} */ event, /** @type {unknown} */ data) {
      if (isReady()) emit(event, [data], undefined);
      else if (!isLoggedOut) {
        const now = Date.now();
        while (held[0]?.until <= now) held.shift();
        if (held.length < HELD_MOST) held.push({ event, data, until: now + HELD_MS });
      }
    },

    /** Takes new options; the Socket stays. The url can't change. @param {Options} next */
    reconfigure(next) {
      settings = settingsOf(next);
      engine.configure(settings);
      changed();
    },

    /** Ends everything; what waits settles as CLOSED. */
    destroy() {
      isDestroyed = true;
      unwatch();
      end('destroy');
      resync.forget();
      keeper?.close();
    },
  };

  /** Ends the link because the app wants it so. @param {'close' | 'destroy'} command */
  function end(command) {
    isPolite = true;
    session.expire();
    if (isDead) socket.disconnect();
    else engine.tell(command);
  }

  return client;
}
