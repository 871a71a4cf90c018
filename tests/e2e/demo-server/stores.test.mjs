// The contract of the demo's stores. It runs on a SQLite file, and on a server with MongoDB's wire protocol if one is
// installed.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { openStore } from '../../../js-demo/server/store/index.js';
import { atEnd } from '../../support/at-end.mjs';
import { startMongo, withoutMongo } from '../../support/mongo.mjs';
import { requireFromDemo } from '../../support/paths.mjs';
import { until } from '../../support/until.mjs';

const LAST = Number.MAX_SAFE_INTEGER;
const STORES = [
  { name: 'a SQLite file', skip: false, settings: inFile },
  { name: 'a MongoDB-wire-compatible server', skip: withoutMongo, settings: inMongo },
];

for (const { name, skip, settings } of STORES) {
  test(`on ${name}`, { skip }, async (t) => {
    const open = await opener(t, await settings(t));

    await t.test(
      'messages are numbered in the order of the calls, and returned unchanged',
      async () => {
        const store = await open();
        const contents = Array.from({ length: 30 }, (_, n) => `text ${n} 🦀 <b> "'); DROP`);
        const saved = await Promise.all(
          contents.map((content) => store.append(draft({ content }))),
        );
        const seqs = saved.map(({ row }) => row.seq);
        assert.deepEqual(
          seqs,
          [...seqs].sort((one, other) => one - other),
        );
        assert.equal(new Set(seqs).size, contents.length);
        const rows = await store.conversation('bob', 'alice', { before: LAST, limit: 100 });
        assert.deepEqual(
          rows,
          saved.map(({ row }) => row),
        );
        assert.deepEqual(
          rows.map(({ content }) => content),
          contents,
        );
        const { createdAt, seq, ...rest } = rows[0];
        assert.ok(seq >= 1);
        assert.ok(Date.parse(createdAt));
        const expected = { sender: 'alice', recipient: 'bob', content: contents[0], tempId: null };
        assert.deepEqual(rest, { ...expected, read: false });
      },
    );

    await t.test('an id of a sender is saved once, and the first message counts', async () => {
      const store = await open();
      const first = await store.append(draft({ content: 'first', tempId: 'a' }));
      const [again, twin, other, next] = await Promise.all([
        store.append(draft({ content: 'second', tempId: 'a' })),
        store.append(draft({ content: 'third', tempId: 'b' })),
        store.append(draft({ content: 'fourth', tempId: 'b' })),
        store.append(draft({ sender: 'carol', content: 'hers', tempId: 'a' })),
      ]);
      assert.deepEqual([first.isDuplicate, again.isDuplicate], [false, true]);
      assert.deepEqual(again.row, first.row);
      assert.deepEqual([twin.isDuplicate, other.isDuplicate], [false, true]);
      assert.equal(other.row.content, 'third');
      assert.deepEqual([next.isDuplicate, next.row.content], [false, 'hers']);
      const rows = await store.missed('bob', 0, 100);
      assert.deepEqual(
        rows.map(({ content }) => content),
        ['first', 'third', 'hers'],
      );
    });

    await t.test(
      'two processes save each id once, and see all messages in the same order',
      async () => {
        const stores = [await open(), await open({ fresh: false })];
        const count = 100;
        const results = await Promise.all(
          Array.from({ length: count * 2 }, (_, n) => {
            const tempId = `id${Math.floor(n / 2)}`;
            return stores[n % 2].append(draft({ content: tempId, tempId }));
          }),
        );
        assert.equal(results.filter(({ isDuplicate }) => !isDuplicate).length, count);
        for (let n = 0; n < count; n += 1) {
          assert.deepEqual(results[2 * n].row, results[2 * n + 1].row);
        }
        // Also with different ids at the same time, which compete for the numbers.
        await Promise.all(
          Array.from({ length: count }, (_, n) => stores[n % 2].append(draft({ content: `${n}` }))),
        );
        const rows = await stores[1].missed('alice', 0, 1000);
        assert.equal(rows.length, 2 * count);
        assert.equal(new Set(rows.map(({ seq }) => seq)).size, 2 * count);
        for (const parity of [0, 1]) {
          const own = rows.map(({ content }) => content).filter((text) => text % 2 === parity);
          assert.deepEqual(
            own,
            [...own].sort((one, other) => one - other),
          );
        }
        assert.deepEqual(await stores[0].missed('alice', 0, 1000), rows);
        assert.equal(await stores[0].secret(), await stores[1].secret());
      },
    );

    await t.test(
      'pages end before any message, and missed messages start after any message',
      async () => {
        const store = await open();
        const seqs = [];
        for (let n = 0; n < 12; n += 1) {
          const [sender, recipient] = n % 2 ? ['alice', 'bob'] : ['bob', 'alice'];
          seqs.push((await store.append(draft({ sender, recipient }))).row.seq);
        }
        await store.append(draft({ sender: 'carol', recipient: 'bob' }));
        const { row } = await store.append(draft({ sender: 'alice', recipient: 'carol' }));
        const page = async (before, limit) =>
          (await store.conversation('alice', 'bob', { before, limit })).map(({ seq }) => seq);
        assert.deepEqual(await page(LAST, 5), seqs.slice(7));
        assert.deepEqual(await page(seqs[7], 5), seqs.slice(2, 7));
        assert.deepEqual(await page(seqs[2], 5), seqs.slice(0, 2));
        assert.deepEqual(await page(seqs[0], 5), []);
        const missed = async (after, limit) =>
          (await store.missed('alice', after, limit)).map(({ seq }) => seq);
        assert.deepEqual(await missed(seqs[9], 100), [...seqs.slice(10), row.seq]);
        assert.deepEqual(await missed(0, 3), seqs.slice(0, 3));
        assert.deepEqual(await missed(row.seq, 100), []);
      },
    );

    await t.test(
      'unread messages are counted by sender, and marked as read up to the last one',
      async () => {
        const store = await open();
        assert.deepEqual(await store.unread('bob'), {});
        assert.deepEqual(await store.markRead('bob', 'alice'), { read: 0, upTo: null });
        for (let n = 0; n < 11; n += 1) await store.append(draft({}));
        const { row } = await store.append(draft({}));
        const carols = await store.append(draft({ sender: 'carol' }));
        const bobs = await store.append(draft({ sender: 'bob', recipient: 'alice' }));
        const carol = { count: 1, upTo: carols.row.seq };
        assert.deepEqual(await store.unread('bob'), { alice: { count: 12, upTo: row.seq }, carol });
        assert.deepEqual(await store.markRead('bob', 'alice'), { read: 12, upTo: row.seq });
        assert.deepEqual(await store.markRead('bob', 'alice'), { read: 0, upTo: null });
        assert.deepEqual(await store.unread('bob'), { carol });
        assert.deepEqual(await store.unread('alice'), { bob: { count: 1, upTo: bobs.row.seq } });
        const rows = await store.conversation('alice', 'bob', { before: LAST, limit: 100 });
        assert.deepEqual(
          rows.map(({ read }) => read),
          [...Array(12).fill(true), false],
        );
      },
    );

    await t.test('each message makes one notification, which only its recipient has', async () => {
      const store = await open();
      const seqs = [];
      for (const tempId of ['a', 'b', 'a', 'c']) {
        seqs.push((await store.append(draft({ tempId }))).row.seq);
      }
      const list = async (user, limit = 100) =>
        (await store.notifications(user, limit)).map(({ seq, notificationRead }) => [
          seq,
          notificationRead,
        ]);
      const [a, b, , c] = seqs;
      assert.deepEqual(await list('bob'), [
        [c, false],
        [b, false],
        [a, false],
      ]);
      assert.deepEqual(await list('bob', 2), [
        [c, false],
        [b, false],
      ]);
      assert.deepEqual(await list('alice'), []);
      assert.equal(await store.readNotification('alice', a), false);
      assert.equal(await store.deleteNotification('alice', a), false);
      assert.equal(await store.readNotification('bob', b), true);
      assert.equal(await store.readNotification('bob', b), true);
      assert.equal(await store.deleteNotification('bob', c), true);
      assert.equal(await store.deleteNotification('bob', c), false);
      assert.equal(await store.readNotification('bob', c), false);
      assert.deepEqual(await list('bob'), [
        [b, true],
        [a, false],
      ]);
      await store.readAllNotifications('bob');
      assert.deepEqual(await list('bob'), [
        [b, true],
        [a, true],
      ]);
      const [{ row: kept }] = [await store.append(draft({ tempId: 'c' }))];
      assert.equal(kept.seq, c);
      assert.equal((await list('bob')).length, 2);
    });

    await t.test(
      'a message is untold until it is marked as told, also if it is repeated',
      async () => {
        const store = await open();
        const first = await store.append(draft({ tempId: 'a' }));
        const { row } = await store.append(draft({ tempId: 'b' }));
        assert.deepEqual(await store.untold(), [first.row, row]);
        const isTold = async (tempId) => (await store.append(draft({ tempId }))).isTold;
        assert.deepEqual(
          [first.isTold, await isTold('a'), await isTold('b')],
          [false, false, false],
        );
        await store.markTold([first.row.seq]);
        assert.deepEqual([await isTold('a'), await isTold('b')], [true, false]);
        assert.deepEqual(await store.untold(), [row]);
      },
    );

    await t.test('a feed continues from its last item, in any process', async () => {
      const limits = { max: 10, ttlMs: 60_000, bytes: 1000 };
      const store = await open();
      const begun = placeOf((await store.feeds.read('u:bob', 0, 0, limits)).end);
      assert.equal(begun.number, 0);
      assert.deepEqual(await add(store, 'u:bob', ['aaaaaa', 'bbbbbb'], limits), begun);
      await add(store, 'u:carol', ['cccccc'], limits);
      await store.close();
      const again = await open({ fresh: false });
      assert.deepEqual(await add(again, 'u:bob', ['dddddd'], limits), { number: 2, tag: 'bbbbbb' });
      const page = await again.feeds.read('u:bob', 2, 10, limits);
      assert.deepEqual(page.rows.map(shown), [
        [2, 'bbbbbb', 'item bbbbbb'],
        [3, 'dddddd', 'item dddddd'],
      ]);
      assert.deepEqual(placeOf(page.end), { number: 3, tag: 'dddddd' });
      const short = await again.feeds.read('u:bob', 0, 2, limits);
      assert.deepEqual(short.rows.map(shown), [
        [0, begun.tag, null],
        [1, 'aaaaaa', 'item aaaaaa'],
      ]);
      const none = await again.feeds.read('u:bob', 0, 0, limits);
      assert.deepEqual([none.rows, placeOf(none.end)], [[], placeOf(page.end)]);
    });

    await t.test('the newest items of a feed are kept, and the last one for ever', async () => {
      const store = await open();
      const limits = { max: 3, ttlMs: 60_000, bytes: 1000 };
      const tags = Array.from({ length: 12 }, (_, n) => `tag${n + 100}`);
      for (const tag of tags) await add(store, 'u:bob', [tag], limits);
      const numbers = async () =>
        (await store.feeds.read('u:bob', 0, 100, limits)).rows.map(({ number }) => number);
      // The newest items, and one more, at which a client may be.
      assert.deepEqual(await numbers(), [9, 10, 11, 12]);
      const born = Date.now();
      await until(() => Date.now() > born + 2, 'they are old by now');
      await add(store, 'u:bob', ['newest'], { ...limits, ttlMs: 1 });
      assert.deepEqual(await numbers(), [13]);
    });

    await t.test('two processes that append to one feed at once make one chain', async () => {
      const stores = [await open(), await open({ fresh: false })];
      const limits = { max: 1000, ttlMs: 60_000, bytes: 1_000_000 };
      const count = 40;
      const batches = Array.from({ length: count }, (_, n) => [`first${n}`, `second${n}`]);
      const ends = await Promise.all(
        batches.map((tags, n) => add(stores[n % 2], 'u:bob', tags, limits)),
      );
      const { rows, end } = await stores[0].feeds.read('u:bob', 0, 1000, limits);
      assert.deepEqual(
        rows.map(({ number }) => number),
        Array.from({ length: 2 * count + 1 }, (_, n) => n),
      );
      assert.deepEqual(placeOf(end), placeOf(rows.at(-1)));
      for (const [n, before] of ends.entries()) {
        assert.deepEqual(before, placeOf(rows[before.number]));
        const behind = rows.slice(before.number + 1, before.number + 3);
        assert.deepEqual(
          behind.map(({ tag }) => tag),
          batches[n],
        );
      }
    });

    await t.test(
      'everything that was passed to a store before it was closed is saved, including its secret',
      async () => {
        const store = await open();
        const secret = await store.secret();
        assert.match(secret, /^[\w-]{43}$/);
        const saving = store.append(draft({ content: 'last' }));
        await store.close();
        const { row } = await saving;
        const again = await open({ fresh: false });
        assert.equal(await again.secret(), secret);
        assert.deepEqual(await again.missed('alice', 0, 10), [row]);
      },
    );
  });
}

