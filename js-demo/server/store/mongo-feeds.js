// The feeds in MongoDB. The unique index counts: of two processes that add the same number, one is refused.

const DUPLICATE_KEY = 11_000;

/**
 * A document is a row of a feed: { feed, number, tag, item, storedAt }.
 *
 * @param {import('mongodb').Collection} rows
 * @returns {Promise<import('holdfast/server').FeedStore>}
 */
export async function openFeeds(rows) {
  await rows.createIndex({ feed: 1, number: 1 }, { unique: true });
  const endOf = (feed) => rows.find({ feed }).sort({ number: -1 }).limit(1).next();

  return {
    async append(feed, { number, tag, item }, { max, ttlMs }) {
      const end = await endOf(feed);
      if (number !== (end ? end.number + 1 : 0)) return false;
      const storedAt = Date.now();
      try {
        await rows.insertOne({ feed, number, tag, item, storedAt });
      } catch (error) {
        if (error.code === DUPLICATE_KEY) return false;
        throw error;
      }
      // One row more than `max`: it tells whether a client that has all before the others was in this feed.
      const isTooMuch = { number: { $lt: number - max } };
      const isTooOld = { number: { $lt: number }, storedAt: { $lt: storedAt - ttlMs } };
      await rows.deleteMany({ feed, $or: [isTooMuch, isTooOld] });
      return true;
    },

    async read(feed, from, count) {
      const page = rows.find({ feed, number: { $gte: from } }).sort({ number: 1 });
      // A limit of 0 is none to MongoDB.
      const found = count > 0 ? await page.limit(count).toArray() : [];
      return { rows: found, end: await endOf(feed) };
    },
  };
}
