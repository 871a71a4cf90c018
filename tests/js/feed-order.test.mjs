// Items are stored first and then sent, in the order of their offsets, whatever the store does.

import assert from 'node:assert/strict';
import test from 'node:test';
import { memoryFeeds } from '../../pkg/esm/server.mjs';
import { LIMITS, startFeed, tableStore, upTo } from '../support/feed-kit.mjs';
import { deferred, until } from '../support/until.mjs';

/** Asserts that the items form a chain without gaps. */
function assertChain(items, end) {
  for (const [, before, offset] of items) {
    assert.equal(before, end);
    end = offset;
  }
}

for (const [name, makeStore] of [
  ['a table', () => tableStore(randomly)],
  ['a store that counts by itself', () => slowly(memoryFeeds())],
  ['memory', () => memoryFeeds()],
]) {
  test(`publishes of one feed leave in the order of their offsets: ${name}`, async (t) => {
    const { feed, dial } = await startFeed(t, { feed: { store: makeStore() } });
    const link = await dial('ann');
    const { end } = await link.read(null, null);
    const all = upTo(60).map((n) => feed.user('ann').publish('n', n));
    await Promise.all(all);
    await until(() => link.items.length === 60, 'all items');
    assertChain(link.items, end);
    assert.deepEqual(
      link.items.map((item) => item.at(-1)),
      upTo(60),
    );
  });
}

test('a publish resolves once it is stored, and nothing is sent before', async (t) => {
  const gate = deferred();
  const store = tableStore();
  const { append } = store;
  let isHeld = false;
  store.append = async (...args) => {
    if (isHeld) await gate.promise;
    return append(...args);
  };
  const { feed, dial } = await startFeed(t, { feed: { store } });
  const link = await dial('ann');
  await link.read(null, null);
  isHeld = true;
  let isResolved = false;
  const publishing = feed.user('ann').publish('n', 1);
  publishing.then(() => {
    isResolved = true;
  });
  // Another feed does not wait for it, and its own connection receives nothing.
  await link.barrier();
  assert.deepEqual([link.items, isResolved], [[], false]);
  gate.resolve();
  await publishing;
  await until(() => link.items.length === 1, 'the item');
});

test('a store that fails rejects the publish and sends nothing, and the next publish works', async (t) => {
  for (const fail of [
    () => {
      throw new Error('store down');
    },
    () => Promise.reject(new Error('store down')),
  ]) {
    const store = memoryFeeds();
    const { push } = store;
    const { feed, dial } = await startFeed(t, { feed: { store } });
    const [reader, plain] = [await dial('ann'), await dial('ann')];
    const { end } = await reader.read(null, null);
    store.push = fail;
    await assert.rejects(feed.user('ann').publish('n', 1), /store down/);
    store.push = push;
    await feed.user('ann').publish('n', 2);
    await until(() => reader.items.length && plain.plain.length, 'the next one');
    assert.deepEqual(
      reader.items.map((item) => item.slice(-2)),
      [['n', 2]],
    );
    assert.deepEqual(plain.plain, [['n', 2]]);
    assertChain(reader.items, end);
  }
});

test('a publish that the store never answers rejects in time, and the next publish works', async (t) => {
  const store = memoryFeeds();
  const { push } = store;
  const { feed, dial } = await startFeed(t, { feed: { store, timeoutMs: 100 } });
  const link = await dial('ann');
  await link.read(null, null);
  store.push = () => new Promise(() => {});
  const lost = feed.user('ann').publish('n', 1);
  const next = feed.user('ann').publish('n', 2);
  store.push = push;
  await assert.rejects(lost, /did not answer in time/);
  await next;
  await until(() => link.items.length === 1, 'the next one');
});

