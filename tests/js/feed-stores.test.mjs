// The stores of feeds: the contract of every store, and the limits of each.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { createClient as createClient5 } from 'redis-5';
import { memoryFeeds, redisFeeds } from '../../pkg/esm/server.mjs';
import { atEnd } from '../support/at-end.mjs';
import { LIMITS, startFeed, tableStore, upTo } from '../support/feed-kit.mjs';
import { requireFromDemo } from '../support/paths.mjs';
import { startRedis, withoutRedis } from '../support/redis.mjs';
import { until } from '../support/until.mjs';

const OFFSET = /^\d+\.[0-9a-z]{6,}$/;

/** The contract of every store, as clients see it. */
async function contract(t, makeStore) {
  await t.test('a client gets the items that it missed, from any position', async (t) => {
    const { feed, dial } = await startFeed(t, { feed: { store: await makeStore() } });
    const link = await dial('ann');
    const { end: start } = await link.read(null, null);
    assert.match(start, /^0\./);
    assert.deepEqual(await link.read(null, null), { items: [], end: start });
    const args = [{ text: '🦀 "\\', at: null }, Buffer.from([0, 255]), [1, [2]], '', 1.5];
    await Promise.all(upTo(9).map((n) => feed.user('ann').publish('n', n, ...args)));
    const { items, end } = await link.read(null, start);
    assert.deepEqual(
      items.map((item) => item.slice(1)),
      upTo(9).map((n) => ['n', n, ...args]),
    );
    assert.ok(items.every(([offset]) => OFFSET.test(offset)));
    for (const n of upTo(9)) {
      assert.deepEqual(await link.read(null, items[n][0]), { items: items.slice(n + 1), end });
    }
  });

  await t.test(
    'a position of no item, or of another feed, is answered with replaced',
    async (t) => {
      const { feed, dial } = await startFeed(t, { feed: { store: await makeStore() } });
      const link = await dial('ann');
      for (const n of upTo(3)) await feed.user('ann').publish('n', n);
      const { end } = await link.read(null, null);
      for (const position of [
        '0.zzzzzz',
        '1.zzzzzz',
        '3.zzzzzz',
        '4.zzzzzz',
        `${2 ** 53 - 1}.zzzzzz`,
      ]) {
        assert.deepEqual(await link.read(null, position), { reset: 'replaced', end }, position);
      }
    },
  );

  await t.test('feeds with unusual names are separate', async (t) => {
    const { feed, dial } = await startFeed(t, {
      feed: { store: await makeStore(), authorize: () => true },
    });
    const names = [
      'a',
      'a}',
      '{a',
      '}',
      '{}',
      'a:items',
      'a ',
      '\u0000',
      '__proto__',
      'é'.repeat(500),
    ];
    const link = await dial('ann');
    const starts = [];
    for (const name of names) starts.push((await link.read(name, null)).end);
    assert.equal(new Set(starts).size, names.length);
    for (const name of names) await feed.room(name).publish('n', name);
    for (const [n, name] of names.entries()) {
      const { items } = await link.read(name, starts[n]);
      assert.deepEqual(
        items.map((item) => item.slice(1)),
        [['n', name]],
      );
    }
  });
}

/** Of a store that keeps `max` items. */
async function trimming(t, makeStore) {
  await t.test('items beyond the limit are trimmed, and no others', async (t) => {
    const { feed, dial } = await startFeed(t, { feed: { store: await makeStore(), max: 5 } });
    const link = await dial('ann');
    const { end: start } = await link.read(null, null);
    const offsets = [start];
    for (const n of upTo(9)) {
      await feed.user('ann').publish('n', n);
      offsets.push((await link.read(null, null)).end);
    }
    const end = offsets.at(-1);
    for (const lost of offsets.slice(0, 4)) {
      assert.deepEqual(await link.read(null, lost), { reset: 'trimmed', end });
    }
    // The one before the oldest: its item is gone, and all that came after it are there.
    const { items } = await link.read(null, offsets[4]);
    assert.deepEqual(
      items.map(([offset]) => offset),
      offsets.slice(5),
    );
    assert.deepEqual(await link.read(null, '4.zzzzzz'), { reset: 'replaced', end });
  });
}