test('the MongoDB-compatible server itself refuses a duplicate id or number', {
  skip: withoutMongo,
}, async (t) => {
  const { url } = await startMongo(t);
  const store = await openStore({ MONGODB_URL: url, DATABASE: '' });
  atEnd(t, () => store.close());
  const { row } = await store.append(draft({ tempId: 'a' }));
  const { MongoClient } = requireFromDemo('mongodb');
  const client = await MongoClient.connect(url);
  atEnd(t, () => client.close());
  const messages = client.db().collection('messages');
  const insert = (document) => messages.insertOne({ sender: 'carol', tempId: null, ...document });
  await assert.rejects(insert({ sender: 'alice', tempId: 'a', seq: 100 }), { code: 11_000 });
  await assert.rejects(insert({ seq: row.seq }), { code: 11_000 });
  await insert({ seq: 101 });
  await insert({ seq: 102 });
});

test('a store in a file with other content fails with the reason', async () => {
  await assert.rejects(openStore({ MONGODB_URL: null, DATABASE: process.execPath }));
});

function draft(parts) {
  return { sender: 'alice', recipient: 'bob', content: 'text', tempId: null, ...parts };
}

/** Adds items to a feed. Returns the position before them. */
async function add({ feeds }, feed, tags, limits) {
  const items = tags.map((tag) => ({ tag, item: `item ${tag}` }));
  return placeOf(await feeds.push(feed, items, limits));
}

const placeOf = ({ number, tag }) => ({ number, tag });
const shown = ({ number, tag, item }) => [number, tag, item];

/** Opens stores and closes them at the end. Each has an empty database, or the one of the previous store. */
async function opener(t, settingsOf) {
  const opened = [];
  let databases = 0;
  atEnd(t, () => Promise.all(opened.map((store) => store.close().catch(() => {}))));
  return async ({ fresh = true } = {}) => {
    if (fresh) databases += 1;
    const store = await openStore(settingsOf(databases));
    opened.push(store);
    return store;
  };
}

async function inFile(t) {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-store-'));
  atEnd(t, () => rm(folder, { recursive: true, force: true }));
  return (n) => ({ MONGODB_URL: null, DATABASE: join(folder, `${n}.db`) });
}

async function inMongo(t) {
  const { server } = await startMongo(t);
  return (n) => ({ MONGODB_URL: `${server}/demo${n}`, DATABASE: '' });
}
