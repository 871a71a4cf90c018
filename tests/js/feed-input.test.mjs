// Input that no client of the package sends, the load that clients can cause, and stores that misbehave.

import assert from 'node:assert/strict';
import test from 'node:test';
import { memoryFeeds } from '../../pkg/esm/server.mjs';
import { LIMITS, startFeed, tableStore, upTo } from '../support/feed-kit.mjs';
import { deferred, until } from '../support/until.mjs';

test('no input of a client makes the listener throw, or is answered for another user', async (t) => {
  const { feed, dial, io, errors } = await startFeed(t);
  await feed.user('bob').publish('secret', 1);
  const link = await dial('ann');
  const { end } = await link.read(null, null);
  const [socket] = io.sockets.sockets.values();
  // As a parser of the app's may hand on what JSON cannot hold.
  const odd = [
    ...[Number.NaN, Infinity, -1, 2n ** 70n, Symbol('x'), () => {}, Buffer.from('x'), new Map()],
    ...[Object.create(null), new Proxy({}, { get: () => assert.fail('nobody looks inside') })],
    ...['u:bob', 'r:u:bob', `1.${'z'.repeat(10)}`, '__proto__', 'bob'],
  ];
  const [listener] = socket.listeners('holdfast:read');
  const answers = [];
  for (const feedName of [...odd, null, 'open-1']) {
    for (const position of [...odd, null, end]) {
      listener(feedName, position, (answer) => answers.push(answer));
      listener(feedName, position);
    }
  }
  listener();
  listener(() => {});
  listener(null, null, null);
  await until(() => answers.length === (odd.length + 2) ** 2, 'an answer to each');
  assert.doesNotMatch(JSON.stringify(answers), /secret/);
  assert.deepEqual(errors, []);
});

test('an acknowledgement that throws is reported, and affects no other client', async (t) => {
  const { dial, io, errors } = await startFeed(t);
  const link = await dial('ann');
  const [socket] = io.sockets.sockets.values();
  const [listener] = socket.listeners('holdfast:read');
  const thrower = () => {
    throw new Error('an acknowledgement of the app’s');
  };
  listener(null, null, thrower);
  listener({}, null, thrower);
  await until(() => errors.length === 2, 'both reports');
  assert.ok(errors.every(({ at, socket: met }) => at === 'ack' && met === socket));
  assert.ok((await link.read(null, null)).end);
});

test('reads beyond the limits per connection and in total are UNAVAILABLE', async (t) => {
  const gate = deferred();
  const store = memoryFeeds();
  let asked = 0;
  const held = {
    ...store,
    async read(...args) {
      asked += 1;
      await gate.promise;
      return store.read(...args);
    },
  };
  const { dial, errors } = await startFeed(t, {
    feed: { store: held, maxReads: 5, maxReadsPerConnection: 3 },
  });
  const links = [await dial('ann'), await dial('bob')];
  const reads = links.map((link) => upTo(1000).map(() => link.read(null, null)));
  const refused = (await Promise.all(reads[0].slice(3))).concat(
    await Promise.all(reads[1].slice(2)),
  );
  assert.ok(refused.every(({ code, retryAfterMs }) => code === 'UNAVAILABLE' && retryAfterMs > 0));
  assert.equal(asked, 5);
  gate.resolve();
  const answered = await Promise.all([...reads[0].slice(0, 3), ...reads[1].slice(0, 2)]);
  assert.ok(answered.every(({ end }) => end));
  for (const link of links) assert.ok((await link.read(null, null)).end);
  assert.deepEqual(errors, []);
});

test('a client that requests pages and never receives them does not fill the memory', async (t) => {
  const { feed, dial, io } = await startFeed(t, { feed: { maxReadsPerConnection: 4 } });
  const link = await dial('ann');
  const { end } = await link.read(null, null);
  await feed.user('ann').publish('long', 'x'.repeat(200_000));
  await until(() => link.items.length === 1, 'the item');
  const [socket] = io.sockets.sockets.values();
  const [listener] = socket.listeners('holdfast:read');
  // A connection that is never writable.
  const { transport } = socket.conn;
  const writable = transport.writable;
  transport.writable = false;
  const answers = [];
  const { ack } = { ack: (answer) => answers.push(answer) };
  const ask = () =>
    new Promise((resolve) => {
      listener(null, end, (answer) => {
        ack(answer);
        socket.emit('filler');
        resolve();
      });
    });
  for (let n = 0; n < 20; n += 1) await ask();
  assert.equal(answers.filter(({ items }) => items).length, 4);
  assert.equal(answers.filter(({ code }) => code === 'UNAVAILABLE').length, 16);
  transport.writable = writable;
  socket.conn.flush();
  await until(async () => (await link.read(null, end)).items, 'it may read again', 5000, 100);
});

