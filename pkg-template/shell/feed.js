/**
 * Feeds: what the server publishes, each item once and in the order of its feed (`docs/protocol.md`). What is news, what is
 * kept and when a feed is read is the engine's to decide; here are the items, and how far each feed has come, on disk.
 */

import { keepPositions, positionsOf, printOf } from './generations.js';
import { ITEM, READ, TOLD } from './numbers.js';
import { later } from './timer.js';

/**
 * @typedef {object} Feed
 * @property {string | null} room null: the user's own
 * @property {number} users parts of the app that follow it
 * @property {string | undefined} at the offset of the last item that the listeners were called for
 * @property {boolean} isReset what the disk has comes from another chain
 * @property {[offset: string, packet: any[]][]} kept
 */

/** How far a feed has come is written down this much later: what came within it is shown again after a crash. */
const SAVE_MS = 100;

/** @returns {Feed} */
const feedOf = (/** @type {string | null} */ room) => ({
  room,
  users: 0,
  at: undefined,
  isReset: false,
  kept: [],
});

const isList = Array.isArray;
const isOffset = (/** @type {unknown} */ value) =>
  typeof value === 'string' && /^\d{1,15}\.\w{1,50}$/.test(value);
const numberIn = (/** @type {string} */ offset) => Number.parseInt(offset, 10);
/** What the engine knows an offset by. @returns {[number: number, print: number]} */
const numbersOf = (/** @type {string} */ offset) => [numberIn(offset), printOf(offset)];
/** A feed's name on disk. */
const keyOf = (/** @type {Feed} */ { room }) => `r${printOf(room ?? '')}`;

/**
 * @param {import('./engine.js').Engine} engine
 * @param {ReturnType<typeof import('./wire.js').createWire>} wire
 * @param {Record<string, unknown>} io options of socket.io-client
 * @param {ReturnType<typeof import('./loose.js').createLoose>} loose
 * @param {ReturnType<typeof import('./trouble.js').createTrouble>} trouble
 * @param {ReturnType<typeof import('./resync.js').createResync>} resync
 * @param {() => string | null | undefined} scope whose the session is
 * @param {(packet: any[]) => void} dispatch
 */
