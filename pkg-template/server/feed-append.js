// Adds items to a feed, by either kind of store. One with `push` counts by itself and takes several items at once. One
// with `append` takes a single row, and says whether its number was still free.

import { isEnd, newTag } from './feed-chain.js';

/**
 * @import { FeedEnd, FeedLimits, FeedStore, CountingFeedStore } from '../types/server.d.ts'
 * @import { Appender } from './feed-publisher.js'
 */

/** @param {FeedStore | CountingFeedStore} store @param {FeedLimits} limits @returns {Appender} */
export function appender(store, limits) {
  if ('push' in store) {
    return { most: MOST_TOGETHER, append: (feed, items) => store.push(feed, items, limits) };
  }

  /** The ends as this process knows them; another process may have added items since. @type {Map<string, FeedEnd>} */
  const ends = new Map();

  /** @param {string} feed @param {FeedEnd} end */
  function learn(feed, end) {
    ends.delete(feed);
    ends.set(feed, end);
    if (ends.size > MOST_ENDS) for (const oldest of ends.keys()) return ends.delete(oldest);
  }

  return {
    most: 1,
    async append(feed, [{ tag, item }]) {
      let end = ends.get(feed);
      ends.delete(feed);
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        end ??= await endOf(store, feed, limits);
        if (end.tag === tag) return rowBefore(store, feed, end, limits);
        const row = { number: end.number + 1, tag, item };
        const isStored = await store.append(feed, row, limits);
        if (isStored === true) {
          learn(feed, { number: row.number, tag });
          return end;
        }
        if (isStored !== false) throw new TypeError(NO_BOOLEAN);
        end = undefined;
        await pause(tries);
      }
      throw new Error(
        `Other processes took the next number ${MOST_TRIES} times: the item is not stored`,
      );
    },
  };
}

/**
 * The end of a feed. Begins its chain if the store has none.
 *
 * @param {FeedStore} store
 * @param {string} feed
 * @param {FeedLimits} limits
 * @returns {Promise<FeedEnd>}
 */
export async function endOf(store, feed, limits) {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const { end } = await store.read(feed, 0, 0, limits);
    if (isEnd(end)) return end;
    if (end !== null && end !== undefined)
      throw new TypeError('The store returned an invalid end of a feed');
    const row = { number: 0, tag: newTag(), item: null };
    const isStored = await store.append(feed, row, limits);
    if (isStored === true) return row;
    if (isStored !== false) throw new TypeError(NO_BOOLEAN);
    await pause(tries);
  }
  throw new Error('The store reports a feed without rows, but refuses its first row');
}

/**
 * The row before one that was stored although `append` reported false: the store's client lost the answer and asked again.
 *
 * @param {FeedStore} store
 * @param {string} feed
 * @param {FeedEnd} end
 * @param {FeedLimits} limits
 */
async function rowBefore(store, feed, end, limits) {
  const { rows } = await store.read(feed, end.number - 1, 1, limits);
  const [row] = rows;
  if (isEnd(row) && row.number === end.number - 1) return row;
  throw new Error('The item is stored, but the row before it is gone, so it is not sent');
}

/** Waits for longer after each try, and randomly, so that processes don't collide again. @param {number} tries */
function pause(tries) {
  if (tries < FREE_TRIES) return undefined;
  return new Promise((resolve) => setTimeout(resolve, Math.random() * 2 ** Math.min(tries, 7)));
}

const NO_BOOLEAN = 'append of the store returned no boolean';
/** The most items that one call stores. */
const MOST_TOGETHER = 256;
const MOST_ENDS = 10_000;
const MOST_TRIES = 30;
const FREE_TRIES = 3;