test('reads of a store that hangs are UNAVAILABLE in time', async (t) => {
  const store = { ...memoryFeeds(), read: () => new Promise(() => {}) };
  const { dial, errors } = await startFeed(t, { feed: { store, timeoutMs: 100 } });
  const link = await dial('ann');
  const { code, retryAfterMs, ...rest } = await link.read(null, null);
  assert.equal(code, 'UNAVAILABLE');
  assert.ok(retryAfterMs >= 500 && retryAfterMs <= 1500);
  assert.deepEqual(Object.keys(rest), ['error']);
  assert.deepEqual(
    errors.map(({ at }) => at),
    ['store'],
  );
});

test('reads of a store that fails or answers nonsense are UNAVAILABLE, and its errors stay on the server', async (t) => {
  const end = { number: 5, tag: 'aaaaaa' };
  const answers = [
    () => {
      throw new Error('secret of the database');
    },
    () => Promise.reject(new Error('secret of the database')),
    () => undefined,
    () => null,
    () => 'rows',
    () => ({}),
    () => ({ rows: [] }),
    () => ({ rows: {}, end }),
    () => ({ rows: [], end: { number: 1.5, tag: 'aaaaaa' } }),
    () => ({ rows: [], end: { number: -1, tag: 'aaaaaa' } }),
    () => ({ rows: [], end: { number: 1, tag: '","x"' } }),
    () => ({ rows: [], end: 'end' }),
  ];
  for (const read of answers) {
    const { dial, errors } = await startFeed(t, { feed: { store: { ...memoryFeeds(), read } } });
    const link = await dial('ann');
    for (const position of [null, '3.aaaaaa']) {
      const answer = await link.read(null, position);
      assert.equal(answer.code, 'UNAVAILABLE', String(read));
      assert.doesNotMatch(JSON.stringify(answer), /secret/);
    }
    assert.equal(errors.length, 2);
  }
});

test('rows that do not form a chain are never passed on as complete', async (t) => {
  const row = (number, more) => ({ number, tag: `tag${number}00`, item: '["n",1]', ...more });
  const rows = (...numbers) => numbers.map((number) => row(number));
  const end = { number: 6, tag: 'tag600' };
  const position = '2.tag200';
  const cases = {
    'a hole': rows(2, 3, 5, 6),
    'a hole behind the position': rows(2, 4, 5, 6),
    'another order': rows(6, 5, 4, 3, 2),
    'two of one number': rows(2, 3, 3, 4),
    'two swapped': rows(2, 3, 5, 4, 6),
    'rows of before': rows(1, 2, 3, 4),
    'the position alone': rows(2),
    'no item': [...rows(2), row(3, { item: null })],
    'an item that is no text': [...rows(2), row(3, { item: ['n', 1] })],
    'a row without a tag': [...rows(2), row(3, { tag: undefined })],
    'a tag that is none': [...rows(2), row(3, { tag: '","x":"' })],
    'an item that nobody can read': [...rows(2), row(3, { item: 'null' })],
    'an item that is no JSON': [...rows(2), row(3, { item: '[' })],
    'an item without event': [...rows(2), row(3, { item: '[{}]' })],
    'an end that is another row': rows(2, 3, 4, 5).concat(row(6, { tag: 'other0' })),
  };
  for (const [name, answered] of Object.entries(cases)) {
    const store = { ...memoryFeeds(), read: () => ({ rows: answered, end }) };
    const { dial, errors } = await startFeed(t, { feed: { store } });
    const link = await dial('ann');
    const answer = await link.read(null, position);
    assert.deepEqual(answer, { reset: 'replaced', end: '6.tag600' }, name);
    assert.deepEqual(
      errors.map(({ at }) => at),
      ['store'],
      name,
    );
  }
});

