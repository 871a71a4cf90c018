// The options of `createFeed` and its stores, and their errors.

import assert from 'node:assert/strict';
import test from 'node:test';
import { createFeed, memoryFeeds, redisFeeds } from '../../pkg/esm/server.mjs';
import { startBareServer } from '../support/bare-server.mjs';
import { startFeed } from '../support/feed-kit.mjs';

const userId = () => 'ann';

test('an option that is missing, wrong or unknown is refused with its name', async (t) => {
  const { io } = await startBareServer(t);
  const wrong = [
    [undefined, /options takes an object/],
    [null, /options takes an object/],
    [{}, /userId takes a function/],
    [{ userId: 'ann' }, /userId takes a function.*got a string/],
    [{ userId, authorize: true }, /authorize takes a function/],
    [{ userId, userRoom: 'user_' }, /userRoom takes a function/],
    [{ userId, store: {} }, /store takes an object with the methods append and read/],
    [{ userId, store: { read() {} } }, /store takes/],
    [{ userId, store: null }, /store takes/],
    ...['max', 'pageSize', 'pageBytes', 'maxReads', 'maxReadsPerConnection'].flatMap((name) =>
      [0, -1, 1.5, '5', Number.NaN].map((bound) => [
        { userId, [name]: bound },
        new RegExp(`${name} takes a whole number above 0`),
      ]),
    ),
    ...['ttlMs', 'timeoutMs'].map((name) => [
      { userId, [name]: 0 },
      new RegExp(`${name} takes a number of milliseconds`),
    ]),
    [{ userId, onError: 5 }, /onError takes a function/],
    [
      { userId, authorise: () => true },
      /no option authorise; it takes userId, authorize, userRoom, store/,
    ],
  ];
  for (const [options, message] of wrong) {
    assert.throws(() => createFeed(io, options), { name: 'TypeError', message });
  }
  // A secret is never quoted.
  assert.throws(
    () => createFeed(io, { userId: 'sec-ret' }),
    (error) => !/sec-ret/.test(error.message),
  );
  createFeed(io, { userId });
});

test('io is a Server or one Namespace, and has one feed', async (t) => {
  const { io } = await startBareServer(t);
  for (const other of [undefined, null, 5, {}, { on() {} }, io.engine]) {
    assert.throws(() => createFeed(other, { userId }), /io takes a Server or a Namespace/);
  }
  assert.throws(() => createFeed(io.of(/^\/dynamic-/), { userId }), /io takes one Namespace/);
  createFeed(io, { userId });
  assert.throws(() => createFeed(io.of('/'), { userId }), /the namespace \/ has a feed already/);
  createFeed(io.of('/other'), { userId });
});

test('the stores refuse unknown options', () => {
  for (const name of ['max', 'maxFeeds', 'maxBytes']) {
    assert.throws(() => memoryFeeds({ [name]: 0 }), new RegExp(`memoryFeeds: ${name} takes`));
  }
  assert.throws(() => memoryFeeds({ ttlMs: -1 }), /memoryFeeds: ttlMs takes/);
  assert.throws(() => memoryFeeds(null), /memoryFeeds: options takes/);
  assert.throws(() => memoryFeeds({ ttl: 5 }), /there is no option ttl/);
  assert.throws(() => redisFeeds(undefined), /redisFeeds: client takes/);
  assert.throws(() => redisFeeds({ eval() {} }, { prefix: 'a{b}' }), /redisFeeds: prefix takes/);
  assert.throws(() => redisFeeds({ eval() {} }, { leaseMs: 5 }), /there is no option leaseMs/);
});

test('a feed belongs to a user id or a room, and to nothing else', async (t) => {
  const { feed } = await startFeed(t);
  for (const id of [
    undefined,
    null,
    '',
    {},
    [],
    Number.NaN,
    true,
    () => 'ann',
    Promise.resolve(1),
  ]) {
    assert.throws(() => feed.user(id), { name: 'TypeError', message: /feed.user\(id\) takes/ });
    await assert.rejects(feed.room('open').revoke(id), { name: 'TypeError' });
  }
  for (const room of [undefined, null, '', 5, {}, 'x'.repeat(501)]) {
    assert.throws(() => feed.room(room), { name: 'TypeError', message: /feed.room\(room\) takes/ });
  }
  assert.throws(() => feed.room('holdfast:feed:u:ann'), /package's own/);
  await feed.user({ toString: () => '7' }).publish('n', 1);
  await feed.user(7n).publish('n', 2);
  await feed.user(7).publish('n', 3);
  await feed.room('x'.repeat(500)).publish('n');
});

test('reserved event names of Socket.IO and of the package cannot be published', async (t) => {
  const { feed, dial } = await startFeed(t);
  const link = await dial('ann');
  const { end } = await link.read(null, null);
  const reserved = ['connect', 'connect_error', 'disconnect', 'disconnecting'];
  const events = [...reserved, 'newListener', 'removeListener', 'holdfast:item', 'holdfast:x'];
  for (const event of [...events, '', undefined, null, 5, {}, Symbol('x')]) {
    await assert.rejects(feed.user('ann').publish(event, 1), { name: 'TypeError' });
  }
  await link.barrier();
  assert.deepEqual(link.items, []);
  assert.deepEqual(await link.read(null, end), { items: [], end });
});

test('neither importing nor creating a store has an effect', () => {
  const before = process.getActiveResourcesInfo().length;
  memoryFeeds();
  redisFeeds({ eval: () => assert.fail('nothing is asked before it is needed') });
  assert.equal(process.getActiveResourcesInfo().length, before);
});
