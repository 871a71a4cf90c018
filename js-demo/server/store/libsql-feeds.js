// Feeds in the SQLite file. The store assigns the numbers, and one commit stores everything that is published at once.

import { randomUUID } from 'node:crypto';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS feeds (
    feed TEXT NOT NULL,
    number INTEGER NOT NULL,
    tag TEXT NOT NULL,
    -- NULL in the row that begins a feed.
    item TEXT,
    stored_at INTEGER NOT NULL,
    PRIMARY KEY (feed, number)
  ) STRICT, WITHOUT ROWID;
`;

/**
 * @param {import('libsql').Database} db
 * @param {<T>(work: () => T) => Promise<T>} commit
 * @returns {import('holdfast/server').CountingFeedStore}
 */
export function openFeeds(db, commit) {
  db.exec(SCHEMA);
  const last = db.prepare(
    'SELECT number, tag FROM feeds WHERE feed = ? ORDER BY number DESC LIMIT 1',
  );
  const from = db.prepare(
    'SELECT number, tag, item FROM feeds WHERE feed = ? AND number >= ? ORDER BY number LIMIT ?',
  );
  const insert = db.prepare('INSERT INTO feeds VALUES (?, ?, ?, ?, ?)');
  const trim = db.prepare(
    'DELETE FROM feeds WHERE feed = ? AND (number < ? OR number < ? AND stored_at < ?)',
  );

  /** Starts a feed that has no rows. */
  function endOf(feed) {
    const end = last.get(feed);
    if (end) return end;
    const tag = randomUUID().slice(0, 8);
    insert.run(feed, 0, tag, null, Date.now());
    return { number: 0, tag };
  }

  return {
    push: (feed, items, { max, ttlMs }) =>
      commit(() => {
        const end = endOf(feed);
        const now = Date.now();
        let { number } = end;
        for (const { tag, item } of items) {
          number += 1;
          insert.run(feed, number, tag, item, now);
        }
        // One row more than `max` shows whether a client that has all earlier items was in this feed.
        trim.run(feed, number - max, number, Math.floor(now - ttlMs));
        return end;
      }),

    async read(feed, first, count) {
      const end = last.get(feed) ?? (await commit(() => endOf(feed)));
      return { rows: from.all(feed, first, count), end };
    },
  };
}