test('rows that form a chain are passed on, however the store divides them', async (t) => {
  const row = (number, more) => ({ number, tag: `tag${number}00`, item: '["n",1]', ...more });
  const rows = (...numbers) => numbers.map((number) => row(number));
  const end = { number: 6, tag: 'tag600' };
  const item = (number) => [`${number}.tag${number}00`, 'n', 1];
  const cases = [
    [rows(2, 3, 4, 5, 6), { items: [3, 4, 5, 6].map(item), end: '6.tag600' }],
    // A page of its own choice.
    [rows(2, 3, 4), { items: [3, 4].map(item), end: '6.tag600' }],
    // A row that came after it looked for the end.
    [rows(2, 3, 4, 5, 6, 7), { items: [3, 4, 5, 6, 7].map(item), end: '7.tag700' }],
    // The row of the position is gone, and the one behind it knows its tag, or does not.
    [
      [row(3, { before: 'tag200' }), ...rows(4, 5, 6)],
      { items: [3, 4, 5, 6].map(item), end: '6.tag600' },
    ],
    [[row(3, { before: 'other0' }), ...rows(4, 5, 6)], { reset: 'replaced', end: '6.tag600' }],
    [rows(3, 4, 5, 6), { reset: 'trimmed', end: '6.tag600' }],
    [rows(4, 5, 6), { reset: 'trimmed', end: '6.tag600' }],
    [[], { reset: 'trimmed', end: '6.tag600' }],
    [[row(2, { tag: 'other0' }), ...rows(3)], { reset: 'replaced', end: '6.tag600' }],
  ];
  for (const [answered, expected] of cases) {
    const store = { ...memoryFeeds(), read: () => ({ rows: answered, end }) };
    const { dial, errors } = await startFeed(t, { feed: { store } });
    const link = await dial('ann');
    assert.deepEqual(await link.read(null, '2.tag200'), expected);
    assert.deepEqual(errors, []);
  }
});

test('pages are limited by items and by characters, and have at least one item', async (t) => {
  const { feed, dial } = await startFeed(t, { feed: { pageSize: 200 } });
  const link = await dial('ann');
  const { end: start } = await link.read(null, null);
  for (const n of upTo(450)) await feed.user('ann').publish('n', n);
  for (const n of upTo(5)) await feed.user('ann').publish('long', n, 'x'.repeat(100_000));
  await feed.user('ann').publish('longest', 'x'.repeat(900_000));
  await feed.user('ann').publish('n', 'last');
  const counts = [];
  let position = start;
  for (;;) {
    const { items, end } = await link.read(null, position);
    counts.push(items.length);
    position = items.at(-1)[0];
    if (position === end) break;
  }
  assert.deepEqual(counts, [200, 200, 52, 2, 1, 1, 1]);
});

test('a client that is a million items behind is told so in one answer', async (t) => {
  const { feed, dial } = await startFeed(t);
  const link = await dial('ann');
  const { end: start } = await link.read(null, null);
  link.socket.disconnect();
  for (let n = 0; n < 1_000_000; n += 1) feed.user('ann').publish('n', n);
  const next = await dial('ann');
  const { reset, end } = await next.read(null, start);
  assert.equal(reset, 'trimmed');
  assert.match(end, /^1000000\./);
});

test('a table is queried for one page at most', async (t) => {
  const store = tableStore();
  const counts = [];
  const { read } = store;
  store.read = (feed, from, count, limits) => {
    counts.push([from, count, limits]);
    return read(feed, from, count, limits);
  };
  const { feed, dial } = await startFeed(t, { feed: { store, pageSize: 3, max: 7, ttlMs: 5000 } });
  const link = await dial('ann');
  const { end: start } = await link.read(null, null);
  for (const n of upTo(4)) await feed.user('ann').publish('n', n);
  counts.length = 0;
  const { items } = await link.read(null, start);
  assert.equal(items.length, 3);
  assert.deepEqual(counts, [[0, 4, { max: 7, ttlMs: 5000, bytes: LIMITS.bytes }]]);
});