test('the store in memory keeps its limits', async (t) => {
  await contract(t, () => memoryFeeds());
  await trimming(t, () => memoryFeeds());

  await t.test('its own limits override those of the feed', () => {
    const store = memoryFeeds({ max: 3 });
    for (const n of upTo(5)) store.push('a', [item(n)], LIMITS);
    assert.equal(store.read('a', 0, 9, LIMITS).rows.length, 3);
  });

  await t.test('items expire, and the position of the feed stays', (t) => {
    let now = 1000;
    t.mock.method(performance, 'now', () => now);
    const store = memoryFeeds({ ttlMs: 100 });
    store.push('a', [item(1)], LIMITS);
    now += 50;
    store.push('a', [item(2)], LIMITS);
    store.push('idle', [item(1)], LIMITS);
    now += 60;
    const { rows, end } = store.read('a', 0, 9, LIMITS);
    assert.deepEqual(
      rows.map(({ number, before }) => [number, before]),
      [[2, tagOf(1)]],
    );
    assert.deepEqual(end, { number: 2, tag: tagOf(2) });
    now += 60;
    assert.deepEqual(store.read('a', 0, 9, LIMITS), { rows: [], end });
    assert.deepEqual(store.read('idle', 0, 9, LIMITS).end, { number: 1, tag: tagOf(1) });
    store.push('a', [item(3)], LIMITS);
    assert.equal(store.read('a', 0, 9, LIMITS).rows[0].number, 3);
  });

  await t.test(
    'beyond maxFeeds the least recently used one goes, those without items first',
    () => {
      const store = memoryFeeds({ maxFeeds: 3 });
      for (const feed of ['a', 'b']) store.push(feed, [item(1)], LIMITS);
      const numbers = (feed) => store.read(feed, 0, 9, LIMITS).end.number;
      for (const n of upTo(100)) store.read(`empty${n}`, 0, 0, LIMITS);
      assert.deepEqual([numbers('a'), numbers('b')], [1, 1]);
      store.push('c', [item(1)], LIMITS);
      store.read('a', 0, 0, LIMITS);
      store.push('d', [item(1)], LIMITS);
      // `b` was used the longest ago. Where it begins again it has another chain.
      assert.deepEqual([numbers('a'), numbers('c'), numbers('d')], [1, 1, 1]);
      const { rows, end } = store.read('b', 0, 9, LIMITS);
      assert.deepEqual([rows, end.number], [[], 0]);
      assert.notEqual(end.tag, tagOf(1));
    },
  );

  await t.test(
    'beyond maxBytes the least recently used feed loses its items, and not its place',
    () => {
      const store = memoryFeeds({ maxBytes: 10_000 });
      const long = { tag: 'aaaaaa', item: 'x'.repeat(1900) };
      store.push('a', [long], LIMITS);
      store.push('b', [long], LIMITS);
      store.read('a', 0, 0, LIMITS);
      store.push('c', [long], LIMITS);
      const found = Object.fromEntries(
        ['a', 'b', 'c'].map((feed) => [feed, store.read(feed, 0, 9, LIMITS)]),
      );
      assert.deepEqual(
        Object.values(found).map(({ rows, end }) => [rows.length, end.number]),
        [
          [1, 1],
          [0, 1],
          [1, 1],
        ],
      );
      // One feed alone keeps what there is room for.
      for (let n = 0; n < 20; n += 1) store.push('d', [long], LIMITS);
      assert.deepEqual(
        store.read('d', 0, 99, LIMITS).rows.map(({ number }) => number),
        [19, 20],
      );
      store.push('d', [{ tag: 'aaaaaa', item: 'x'.repeat(20_000) }], LIMITS);
      assert.deepEqual(store.read('d', 0, 99, LIMITS).rows, []);
      assert.equal(store.read('d', 0, 99, LIMITS).end.number, 21);
    },
  );

  await t.test('a long stream of items costs no more at its end than at its beginning', () => {
    const store = memoryFeeds();
    const limits = { ...LIMITS, max: 50_000 };
    for (const n of upTo(300_000)) store.push('a', [item(n)], limits);
    const { rows, end } = store.read('a', 250_000, 99_999, limits);
    assert.deepEqual([rows.length, rows[0].number, end.number], [50_000, 250_001, 300_000]);
  });
});

test('a table of the app’s own', async (t) => {
  await contract(t, () => tableStore());

  await t.test('rows that were deleted are trimmed', async (t) => {
    const store = tableStore();
    const { feed, dial } = await startFeed(t, { feed: { store } });
    const link = await dial('ann');
    const { end: start } = await link.read(null, null);
    for (const n of upTo(9)) await feed.user('ann').publish('n', n);
    const rows = store.table.get('u:ann');
    store.table.set('u:ann', rows.slice(5));
    const { reset, end } = await link.read(null, start);
    assert.equal(reset, 'trimmed');
    assert.deepEqual((await link.read(null, `5.${rows[5].tag}`)).items.length, 4);
    assert.deepEqual(await link.read(null, end), { items: [], end });
  });

  await t.test('one that was restored from a backup goes on with other tags', async (t) => {
    const store = tableStore();
    const { feed, dial, errors } = await startFeed(t, { feed: { store } });
    const link = await dial('ann');
    for (const n of upTo(5)) await feed.user('ann').publish('n', n);
    const { end: lost } = await link.read(null, null);
    store.table.set('u:ann', store.table.get('u:ann').slice(0, 4));
    for (const n of upTo(2)) await feed.user('ann').publish('again', n);
    const { reset, end } = await link.read(null, lost);
    assert.equal(reset, 'replaced');
    assert.match(end, /^5\./);
    assert.notEqual(end, lost);
    assert.deepEqual(errors, []);
  });
});

