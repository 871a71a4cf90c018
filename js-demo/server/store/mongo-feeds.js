// Feeds in MongoDB. One document stores everything that is published at once, so all of it is stored or nothing. The
// unique index keeps the numbers unique: if two processes append to a feed at once, one is refused and tries again.

import { randomUUID } from 'node:crypto';

const DUPLICATE_KEY = 11_000;
/** How many documents are fetched at a time for a page. */
const AT_ONCE = 10;

/**
 * A document contains consecutive rows of a feed: { feed, first, last, rows: [{ tag, item }], storedAt }.
 *
 * @param {import('mongodb').Collection} feeds
 * @returns {Promise<import('holdfast/server').CountingFeedStore>}
 */
export async function openFeeds(feeds) {
  await feeds.createIndexes([
    { key: { feed: 1, first: 1 }, unique: true },
    { key: { feed: 1, last: 1 } },
  ]);

  /** @returns {Promise<boolean>} whether they are stored, that is, whether the first number was free */
  async function add(feed, first, rows) {
    const document = { feed, first, last: first + rows.length - 1, rows, storedAt: Date.now() };
    try {
      await feeds.insertOne(document);
      return true;
    } catch (error) {
      if (error.code === DUPLICATE_KEY) return false;
      throw error;
    }
  }

  /** Starts a feed that has no rows. */
  async function endOf(feed) {
    for (;;) {
      const newest = await feeds.find({ feed }).sort({ last: -1 }).limit(1).next();
      if (newest) return { number: newest.last, tag: newest.rows.at(-1).tag };
      await add(feed, 0, [{ tag: randomUUID().slice(0, 8), item: null }]);
    }
  }

  return {
    async push(feed, items, { max, ttlMs }) {
      let end;
      do end = await endOf(feed);
      while (!(await add(feed, end.number + 1, items)));
      const last = end.number + items.length;
      // One row more than `max` shows whether a client that has all earlier items was in this feed.
      const isTooMuch = { last: { $lt: last - max } };
      const isTooOld = { last: { $lt: last }, storedAt: { $lt: Date.now() - ttlMs } };
      await feeds.deleteMany({ feed, $or: [isTooMuch, isTooOld] });
      return end;
    },

    async read(feed, from, count) {
      const found = feeds
        .find({ feed, last: { $gte: from } })
        .sort({ last: 1 })
        .batchSize(AT_ONCE);
      const page = [];
      while (page.length < count && (await found.hasNext())) {
        const { first, rows } = await found.next();
        const numbered = rows.map(({ tag, item }, n) => ({ number: first + n, tag, item }));
        page.push(...numbered.filter(({ number }) => number >= from));
      }
      await found.close();
      return { rows: page.slice(0, count), end: await endOf(feed) };
    },
  };
}
