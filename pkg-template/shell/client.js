/**
 * Makes one client: creates its parts in dependency order and wires them together. The engine's orders go to the part
 * that carries them out; what happens on the Socket is passed to the engine as facts. The entries call what this returns.
 */

import { createDeliveries } from './deliveries.js';
import { createDriver } from './driver.js';
import { createEngine } from './engine.js';
import { createFeeds } from './feed.js';
import { createInbound } from './inbound.js';
import { createKnown } from './known.js';
import { createLife } from './life.js';
import { createLink } from './link.js';
import { createListeners } from './listeners.js';
import { createLoose } from './loose.js';
import { NOTICES, ORDER, PHASES, TOLD, UNPINGED, VALUE } from './numbers.js';
import { settingsOf } from './options.js';
import { createOwner } from './owner.js';
import { watchPage } from './page.js';
import { createPlain } from './plain.js';
import { createPresence } from './presence.js';
import { createRemembered } from './remembered.js';
import { call, textOf } from './report.js';
import { createResync } from './resync.js';
import { endpointOf } from './scope.js';
import { createServerEvents } from './server-events.js';
import { createSession } from './session.js';
import { createState } from './state.js';
import { canKeep, createStorage } from './storage.js';
import { createTrouble } from './trouble.js';
import { createWire } from './wire.js';

/**
 * @typedef {import('../types/index.d.ts').Options} Options
 * @typedef {import('./result.js').Result} Result
 * @typedef {ReturnType<typeof makeClient>} Client
 */

/**
 * @param {Options | undefined} options
 * @param {typeof import('socket.io-client').io} openSocket `io` of the app's socket.io-client; each entry passes its own
 * @param {import('./driver.js').Module} wasm the entry's wasm module
 * @param {Record<string, unknown>} [unsaid] defaults that replace those of the options table, by option path
 * @throws {HoldfastError} if an option is invalid, or this version of socket.io-client is not supported
 */