test('a table in SQL', { skip: withoutSql() }, async (t) => {
  await contract(t, () => sqlStore());
});

const CLIENTS = {
  'redis 6': nodeRedis(createClient),
  'redis 5': nodeRedis(createClient5),
  ioredis: async (t, url) => {
    const client = new Redis(url);
    atEnd(t, () => client.disconnect());
    return client;
  },
};

for (const [name, connect] of Object.entries(CLIENTS)) {
  test(`Redis, by ${name}`, { skip: withoutRedis }, async (t) => {
    const { url } = await startRedis(t);
    const client = await connect(t, url);
    let prefixes = 0;
    const makeStore = () => {
      prefixes += 1;
      return redisFeeds(client, { prefix: `test${prefixes}:` });
    };
    await contract(t, makeStore);
    await trimming(t, makeStore);
  });
}

test('what Redis keeps, and for how long', { skip: withoutRedis }, async (t) => {
  const { url } = await startRedis(t);
  const client = await CLIENTS.ioredis(t, url);

  await t.test('a feed has one hash tag, and ends by itself', async () => {
    const store = redisFeeds(client, { prefix: 'x:' });
    await store.push('u:ann', [item(1)], LIMITS);
    await store.read('r:empty', 0, 0, LIMITS);
    const keys = (await client.keys('x:*')).sort();
    assert.deepEqual(
      keys.map((key) => key.replace(/last:.*/, 'last')),
      ['x:{r:empty}:end', 'x:{u:ann}:end', 'x:{u:ann}:items', 'x:{u:ann}:last'],
    );
    const DAY = 86_400_000;
    for (const key of keys) {
      const left = await client.pttl(key);
      const expected = key.endsWith('end') ? 30 * DAY : key.endsWith('items') ? 60_000 : 600_000;
      assert.ok(left > expected - 10_000 && left <= expected, `${key}: ${left}`);
    }
    await store.push('u:bob', [item(1)], { ...LIMITS, ttlMs: 10 * DAY });
    assert.ok((await client.pttl('x:{u:bob}:end')) > 39 * DAY);
    await store.push('u:eve', [item(1)], { ...LIMITS, ttlMs: Number.POSITIVE_INFINITY });
  });

  await t.test('a feed whose items have all expired says trimmed', async (t) => {
    const store = redisFeeds(client, { prefix: 'y:' });
    const { feed, dial } = await startFeed(t, { feed: { store } });
    const link = await dial('ann');
    const { end: start } = await link.read(null, null);
    await feed.user('ann').publish('n', 1);
    const { end } = await link.read(null, null);
    await client.pexpire('y:{u:ann}:items', 1);
    await until(async () => !(await client.exists('y:{u:ann}:items')), 'the items are gone');
    assert.deepEqual(await link.read(null, start), { reset: 'trimmed', end });
    assert.deepEqual(await link.read(null, end), { items: [], end });
    await feed.user('ann').publish('n', 2);
    const { items } = await link.read(null, end);
    assert.deepEqual(
      items.map((one) => one.slice(1)),
      [['n', 2]],
    );
    assert.match(items[0][0], /^2\./);
  });

  await t.test('of a feed that is busy the old items go, one by one', async () => {
    const store = redisFeeds(client, { prefix: 'z:' });
    await store.push('a', [item(1)], { ...LIMITS, ttlMs: 200 });
    await store.push('a', [item(2)], LIMITS);
    await until(async () => {
      const { rows } = await store.read('a', 0, 9, LIMITS);
      return rows.length === 1 && rows[0].number === 2 && rows[0].before === tagOf(1);
    }, 'the first one is gone');
  });

  await t.test(
    'a Redis that has lost all begins another chain, and one that lost its end too',
    async (t) => {
      const store = redisFeeds(client, { prefix: 'v:' });
      const { feed, dial } = await startFeed(t, { feed: { store } });
      const link = await dial('ann');
      for (const n of upTo(3)) await feed.user('ann').publish('n', n);
      const { end } = await link.read(null, null);
      await client.del('v:{u:ann}:end');
      assert.equal((await link.read(null, end)).reset, 'replaced');
      await client.del('v:{u:ann}:end');
      for (const n of upTo(3)) await feed.user('ann').publish('again', n);
      assert.equal((await link.read(null, end)).reset, 'replaced');
      await client.flushall();
      const answer = await link.read(null, end);
      assert.deepEqual([answer.reset, answer.end.split('.')[0]], ['replaced', '0']);
    },
  );

  await t.test('a script that a client sends again stores nothing twice', async () => {
    // As after an answer that was lost with the connection, while another process has published.
    const other = redisFeeds(client, { prefix: 'w:' });
    let isTwice = true;
    const twice = {
      defineCommand() {},
      async eval(script, ...args) {
        const first = await client.eval(script, ...args);
        if (!isTwice) return first;
        await other.push('a', [item(9)], LIMITS);
        const second = await client.eval(script, ...args);
        assert.deepEqual(second, first);
        return second;
      },
    };
    const store = redisFeeds(twice, { prefix: 'w:' });
    const before = await store.push('a', [item(1), item(2)], LIMITS);
    assert.equal(before.number, 0);
    isTwice = false;
    await store.push('a', [item(3)], LIMITS);
    const { rows } = await store.read('a', 0, 9, LIMITS);
    assert.deepEqual(
      rows.map(({ number, tag }) => [number, tag]),
      [1, 2, 9, 3].map((n, at) => [at + 1, tagOf(n)]),
    );
    assert.deepEqual(
      rows.map(({ before: tag }) => tag),
      [before.tag, ...[1, 2, 9].map(tagOf)],
    );
  });

  await t.test('a page of long items ends early', async () => {
    const store = redisFeeds(client, { prefix: 'u:' });
    const long = { tag: 'aaaaaa', item: 'x'.repeat(100_000) };
    for (let n = 0; n < 20; n += 1) await store.push('a', [long], LIMITS);
    await store.push('a', upTo(400).map(item), LIMITS);
    assert.equal((await store.read('a', 1, 201, LIMITS)).rows.length, 8);
    assert.equal((await store.read('a', 21, 201, LIMITS)).rows.length, 201);
  });

  await t.test('a Redis that is away fails reads and publishes, and nothing is sent', async (t) => {
    const away = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 0 });
    away.on('error', () => {});
    await until(() => away.status === 'ready', 'a connection');
    away.disconnect();
    const { feed, dial, errors } = await startFeed(t, { feed: { store: redisFeeds(away) } });
    const link = await dial('ann');
    assert.equal((await link.read(null, null)).code, 'UNAVAILABLE');
    await assert.rejects(feed.user('ann').publish('n', 1));
    await link.barrier();
    assert.deepEqual([link.items, link.plain], [[], []]);
    assert.equal(errors[0].at, 'store');
  });
});