test('a store that answers a publish with nonsense rejects it', async (t) => {
  const places = [
    undefined,
    null,
    true,
    {},
    { number: -1, tag: 'aaaaaa' },
    { number: 1, tag: '"' },
  ];
  for (const answer of places) {
    for (const wrap of [(value) => value, async (value) => value]) {
      const store = { ...memoryFeeds(), push: () => wrap(answer) };
      const { feed } = await startFeed(t, { feed: { store } });
      await assert.rejects(feed.user('ann').publish('n', 1), /without the end/);
    }
  }
  const table = { ...tableStore(), append: async () => 'yes' };
  const { feed } = await startFeed(t, { feed: { store: table } });
  await assert.rejects(feed.user('ann').publish('n', 1), /no boolean/);
});

test('two processes with one table continue one sequence of numbers', async (t) => {
  const store = tableStore(randomly);
  const one = await startFeed(t, { feed: { store } });
  const other = await startFeed(t, { feed: { store } });
  await Promise.all(upTo(40).map((n) => [one, other][n % 2].feed.user('ann').publish('n', n)));
  const rows = store.table.get('u:ann');
  assert.deepEqual(
    rows.map(({ number }) => number),
    upTo(41),
  );
  const link = await one.dial('ann');
  const { items } = await link.read(null, `0.${rows[0].tag}`);
  // The items of each process are in their order.
  for (const part of [0, 1]) {
    assert.deepEqual(
      items.map(([, , n]) => n).filter((n) => n % 2 === part),
      upTo(40).filter((n) => n % 2 === part),
    );
  }
});

test('an item is not stored twice if the database client lost the answer', async (t) => {
  const store = tableStore();
  const { append } = store;
  const { feed, dial } = await startFeed(t, { feed: { store } });
  const link = await dial('ann');
  const { end } = await link.read(null, null);
  // The database client sends the statement again, which finds the number in use.
  store.append = async (...args) => {
    await append(...args);
    return append(...args);
  };
  await feed.user('ann').publish('n', 1);
  await until(() => link.items.length === 1, 'the item');
  assertChain(link.items, end);
  assert.equal(store.table.get('u:ann').length, 2);
});

test('an item that is published while another one is sent arrives after it everywhere', async (t) => {
  const { io, feed, dial } = await startFeed(t);
  const links = [await dial('ann'), await dial('ann'), await dial('ann')];
  let nested;
  for (const socket of io.sockets.sockets.values()) {
    socket.onAnyOutgoing((event) => {
      if (event === 'holdfast:item') nested ??= feed.user('ann').publish('n', 2);
    });
  }
  for (const link of links) await link.read(null, null);
  await feed.user('ann').publish('n', 1);
  await nested;
  for (const link of links) {
    await until(() => link.items.length === 2, 'both');
    assert.deepEqual(
      link.items.map((item) => item.at(-1)),
      [1, 2],
    );
  }
});

test('the arguments may be changed as soon as publish has returned', async (t) => {
  for (const store of [memoryFeeds(), slowly(memoryFeeds()), tableStore(randomly)]) {
    const { feed, dial } = await startFeed(t, { feed: { store } });
    const [reader, plain] = [await dial('ann'), await dial('ann')];
    const { end } = await reader.read(null, null);
    const message = { text: 'before', list: [1], bytes: Buffer.from([1, 2]), at: new Date(0) };
    const publishing = feed.user('ann').publish('message', message);
    message.text = 'after';
    message.list.push(2);
    message.bytes[0] = 9;
    message.at.setTime(5);
    await publishing;
    await until(() => reader.items.length && plain.plain.length, 'one each');
    const expected = {
      ...{ text: 'before', list: [1], bytes: Buffer.from([1, 2]) },
      at: '1970-01-01T00:00:00.000Z',
    };
    assert.deepEqual(reader.items[0].slice(3), ['message', expected]);
    assert.deepEqual(plain.plain, [['message', expected]]);
    const { items } = await reader.read(null, end);
    assert.deepEqual(items[0].slice(1), ['message', expected]);
  }
});

