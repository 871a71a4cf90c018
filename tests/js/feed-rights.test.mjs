// The rights to read a feed: who has them, when the app is asked, and how they end.

import assert from 'node:assert/strict';
import test from 'node:test';
import { memoryFeeds } from '../../pkg/esm/server.mjs';
import { startFeed } from '../support/feed-kit.mjs';
import { deferred, until } from '../support/until.mjs';

test('without authorize no client may read a room', async (t) => {
  const { feed, dial } = await startFeed(t, { feed: { authorize: undefined } });
  const link = await dial('ann');
  assert.equal((await link.read('open-1', null)).code, 'FORBIDDEN');
  await feed.room('open-1').publish('n', 1);
  await link.barrier();
  assert.deepEqual(link.items, []);
});

test('any answer but true refuses, and a failure is reported', async (t) => {
  const secret = new Error('secret of the database');
  const answers = {
    yes: () => true,
    'yes later': async () => true,
    one: () => 1,
    text: () => 'true',
    object: () => ({}),
    nothing: () => undefined,
    'one later': async () => 1,
    throws: () => {
      throw secret;
    },
    rejects: () => Promise.reject(secret),
  };
  const authorize = (_socket, room) => answers[room]();
  const { dial, errors, io } = await startFeed(t, { feed: { authorize } });
  const link = await dial('ann');
  for (const room of Object.keys(answers)) {
    const answer = await link.read(room, null);
    assert.equal(answer.code, room.startsWith('yes') ? undefined : 'FORBIDDEN', room);
    assert.doesNotMatch(JSON.stringify(answer), /secret/);
  }
  assert.deepEqual(
    errors.map(({ at, error }) => [at, error]),
    [
      ['authorize', secret],
      ['authorize', secret],
    ],
  );
  // Nobody waits for anything any more.
  const rooms = [...io.sockets.adapter.rooms.keys()];
  assert.deepEqual(
    rooms.filter((room) => room.startsWith('holdfast:pending:')),
    [],
  );
  // The rooms of the package are no feeds.
  for (const room of ['holdfast:feed:u:bob', 'holdfast:user:bob']) {
    assert.equal((await link.read(room, null)).code, 'FORBIDDEN');
  }
});

test('authorize is called once per connection, with the socket and the room, however many reads there are', async (t) => {
  const asked = [];
  const gate = deferred();
  const authorize = async (socket, room) => {
    asked.push([socket.handshake.auth.userId, room]);
    await gate.promise;
    return true;
  };
  const { dial } = await startFeed(t, { feed: { authorize } });
  const link = await dial('ann');
  const reads = Array.from({ length: 10 }, () => link.read('open-1', null));
  await until(() => asked.length > 0, 'the question');
  gate.resolve();
  for (const { end } of await Promise.all(reads)) assert.ok(end);
  await link.read('open-1', null);
  assert.deepEqual(asked, [['ann', 'open-1']]);
  await (await dial('ann')).read('open-1', null);
  assert.equal(asked.length, 2);
});

test('an authorize that never answers is UNAVAILABLE in time, and allows no read', async (t) => {
  const authorize = () => new Promise(() => {});
  const { dial, errors, io, feed } = await startFeed(t, { feed: { authorize, timeoutMs: 100 } });
  const link = await dial('ann');
  const { code, retryAfterMs } = await link.read('open-1', null);
  assert.equal(code, 'UNAVAILABLE');
  assert.ok(retryAfterMs > 0);
  assert.deepEqual(
    errors.map(({ at }) => at),
    ['authorize'],
  );
  assert.equal(io.sockets.adapter.rooms.has('holdfast:pending:r:open-1'), false);
  await feed.room('open-1').publish('n', 1);
  await link.barrier();
  assert.deepEqual(link.items, []);
});