export function makeClient(options, openSocket, wasm, unsaid) {
  let current = settingsOf(options, unsaid);
  const settings = () => current;
  const { url, io, queue } = current;

  // --- the parts, in dependency order ---------------------------------------------------------------

  const driver = createDriver(wasm);
  const engine = createEngine(driver, current);
  const state = createState();
  const { status, changed } = state;
  const trouble = createTrouble(settings, engine, changed);

  const wire = createWire(driver, openSocket, url, io, trouble.warn);
  const { socket } = wire;
  const loose = createLoose(settings, engine, wire);
  const remembered = createRemembered(settings, engine, loose);
  const inbound = createInbound(settings, engine, socket);
  const presence = createPresence(settings, engine, inbound, changed);
  const resync = createResync(settings, engine, inbound, wire);

  /** The server, the path and the namespace. */
  const endpoint = endpointOf(url, io);
  const keeps = queue.storage === 'indexeddb' && canKeep();
  const settled = createListeners();
  const known = createKnown(endpoint, engine);
  const deliveries = createDeliveries(settings, engine, wire, known, keeps, settled, trouble);
  const storage = keeps ? createStorage(engine, deliveries, wire, trouble) : null;

  const session = createSession({
    socket,
    settings,
    isAsked: (epoch) => engine.note(TOLD.wantsGrant, epoch) > 0,
  });
  const owner = createOwner(endpoint, engine, wire, session, storage);
  /** Hands an event from a feed to every listener that a live event would reach. */
  const dispatch = (/** @type {any[]} */ packet) => {
    if (hear(packet, undefined)) wire.dispatch(packet[0], packet.slice(1));
  };
  const feeds = createFeeds(engine, wire, io, loose, trouble, resync, owner.scope, dispatch);
  const life = createLife(engine, socket, session, owner, () => {
    wire.wipe();
    remembered.values.clear();
  });

  const lost = (/** @type {import('../types/index.d.ts').Phase} */ phase) => {
    // Set the phase here: listeners that hear of the loss read the state, and the engine reports the new phase only
    // later.
    status.phase = phase;
    state.spoil();
    deliveries.linkLost();
    inbound.linkLost();
  };
  const { load } = feeds;
  const link = createLink(settings, engine, wire, loose, trouble, session, owner, load, lost);
  const { logOut } = life;
  const note = createServerEvents(settings, engine, wire, trouble, deliveries, presence, logOut);

  const isConnected = () => ['joining', 'ready', 'suspect'].includes(status.phase);
  const isReady = () => status.phase === 'ready';

  /** The values that the engine refers to by number, one map for each kind. @type {Record<number, Map<number, unknown>>} */
  const values = {
    [VALUE.remembered]: remembered.values,
    [VALUE.deferred]: loose.deferredEvents,
    [VALUE.answers]: inbound.answers,
  };

  /** The acknowledgement id of the last presence request, which the server may never answer. @type {number | undefined} */
  let asked;

  /** @param {number} seq @param {number} claim */
  const settle = (seq, claim) => {
    const end = deliveries.settle(seq, claim);
    // Another tab had this message, and may ask for its result.
    if (end) storage?.tell(...end);
  };

  /** Sends the callback as the only argument: servers that take an argument here take the callback as that one. */
  const askOnline = () => {
    const epoch = wire.epoch();
    for (const event of settings().presence?.request ?? []) {
      wire.forget(asked);
      asked = loose.emit(event, [], (answer) => presence.answered(epoch, answer));
    }
  };

  const orders = {
    [ORDER.settle]: settle,
    [ORDER.transmit]: deliveries.transmit,
    [ORDER.forgetLate]: deliveries.stopWaiting,
    [ORDER.look]: owner.look,
    /** The user's session is over: drop everything that belongs to it. */
    [ORDER.ended](/** @type {number} */ elsewhere) {
      wire.wipe();
      for (const those of Object.values(values)) those.clear();
      presence.forget();
      resync.forget();
      feeds.forget();
      owner.forget();
      if (!elsewhere) return;
      session.unname();
      trouble.fail('LOGGED_OUT', 'The user logged out in another tab');
    },
    [ORDER.learned](/** @type {number} */ number, /** @type {number} */ answers) {
      const event = known.keepAnswers(number, answers > 0);
      if (answers) return;
      trouble.warn(
        `the server does not acknowledge '${event}': a receipt counts as sent. Acknowledge it there: (data, ack) => ack({ success: true })`,
      );
    },
    [ORDER.receiptless]() {
      known.withoutReceipts();
      trouble.warn('the server gives no receipts: only its acknowledgements count');
    },
    [ORDER.replayEmit]: remembered.replay,
    [ORDER.forgetValue](/** @type {number} */ key, /** @type {number} */ value) {
      values[value].delete(key);
    },
    [ORDER.emitDeferred]: loose.emitLater,
    [ORDER.returned](/** @type {number} */ begins) {
      owner.accepted();
      if (begins >= 0) inbound.note(begins);
    },
    [ORDER.askForMissed]: resync.ask,
    [ORDER.releaseBuffered]: resync.release,
    [ORDER.askOnline]: askOnline,
    [ORDER.readFeed]: feeds.read,
    [ORDER.stopTyping]: inbound.stopTyping,
    [ORDER.report](/** @type {number} */ notice) {
      if (notice !== UNPINGED || settings().health?.event) trouble.warnOnce(NOTICES[notice]);
    },
    [ORDER.changed](
      /** @type {number} */ phase,
      /** @type {number} */ queued,
      /** @type {number} */ inFlight,
      /** @type {number} */ nextAttemptAt,
      /** @type {number} */ lastPongAt,
      /** @type {number} */ rttMs,
    ) {
      // Assigned field by field: this runs for every message, and a new object each time would be a tenth of what a
      // message allocates.
      status.phase = PHASES[phase];
      status.queued = queued;
      status.inFlight = inFlight;
      status.nextAttemptAt = nextAttemptAt;
      status.lastPongAt = lastPongAt;
      status.rttMs = rttMs;
      changed();
    },
  };

  const unwatch = watchPage((event, flag) => {
    feeds.save();
    life.page(event, flag);
  });

  /** Takes an event from the server. False keeps it from the Socket's listeners. @param {any[]} packet @param {unknown} extra */
  const hear = (packet, extra) => {
    const [event, ...args] = packet;
    if (feeds.takes(event, args)) return false;
    note(event, args);
    return !resync.bufferLive(packet, extra) && inbound.receive(packet, extra);
  };

  /** The engine died: fall back to a plain socket without delivery guarantees, and report it (D6). */
  function die(/** @type {unknown} */ error) {
    // A closed client has no messages left, and must not connect again.
    if (status.phase === 'closed') return;
    status.phase = 'idle';
    state.plain();
    unwatch();
    storage?.release();
    wire.release();
    // Feeds are not read without the engine, so don't announce it to the server.
    delete (/** @type {any} */ (socket.io).opts.query?.holdfast);
    const plain = createPlain(socket, settings, deliveries.transmit, settle, (queued, inFlight) => {
      Object.assign(status, { queued, inFlight });
      changed();
    });
    driver.replace(plain.tell);
    deliveries.abandon(settle);
    let isReturn = false;
    wire.watch(
      () => {
        status.phase = 'ready';
        if (session.user() !== undefined) link.join();
        askOnline();
        for (const key of remembered.values.keys()) remembered.replay(key, 0);
        if (isReturn) resync.ask(0, 0);
        isReturn = true;
      },
      () => {
        status.phase = socket.active ? 'waiting' : 'idle';
        plain.lost();
      },
      inbound.tell,
      engine.drain,
      hear,
    );
    // Messages of one user must not be sent as another user.
    session.release(() => plain.endAll('LOGGED_OUT'));
    trouble.fail(
      'ENGINE_DEAD',
      `The app has a plain socket: nothing is retried or saved. ${textOf(error)}`,
      error,
    );
  }

  let heardAt = -1;
  // The arguments are in the order of `Hooks` in wire.js.
  wire.begin(
    life.connect,
    life.disconnect,
    () => status.phase !== 'idle' && status.phase !== 'closed',
    engine.drain,
    (name, isPlain) => engine.tell(TOLD.receipt, wire.epoch(), name, isPlain),
    link.over,
    () => {
      const now = Date.now();
      const isDoubted = status.phase === 'suspect';
      // Many packets may arrive in one millisecond; report only the first.
      if (now === heardAt && !isDoubted) return;
      heardAt = now;
      engine.note(TOLD.heard, wire.epoch());
      // The engine has orders waiting for this fact only while the link is suspect.
      if (isDoubted) engine.drain();
    },
    link.up,
    // After the listeners: they join rooms, and queued messages may be for those rooms.
    () => engine.tell(TOLD.greeted, wire.epoch(), socket.recovered === true),
    link.down,
    hear,
    inbound.tell,
    (packet) => {
      if (settings().session.length === 0) return;
      try {
        remembered.noted(packet);
      } catch {
        // Arguments that cannot be copied, or are too long, are not a join.
      }
    },
  );
  // Without storage the engine gives no storage orders.
  const { handlers: ofStorage } = /** @type {NonNullable<typeof storage>} */ (storage ?? {});
  engine.start({ ...orders, ...link.orders, ...ofStorage }, die);
  const begun = () => {
    if (settings().feed) feeds.start();
    if (!settings().receipts || known.isReceiptless()) engine.note(TOLD.receiptless);
    owner.tellName();
  };
  begun();
  /** Asks a `userId` function again: the user may have changed since. */
  const rename = () => {
    if (typeof settings().userId === 'function') owner.tellName();
  };

  return {
    ...life,
    socket,
    settings,

    /**
     * @param {import('./deliveries.js').Draft} draft
     * @param {((id: string) => void) | null} onQueued called at once if the message was accepted but cannot be sent
     *   yet
     * @param {(result: Result) => void} settled
     */
    deliver(draft, onQueued, settled) {
      rename();
      const canLeave = isReady();
      const taken = deliveries.send(draft, settled);
      if (onQueued && taken.isTaken && !canLeave) call(onQueued, taken.id);
      engine.drain();
      return taken;
    },

    cancel: deliveries.cancel,
    leave: deliveries.leave,

    on: inbound.on,
    remember(/** @type {string} */ event, /** @type {unknown[]} */ ...args) {
      rename();
      return remembered.remember(event, ...args);
    },
    followRoom: feeds.follow,
    presence,
    subscribe: state.subscribe,
    onSettled: /** @type {(fn: (result: any) => void) => () => void} */ (settled.add),
    /** Its numbers for those who watch every change: a snapshot costs more. */
    status,
    getState: () =>
      state.get(() => {
        const isLinked = isConnected();
        return {
          isConnected:
            settings().connectedMeans === 'accepting' ? engine.note(TOLD.accepts) > 0 : isLinked,
          isLinked,
          isReady: isReady(),
          transport: isLinked ? wire.transport() : null,
          onlineUsers: presence.online(),
          onlineUsersStale: presence.isStale(),
          error: trouble.last(),
        };
      }),
    entries: deliveries.entries,
    seqOf: deliveries.seqOf,
    copyOf: deliveries.copyOf,
    standing: (/** @type {number} */ seq) => engine.note(TOLD.standing, seq),

    /** Emits an event that is useless when late: it is dropped unless the link is ready. */
    emitNow(/** @type {string} */ event, /** @type {unknown[]} */ args) {
      if (isReady()) loose.emit(event, args);
    },
    emitSoon: loose.emitSoon,
    askWhoIsOnline: () => engine.tell(TOLD.askOnline),

    /** Applies new options on the same Socket. The url can't change. @param {Options} next */
    reconfigure(next) {
      const before = identityOf(settings());
      current = settingsOf(next, unsaid);
      engine.configure(current);
      const { query, extraHeaders } = /** @type {any} */ (settings().io);
      if (identityOf(settings()) !== before) {
        wire.identify(query, extraHeaders);
        engine.tell(TOLD.relink);
      }
      begun();
      changed();
    },

    /** Closes the client for good. Unsettled messages settle as CLOSED. */
    destroy() {
      unwatch();
      feeds.save();
      life.tell(TOLD.destroy, true);
      driver.replace(() => undefined);
      wire.wipe();
      resync.forget();
      feeds.forget();
    },
  };
}

/** The options that a connection is made with, as text to compare. @param {import('../types/settings.d.ts').Settings} settings */
function identityOf({ io, auth }) {
  try {
    return JSON.stringify([io.query, io.extraHeaders, auth]);
  } catch {
    return '';
  }
}