/** As docs/feeds.md has it, for a database that is here. */
function sqlStore() {
  const Database = requireFromDemo('libsql');
  const database = new Database(':memory:');
  database.exec(
    'CREATE TABLE feed_items (feed text, number integer, tag text, item text, PRIMARY KEY (feed, number))',
  );
  const insert = database.prepare(
    `INSERT INTO feed_items (feed, number, tag, item) SELECT ?1, ?2, ?3, ?4
     WHERE coalesce((SELECT max(number) FROM feed_items WHERE feed = ?1), -1) = ?2 - 1
     ON CONFLICT DO NOTHING`,
  );
  const select = 'SELECT number, tag, item FROM feed_items WHERE feed = ?';
  const from = database.prepare(`${select} AND number >= ? ORDER BY number LIMIT ?`);
  const last = database.prepare(`${select} ORDER BY number DESC LIMIT 1`);
  return {
    append: (feed, { number, tag, item }) => insert.run(feed, number, tag, item).changes === 1,
    read: (feed, number, count) => ({ rows: from.all(feed, number, count), end: last.get(feed) }),
  };
}

function withoutSql() {
  try {
    requireFromDemo('libsql');
    return false;
  } catch {
    return 'the demo, which has a database, is not installed';
  }
}

function nodeRedis(create) {
  return async (t, url) => {
    const client = create({ url });
    await client.connect();
    client.on('error', () => {});
    atEnd(t, () => client.destroy());
    return client;
  };
}

/** An item whose tag says its number. */
function item(n) {
  return { tag: tagOf(n), item: `["n",${n}]` };
}

function tagOf(n) {
  return `tag${String(n).padStart(6, '0')}`;
}