test('a right that is revoked while authorize runs stays revoked', async (t) => {
  const gate = deferred();
  let asked = 0;
  const authorize = async () => {
    asked += 1;
    await gate.promise;
    return true;
  };
  const { dial, feed } = await startFeed(t, { feed: { authorize } });
  const [ann, bob] = [await dial('ann'), await dial('bob')];
  const reads = [ann.read('open-1', null), bob.read('open-1', null)];
  await until(() => asked === 2, 'both questions');
  await feed.room('open-1').revoke('ann');
  gate.resolve();
  const [forAnn, forBob] = await Promise.all(reads);
  assert.equal(forAnn.code, 'FORBIDDEN');
  assert.ok(forBob.end);
  await feed.room('open-1').publish('n', 1);
  await until(() => bob.items.length === 1, 'the item for bob');
  await ann.barrier();
  assert.deepEqual(ann.items, []);
  // The next read asks anew.
  assert.ok((await ann.read('open-1', null)).end);
});

test('a right that is revoked during a read of the store passes on nothing', async (t) => {
  const gate = deferred();
  const store = memoryFeeds();
  let isAsked = false;
  const held = {
    ...store,
    async read(...args) {
      isAsked = true;
      const page = store.read(...args);
      await gate.promise;
      return page;
    },
  };
  const { dial, feed } = await startFeed(t, { feed: { store: held } });
  await feed.room('open-1').publish('secret', 1);
  const link = await dial('ann');
  const reading = link.read('open-1', null);
  await until(() => isAsked, 'the store is asked');
  await feed.room('open-1').revoke('ann');
  gate.resolve();
  const answer = await reading;
  assert.equal(answer.code, 'FORBIDDEN');
  assert.equal('end' in answer, false);
});

test('revoking removes all connections of the user, also from the plain room', async (t) => {
  const { dial, feed, io } = await startFeed(t, {
    connected: (socket) => socket.join('open-1'),
  });
  const [reader, plain, bob] = [await dial('ann'), await dial('ann'), await dial('bob')];
  await reader.read('open-1', null);
  await bob.read('open-1', null);
  await feed.room('open-1').revoke('ann');
  await feed.room('open-1').publish('n', 1);
  await until(() => bob.items.length === 1, 'the item for bob');
  for (const link of [reader, plain]) {
    await link.barrier();
    assert.deepEqual([link.items, link.plain], [[], []]);
  }
  assert.deepEqual([...io.sockets.adapter.rooms.get('open-1')].length, 1);
});

test('a connection in no room of its user is found as well', async (t) => {
  // The app has no rooms of users, and knows who it is only after the connection was made.
  const users = new Map();
  const { dial, feed } = await startFeed(t, {
    feed: { userId: (socket) => users.get(socket.id), userRoom: (id) => `elsewhere:${id}` },
  });
  const link = await dial(undefined);
  users.set(link.socket.id, 7);
  await link.read('open-1', null);
  await feed.room('open-1').revoke('7');
  await feed.room('open-1').publish('n', 1);
  await link.barrier();
  assert.deepEqual(link.items, []);
});

test('items that are published while authorize runs arrive by the read, and never as plain events', async (t) => {
  const gate = deferred();
  let asked = 0;
  const authorize = async () => {
    asked += 1;
    await gate.promise;
    return true;
  };
  const { dial, feed } = await startFeed(t, {
    feed: { authorize },
    connected: (socket) => socket.join('open-1'),
  });
  const [first, plain] = [await dial('ann'), await dial('bob')];
  const reading = first.read('open-1', null);
  await until(() => asked === 1, 'the question');
  await feed.room('open-1').publish('n', 1);
  await until(() => plain.plain.length === 1, 'the plain event of another');
  gate.resolve();
  const { end } = await reading;
  assert.match(end, /^1\./);
  assert.deepEqual([first.plain, first.items], [[], []]);
});