export function createFeeds(engine, wire, io, loose, trouble, resync, scope, dispatch) {
  /** By the engine's numbers. @type {Map<number, Feed>} */
  const feeds = new Map();
  /** @type {Map<string | null, number>} */
  const rooms = new Map();
  let made = 0;
  let isSaving = false;
  /** The server has feeds, or had them in an earlier life. */
  let isKnown = false;

  const save = () => {
    isSaving = false;
    const whose = scope();
    // What is buffered back was shown to nobody yet: it is written down once it was.
    if (!whose || resync.isBuffering()) return;
    keepPositions(whose, (kept) => {
      for (const feed of feeds.values()) {
        const key = keyOf(feed);
        // Another tab may be ahead.
        if (feed.at && (feed.isReset || !(numberIn(kept[key]) > numberIn(feed.at)))) {
          delete kept[key];
          kept[key] = feed.at;
        }
        feed.isReset = false;
      }
    });
  };

  const moved = (/** @type {Feed} */ feed, /** @type {string} */ offset) => {
    feed.at = offset;
    if (!isSaving) later(() => isSaving && save(), SAVE_MS, io);
    isSaving = true;
  };

  const show = (
    /** @type {Feed} */ feed,
    /** @type {string} */ offset,
    /** @type {any[]} */ packet,
  ) => {
    dispatch(packet);
    moved(feed, offset);
  };

  /** Takes up how far the user has come in an earlier life. */
  const load = () => {
    const whose = scope();
    const kept = whose ? positionsOf(whose) : {};
    for (const [number, feed] of feeds) {
      const at = kept[keyOf(feed)];
      if (feed.at || !isOffset(at)) continue;
      feed.at = at;
      isKnown = true;
      engine.note(TOLD.feedBegins, number, ...numbersOf(at));
    }
    // So that the server keeps plain events from a connection that is in the user's room and has not read yet.
    const { opts } = wire.socket.io;
    if (isKnown && rooms.has(null)) opts.query = { ...opts.query, holdfast: 'feeds' };
  };

  /** An item came: by itself in the round 0, or in the answer to a read. */
  const take = (
    /** @type {number} */ number,
    /** @type {number} */ round,
    /** @type {string} */ before,
    /** @type {string} */ offset,
    /** @type {any[]} */ packet,
  ) => {
    const feed = feeds.get(number);
    if (!feed || !isOffset(offset)) return;
    const print = printOf(`${before}`);
    const fate = engine.note(TOLD.item, number, round, print, ...numbersOf(offset));
    if (fate >= ITEM.keptBehind) {
      if (fate === ITEM.keptAlone) feed.kept = [];
      feed.kept.push([offset, packet]);
    } else if (fate > 0) {
      const next = fate === ITEM.shownWithKept ? feed.kept.splice(0) : [];
      show(feed, offset, packet);
      for (const one of next) show(feed, ...one);
    }
  };

  /**
   * The server's answer to a read.
   * @param {number} number @param {number} round @param {string | undefined} at where it began @param {any} answer
   */
  const answered = (number, round, at, answer) => {
    const feed = feeds.get(number);
    if (!feed) return;
    const { items, end, reset, code, retryAfterMs } = answer ?? {};
    const isWhole = isOffset(end);
    const isFailure = code === undefined || code === 'UNAVAILABLE';
    let how = isFailure ? READ.failed : READ.refused;
    if (isWhole) {
      how = reset ? READ.reset : READ.page;
      let before = at ?? end;
      for (const item of isList(items) ? items : []) {
        const [offset, ...packet] = isList(item) ? item : [];
        take(number, round, before, offset, packet);
        before = offset;
      }
    }
    const numbers = isWhole ? numbersOf(end) : [retryAfterMs];
    if (engine.note(TOLD.readFeed, number, round, how, ...numbers)) {
      if (isWhole && (reset || !feed.at)) {
        feed.isReset = Boolean(reset);
        moved(feed, end);
        if (reset) resync.lost(reset, feed.room);
      }
      if (how === READ.refused)
        trouble.fail('FEED_REFUSED', `The server refuses a feed: ${code}`, answer);
    }
    engine.drain();
  };

  /** Until the answer was called by all who wanted it. @param {string | null} room */
  const follow = (room) => {
    const number = rooms.get(room) ?? made++;
    const feed = feeds.get(number) ?? feedOf(room);
    rooms.set(room, number);
    feeds.set(number, feed);
    feed.users += 1;
    engine.note(TOLD.feed, number, true);
    load();
    engine.drain();
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      feed.users -= 1;
      if (feed.users > 0 || feeds.get(number) !== feed) return;
      save();
      feeds.delete(number);
      rooms.delete(room);
      engine.tell(TOLD.feed, number, false);
      loose.emit('holdfast:leave', [room]);
    };
  };

  return {
    save,
    follow,

    load,

    /** The user's own feed is read. */
    start() {
      if (!rooms.has(null)) follow(null);
    },

    /** The user is gone: what is left is his own feed, which is the next one's. */
    forget() {
      const isOwn = rooms.has(null);
      isSaving = false;
      feeds.clear();
      rooms.clear();
      if (isOwn) follow(null);
    },

    /** An order of the engine's. @param {number} number @param {number} round */
    read(number, round) {
      const feed = feeds.get(number);
      if (!feed) return;
      const { at } = feed;
      loose.emit('holdfast:read', [feed.room, at ?? null], (answer) =>
        answered(number, round, at, answer),
      );
    },

    /**
     * Whether an event is about feeds, and so is not for the app.
     * @param {string} event @param {any[]} args
     */
    takes(event, [room, before, offset, ...packet]) {
      if (event === 'holdfast:feeds') {
        isKnown = true;
        engine.tell(TOLD.feeds, wire.epoch());
      } else if (event !== 'holdfast:item') return false;
      // A plain socket has what comes, without a guarantee.
      else if (engine.isDead()) dispatch(packet);
      else {
        take(rooms.get(room) ?? -1, 0, before, offset, packet);
        engine.drain();
      }
      return true;
    },
  };
}
