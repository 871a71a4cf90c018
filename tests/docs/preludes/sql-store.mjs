// A pool that understands the three statements of the sample.

import { assert, pass } from 'docs-kit/kit.mjs';
import { createFeed } from 'holdfast/server';
import { Server } from 'socket.io';

const table = [];
const last = (feed) => table.filter((row) => row.feed === feed).at(-1);
const pool = {
  async query(text, values) {
    const [feed, from, third, item] = values;
    if (text.startsWith('INSERT')) {
      if ((last(feed)?.number ?? -1) !== from - 1) return { rowCount: 0, rows: [] };
      table.push({ feed, number: from, tag: third, item });
      return { rowCount: 1, rows: [] };
    }
    if (text.includes('DESC')) return { rowCount: 1, rows: [last(feed)].filter(Boolean) };
    const rows = table.filter((row) => row.feed === feed && row.number >= from).slice(0, third);
    return { rowCount: rows.length, rows };
  },
};
// The sample stands here.
const feed = createFeed(new Server(), { userId: () => 'alice', store });
await feed.user('alice').publish('message:new', { content: 'hello' });
await feed.user('alice').publish('message:new', { content: 'again' });
assert.deepEqual(
  table.map(({ number }) => number),
  [0, 1, 2],
);
pass();