test('a connection is subscribed before the store is read', async (t) => {
  const gate = deferred();
  const store = memoryFeeds();
  let isAsked = false;
  const held = {
    ...store,
    async read(...args) {
      const page = store.read(...args);
      isAsked = true;
      await gate.promise;
      return page;
    },
  };
  const { dial, feed } = await startFeed(t, { feed: { store: held } });
  const link = await dial('ann');
  const reading = link.read(null, null);
  await until(() => isAsked, 'the store is asked');
  // Stored after the store looked: only live can it come.
  await feed.user('ann').publish('n', 1);
  await until(() => link.items.length === 1, 'the item, before the answer');
  gate.resolve();
  assert.equal((await reading).end, link.items[0][1]);
});

test('a connection that changed its user receives nothing of the previous user', async (t) => {
  const { dial, feed, io } = await startFeed(t, {
    feed: { userId: (socket) => socket.data.user ?? socket.handshake.auth.userId },
  });
  const link = await dial('ann');
  await link.read(null, null);
  await link.read('open-1', null);
  const [socket] = io.sockets.sockets.values();
  socket.data.user = 'bob';
  // As an app does.
  socket.leave('user_ann');
  await link.read(null, null);
  await feed.user('ann').publish('n', 'ann');
  await feed.room('open-1').publish('n', 'room');
  await feed.user('bob').publish('n', 'bob');
  await until(() => link.items.length > 0, 'an item');
  await link.barrier();
  assert.deepEqual(
    link.items.map((item) => item.at(-1)),
    ['bob'],
  );
  // And the other way round: revoking the one before changes nothing for this one.
  await link.read('open-1', null);
  await feed.room('open-1').revoke('ann');
  await feed.room('open-1').publish('n', 'room');
  await until(() => link.items.length === 2, 'the item of the room');
});

test('a user that changes while authorize runs is not allowed by its answer', async (t) => {
  const gate = deferred();
  let asked = 0;
  const { dial, io } = await startFeed(t, {
    feed: {
      userId: (socket) => socket.data.user ?? 'ann',
      async authorize() {
        asked += 1;
        await gate.promise;
        return true;
      },
    },
  });
  const link = await dial('x');
  const reading = link.read('open-1', null);
  await until(() => asked === 1, 'the question');
  const [socket] = io.sockets.sockets.values();
  socket.data.user = 'bob';
  gate.resolve();
  assert.equal((await reading).code, 'FORBIDDEN');
});

test('ids may be numbers, bigints and id objects, and any other value is an error and no user', async (t) => {
  const ids = {
    seven: () => 7,
    big: () => 7n,
    object: () => ({ toString: () => '7' }),
    text: () => '7',
  };
  const wrong = {
    promise: async () => '7',
    rejected: () => Promise.reject(new Error('no session')),
    plain: () => ({}),
    nan: () => Number.NaN,
    function: () => () => '7',
    boolean: () => true,
    throws() {
      throw new Error('no session');
    },
  };
  const userId = ({ handshake }) => ({ ...ids, ...wrong })[handshake.auth.userId]();
  const { dial, feed, errors } = await startFeed(t, { feed: { userId } });
  const links = [];
  for (const name of Object.keys(ids)) {
    const link = await dial(name);
    assert.ok((await link.read(null, null)).end, name);
    links.push(link);
  }
  await feed.user(7).publish('n', 1);
  for (const link of links) await until(() => link.items.length === 1, 'the item');
  for (const name of Object.keys(wrong)) {
    const link = await dial(name);
    assert.equal((await link.read(null, null)).code, 'UNAVAILABLE', name);
    assert.equal((await link.read('open-1', null)).code, 'UNAVAILABLE', name);
    await feed.user(7).publish('n', 2);
    await link.barrier();
    assert.deepEqual(link.items, [], name);
  }
  assert.ok(errors.every(({ at }) => at === 'userId'));
  assert.equal(errors.length, 2 * Object.keys(wrong).length);
});