test('a value that cannot be encoded is left out and reported, live and stored', async (t) => {
  const { feed, errors, dial } = await startFeed(t);
  const link = await dial('ann');
  const { end } = await link.read(null, null);
  const cycle = { name: 'cycle' };
  cycle.self = cycle;
  const thrower = {
    get bad() {
      throw new Error('no');
    },
    good: 1,
  };
  const deep = upTo(3000).reduce((inner) => [inner], 1);
  const args = [5n, cycle, thrower, new Blob(['x']), () => {}, Symbol('x'), undefined, Number.NaN];
  const expected = ['5', { name: 'cycle', self: null }, { bad: null, good: 1 }, null];
  await feed.user('ann').publish('odd', ...args);
  await feed.user('ann').publish('deep', deep);
  await until(() => link.items.length === 2, 'both items');
  const { items } = await link.read(null, end);
  for (const got of [link.items[0].slice(3), items[0].slice(1)]) {
    assert.deepEqual(got, ['odd', ...expected, null, null, null, null]);
  }
  assert.deepEqual(items[1].slice(1), link.items[1].slice(3));
  assert.deepEqual(
    errors.map(({ at, feed: key }) => [at, key]),
    [
      ['encode', 'u:ann'],
      ['encode', 'u:ann'],
    ],
  );
  assert.match(errors[0].error.message, /a bigint, an object that contains itself/);
});

test('binary values of every kind arrive unchanged, and values that only look like them are left alone', async (t) => {
  const { feed, dial } = await startFeed(t);
  const [reader, plain] = [await dial('ann'), await dial('ann')];
  const { end } = await reader.read(null, null);
  const args = [
    ...[Buffer.from([0, 255]), new Uint8Array([1, 2]), new Uint8Array([3, 4]).buffer],
    ...[new DataView(new ArrayBuffer(2)), Buffer.alloc(0)],
    { list: [Buffer.from('x')], type: 'Buffer', data: [1] },
    ...[[0, 'AA=='], '!["x"]', { _placeholder: 1 }],
  ];
  const expected = [
    ...[Buffer.from([0, 255]), Buffer.from([1, 2]), Buffer.from([3, 4])],
    ...[Buffer.from([0, 0]), Buffer.alloc(0)],
    { list: [Buffer.from('x')], type: 'Buffer', data: [1] },
    ...[[0, 'AA=='], '!["x"]', { _placeholder: 1 }],
  ];
  await feed.user('ann').publish('bytes', ...args);
  await until(() => reader.items.length && plain.plain.length, 'one each');
  const { items } = await reader.read(null, end);
  assert.deepEqual(reader.items[0].slice(4), expected);
  assert.deepEqual(plain.plain[0].slice(1), expected);
  assert.deepEqual(items[0].slice(2), expected);
});

test('an error while sending is reported, and the item is stored', async (t) => {
  const { io, feed, errors, dial } = await startFeed(t);
  const link = await dial('ann');
  const { end } = await link.read(null, null);
  for (const socket of io.sockets.sockets.values()) {
    socket.onAnyOutgoing(() => {
      throw new Error('a listener of the app’s');
    });
  }
  await feed.user('ann').publish('n', 1);
  assert.deepEqual(
    errors.map(({ at }) => at),
    ['emit'],
  );
  for (const socket of io.sockets.sockets.values()) socket.offAnyOutgoing();
  assert.equal((await link.read(null, end)).items.length, 1);
});

test('publishing to very many feeds leaves no memory of their order', async (t) => {
  const store = memoryFeeds({ maxFeeds: 10 });
  const { feed } = await startFeed(t, { feed: { store } });
  for (let n = 0; n < 20_000; n += 1) await feed.user(`u${n}`).publish('n', n);
  assert.equal(store.read('u:u19999', 0, 5, LIMITS).end.number, 1);
});

/** A few random milliseconds, the same in each run. */
function randomly() {
  turns += 1;
  return new Promise((resolve) => setTimeout(resolve, (turns * 7) % 5));
}
let turns = 0;

/** A store that answers after a delay. */
function slowly(store) {
  return {
    async push(...args) {
      await randomly();
      const answer = store.push(...args);
      await randomly();
      return answer;
    },
    async read(...args) {
      await randomly();
      return store.read(...args);
    },
  };
}
