/**
 * Feeds (`docs/protocol.md`): reads what the server publishes, and hands on each item once and in order. The engine
 * decides which items are new, which have to wait, and when a feed is read; this file has the items, and saves each
 * feed's position.
 */

import { keepPositions, positionsOf, printOf } from './generations.js';
import { ITEM, READ, TOLD } from './numbers.js';
import { later } from './timer.js';

/**
 * @typedef {object} Feed
 * @property {string | null} room null: the user's own feed
 * @property {number} users how many parts of the app follow it
 * @property {string | undefined} at position: the offset of the last item that the listeners got
 * @property {boolean} isReset whether the saved position is of another chain, and is overwritten
 * @property {[offset: string, packet: any[]][]} kept items that wait for the ones before them
 */

/** A feed's position is saved with this delay. After a crash, items of the last moment are shown again. */
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
/** An offset as numbers for the engine. @returns {[number: number, print: number]} */
const numbersOf = (/** @type {string} */ offset) => [numberIn(offset), printOf(offset)];
/** The key of a feed's saved position. */
const keyOf = (/** @type {Feed} */ { room }) => `r${printOf(room ?? '')}`;

/**
 * @param {import('./engine.js').Engine} engine
 * @param {ReturnType<typeof import('./wire.js').createWire>} wire
 * @param {Record<string, unknown>} io options of socket.io-client
 * @param {ReturnType<typeof import('./loose.js').createLoose>} loose
 * @param {ReturnType<typeof import('./trouble.js').createTrouble>} trouble
 * @param {ReturnType<typeof import('./resync.js').createResync>} resync
 * @param {() => string | null | undefined} scope names the current user
 * @param {(packet: any[]) => void} dispatch
 */
export function createFeeds(engine, wire, io, loose, trouble, resync, scope, dispatch) {
  /** The feeds by the engine's numbers. @type {Map<number, Feed>} */
  const feeds = new Map();
  /** @type {Map<string | null, number>} */
  const rooms = new Map();
  let made = 0;
  let isSaving = false;
  /** The server has feeds, or an earlier page load saw that it has. */
  let isKnown = false;

  const save = () => {
    isSaving = false;
    const whose = scope();
    // Items that the resync buffers were not shown yet: save the position once they were.
    if (!whose || resync.isBuffering()) return;
    keepPositions(whose, (kept) => {
      for (const feed of feeds.values()) {
        const key = keyOf(feed);
        // Another tab may have saved a later position.
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

  /** Reads the positions that an earlier page load saved. */
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
    // Asks the server to send no plain events of the user's room before the first read.
    const { opts } = wire.socket.io;
    if (isKnown && rooms.has(null)) opts.query = { ...opts.query, holdfast: 'feeds' };
  };

  /** An item arrived: live (round 0), or in the answer to a read. */
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
   * @param {number} number @param {number} round @param {string | undefined} at the position that was read from @param {any} answer
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

  /** Follows a feed until every caller has called the function that it got. @param {string | null} room */
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

    /** Follows the user's own feed. */
    start() {
      if (!rooms.has(null)) follow(null);
    },

    /** The session is over: forgets all feeds, and follows the next user's own if this user's was followed. */
    forget() {
      const isOwn = rooms.has(null);
      isSaving = false;
      feeds.clear();
      rooms.clear();
      if (isOwn) follow(null);
    },

    /** An order of the engine: reads a feed. @param {number} number @param {number} round */
    read(number, round) {
      const feed = feeds.get(number);
      if (!feed) return;
      const { at } = feed;
      loose.emit('holdfast:read', [feed.room, at ?? null], (answer) =>
        answered(number, round, at, answer),
      );
    },

    /**
     * Handles an event of the feed protocol. Returns false if it is none, and so is for the app.
     * @param {string} event @param {any[]} args
     */
    takes(event, [room, before, offset, ...packet]) {
      if (event === 'holdfast:feeds') {
        isKnown = true;
        engine.tell(TOLD.feeds, wire.epoch());
      } else if (event !== 'holdfast:item') return false;
      // Without the engine, items are handed on as they arrive.
      else if (engine.isDead()) dispatch(packet);
      else {
        take(rooms.get(room) ?? -1, 0, before, offset, packet);
        engine.drain();
      }
      return true;
    },
  };
}