test('a connection that is gone before it was allowed leaves no room behind', async (t) => {
  const gate = deferred();
  let asked = 0;
  let user = 'ann';
  const authorize = async () => {
    asked += 1;
    await gate.promise;
    return true;
  };
  const { dial, io } = await startFeed(t, { feed: { authorize, userId: () => user } });
  const link = await dial('ann');
  for (const room of ['open-1', 'open-2']) link.read(room, null).catch(() => {});
  await until(() => asked === 2, 'the questions');
  link.socket.disconnect();
  await until(() => io.sockets.sockets.size === 0, 'it is gone');
  user = 'bob';
  gate.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([...io.sockets.adapter.rooms.keys()], []);
});

test('a connection that Socket.IO recovers is authorized again, and receives nothing twice', async (t) => {
  const { dial, feed, io } = await startFeed(t, {
    io: { connectionStateRecovery: { maxDisconnectionDuration: 60_000 } },
    connected: (socket) => socket.join('open-1'),
  });
  const [reader, plain] = [await dial('ann', { reconnection: true }), await dial('ann', {})];
  const { end: own } = await reader.read(null, null);
  const { end: room } = await reader.read('open-1', null);
  // Something that gives the connection a place to recover from.
  for (const socket of io.sockets.sockets.values()) socket.emit('hello');
  await until(() => reader.plain.length && plain.plain.length, 'hello');
  await feed.user('ann').publish('n', 0);
  await until(() => reader.items.length === 1, 'an item');
  assert.deepEqual(reader.items[0].slice(3), ['n', 0], 'without an argument of Socket.IO’s');

  const gone = new Promise((resolve) => reader.socket.once('disconnect', resolve));
  reader.socket.io.engine.close();
  await gone;
  await feed.user('ann').publish('n', 1);
  await feed.room('open-1').publish('n', 2);
  await until(() => reader.announced > 1 && reader.socket.connected, 'the connection is back');
  assert.equal(reader.socket.recovered, true);
  await reader.barrier();
  assert.deepEqual(
    reader.plain.map(([event]) => event),
    ['hello'],
    'no plain event of what it reads',
  );
  assert.equal(reader.items.length, 1, 'no item before it reads');
  await feed.user('ann').publish('n', 3);
  await until(() => reader.plain.length === 2, 'until it reads it is sent plain events');
  const answers = [await reader.read(null, own), await reader.read('open-1', room)];
  assert.deepEqual(
    answers.map(({ items }) => items.map((item) => item.slice(1))),
    [
      [
        ['n', 0],
        ['n', 1],
        ['n', 3],
      ],
      [['n', 2]],
    ],
  );
  // A connection that reads no feed receives the plain events, as always.
  assert.deepEqual(plain.plain.map(([event, n]) => [event, n]).slice(1), [
    ['n', 0],
    ['n', 1],
    ['n', 2],
    ['n', 3],
  ]);
});

test('a right that is revoked while the connection is lost is not recovered with it', async (t) => {
  const rights = new Set(['ann']);
  const { dial, feed, io } = await startFeed(t, {
    feed: { authorize: (socket) => rights.has(socket.handshake.auth.userId) },
    io: { connectionStateRecovery: { maxDisconnectionDuration: 60_000 } },
  });
  const link = await dial('ann', { reconnection: true });
  await link.read('open-1', null);
  for (const socket of io.sockets.sockets.values()) socket.emit('hello');
  await until(() => link.plain.length, 'hello');
  const gone = new Promise((resolve) => link.socket.once('disconnect', resolve));
  link.socket.io.engine.close();
  await gone;
  rights.clear();
  await feed.room('open-1').revoke('ann');
  await feed.room('open-1').publish('secret', 1);
  await until(() => link.announced > 1, 'the connection is back');
  assert.equal(link.socket.recovered, true);
  await feed.room('open-1').publish('secret', 2);
  assert.equal((await link.read('open-1', null)).code, 'FORBIDDEN');
  assert.deepEqual([link.items, link.plain.length], [[], 1]);
});
