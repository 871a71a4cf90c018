// The default store of `createFeed`, for one process: keeps items in memory.

import { newTag } from './feed-chain.js';
import { checking, checkNames, Misuse, show } from './values.js';

/** @import { FeedRow, MemoryFeedsOptions } from '../types/server.d.ts' */

/**
 * @typedef {FeedRow & { item: string, expiresAt: number }} Kept
 *
 * @typedef {object} Chain one feed
 * @property {number} number of its end
 * @property {string} tag of its end
 * @property {Kept[]} rows oldest first, up to the end; those before `start` are gone
 * @property {number} start
 * @property {number} usedAt
 * @property {number} ttlMs the lifetime of its last items
 */

/**
 * Bounded by items for each feed, by feeds, and by bytes of all together. Beyond `maxBytes` the least recently used feed
 * loses its items but keeps its chain, so that its listeners are told `trimmed`. Beyond `maxFeeds` whole chains are
 * dropped, those without items first: a first read creates such a chain, and must not push out items. A feed that begins
 * again gets a new chain.
 *
 * @type {typeof import('../types/server.d.ts').memoryFeeds}
 */
export function memoryFeeds(options = {}) {
  const own = checking('memoryFeeds', () => checked(options));
  const { maxFeeds = MAX_FEEDS, maxBytes = MAX_BYTES } = own;
  /** Feeds with items, the least recently used first. @type {Map<string, Chain>} */
  const full = new Map();
  /** Feeds without items, in the same order. @type {Map<string, Chain>} */
  const empty = new Map();
  let bytes = 0;
  /** The feed with items that was used last. */
  let latest = '';

  /** The chain of a feed, which becomes the most recently used one. @param {string} feed @param {number} now */
  function use(feed, now) {
    let chain = full.get(feed);
    if (!chain) {
      chain = empty.get(feed);
      empty.delete(feed);
    } else if (feed !== latest) {
      full.delete(feed);
    }
    chain ??= { number: 0, tag: newTag(), rows: [], start: 0, usedAt: now, ttlMs: 0 };
    chain.usedAt = now;
    while (chain.start < chain.rows.length && chain.rows[chain.start].expiresAt <= now) drop(chain);
    return chain;
  }

  /** @param {string} feed @param {Chain} chain */
  function keep(feed, chain) {
    if (chain.start < chain.rows.length) {
      full.set(feed, chain);
      latest = feed;
    } else {
      full.delete(feed);
      empty.set(feed, chain);
    }
  }

  /** Drops the oldest item of a chain. @param {Chain} chain */
  function drop(chain) {
    const { rows } = chain;
    bytes -= sizeOf(rows[chain.start].item);
    chain.start += 1;
    // Cut the list only now and then: each cut copies it, and it may have a million items.
    if (chain.start > SLACK && chain.start * 2 > rows.length) {
      rows.splice(0, chain.start);
      chain.start = 0;
    } else {
      rows[chain.start - 1] = /** @type {Kept} */ (/** @type {unknown} */ (undefined));
    }
  }

  /** Drops all items of a chain. @param {string} feed @param {Chain} chain */
  function clear(feed, chain) {
    for (let at = chain.start; at < chain.rows.length; at += 1) {
      bytes -= sizeOf(chain.rows[at].item);
    }
    chain.rows = [];
    chain.start = 0;
    full.delete(feed);
    empty.set(feed, chain);
  }

  /** @param {number} now */
  function bound(now) {
    for (const [feed, chain] of full) {
      if (chain.usedAt + chain.ttlMs > now && bytes <= maxBytes) break;
      // The last feed with items is the one in use: only drop as many of its items as needed.
      if (full.size > 1 || bytes <= maxBytes) clear(feed, chain);
      else while (bytes > maxBytes && chain.start < chain.rows.length) drop(chain);
    }
    while (full.size + empty.size > maxFeeds) {
      const [[feed, chain]] = empty.size > 0 ? empty : full;
      clear(feed, chain);
      empty.delete(feed);
    }
  }

  return {
    push(feed, items, limits) {
      const now = clock();
      const chain = use(feed, now);
      const { max = limits.max, ttlMs = limits.ttlMs } = own;
      const before = { number: chain.number, tag: chain.tag };
      const expiresAt = now + ttlMs;
      chain.ttlMs = ttlMs;
      for (const { tag, item } of items) {
        const number = chain.number + 1;
        chain.rows.push({ number, tag, before: chain.tag, item, expiresAt });
        chain.number = number;
        chain.tag = tag;
        bytes += sizeOf(item);
        if (chain.rows.length - chain.start > max) drop(chain);
      }
      keep(feed, chain);
      bound(now);
      return before;
    },

    read(feed, from, count) {
      const now = clock();
      const chain = use(feed, now);
      keep(feed, chain);
      bound(now);
      const { rows, start, number, tag } = chain;
      const end = { number, tag };
      const first = rows[start]?.number ?? number + 1;
      const at = start + Math.max(from - first, 0);
      return { rows: rows.slice(at, at + count), end };
    },
  };
}

/** In whole milliseconds, which JavaScript engines store without an object. Not the wall clock, which may jump. */
const clock = () => Math.floor(performance.now());

/** About how many bytes of memory an item takes. @param {string} item */
const sizeOf = (item) => ITEM_BYTES + 2 * item.length;

/** @param {MemoryFeedsOptions} options */
function checked(options) {
  if (typeof options !== 'object' || options === null) throw wrong('options', options, 'an object');
  checkNames('memoryFeeds', options, ['max', 'ttlMs', 'maxFeeds', 'maxBytes']);
  const { max, ttlMs, maxFeeds, maxBytes } = options;
  for (const [name, bound] of Object.entries({ max, maxFeeds, maxBytes })) {
    if (bound !== undefined && !(Number.isSafeInteger(bound) && bound > 0)) {
      throw wrong(name, bound, 'a whole number above 0');
    }
  }
  if (ttlMs !== undefined && !(typeof ttlMs === 'number' && ttlMs > 0)) {
    throw wrong('ttlMs', ttlMs, 'a number of milliseconds above 0');
  }
  return { max, ttlMs, maxFeeds, maxBytes };
}

/** @param {string} name @param {unknown} got @param {string} takes */
function wrong(name, got, takes) {
  return new Misuse(`memoryFeeds: ${name} takes ${takes}, got ${show(got)}`);
}

/** About 30 MB, without items. */
const MAX_FEEDS = 100_000;
const MAX_BYTES = 100_000_000;
/** A row's object, its tags and its entry in the list. */
const ITEM_BYTES = 200;
/** How many dropped rows may stay at the start of a list. */
const SLACK = 64;
