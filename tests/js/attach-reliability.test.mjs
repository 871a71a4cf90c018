// `attachReliability` on a server without join and ping handlers, with plain clients and with the package.

import assert from 'node:assert/strict';
import http from 'node:http';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import { attachReliability } from '../../pkg/esm/server.mjs';
import { pkg } from '../support/paths.mjs';
import { until } from '../support/until.mjs';

const { createClient } = await import(pathToFileURL(`${pkg}/esm/index.mjs`).href);

test('a user joins their own room, and receives events that are sent to it', async (t) => {
  const { dial, server } = await start(t);
  const ann = await dial('ann');
  const joined = new Promise((resolve) => ann.once('room:joined', resolve));
  assert.deepEqual(await ann.emitWithAck('join', 'ann'), { success: true, room: 'user_ann' });
  assert.deepEqual(await joined, { room: 'user_ann', userId: 'ann', socketId: ann.id });
  const heard = new Promise((resolve) => ann.once('message:new', resolve));
  server.to('user_ann').emit('message:new', 'hello');
  assert.equal(await heard, 'hello');
});

test('no client can join as another user, or without a user', async (t) => {
  const { dial, server } = await start(t);
  const cases = [
    ...['bob', '', undefined, null, 5, {}, ['ann'], { toString: 'ann' }, true].map((id) => [
      'ann',
      id,
    ]),
    [undefined, 'undefined'],
    [undefined, undefined],
    [null, 'null'],
    ['', ''],
  ];
  for (const [user, id] of cases) {
    const client = await dial(user);
    const refused = new Promise((resolve) => client.once('room:error', resolve));
    const reply = await client.emitWithAck('join', id);
    assert.equal(reply.code, 'FORBIDDEN', JSON.stringify([user, id]));
    assert.ok(Date.parse(reply.timestamp));
    assert.deepEqual(await refused, { message: reply.error, code: 'FORBIDDEN' });
  }
  const rooms = [...server.of('/').adapter.rooms.keys()];
  assert.deepEqual(
    rooms.filter((room) => room.startsWith('user_')),
    [],
  );
});

test('a user’s id may be a number, a bigint or an id object', async (t) => {
  for (const user of [7, 7n, { toString: () => '7' }]) {
    const { dial } = await start(t, () => user);
    for (const id of [7, '7']) {
      const client = await dial('x');
      assert.deepEqual(await client.emitWithAck('join', id), { success: true, room: 'user_7' });
    }
  }
});

test('a userId that throws or returns no id is reported, and the client does not join', async (t) => {
  const printed = t.mock.method(console, 'error', () => {});
  const ways = [
    () => {
      throw new Error('no session');
    },
    () => ({}),
    async () => 'ann',
    () => Number.NaN,
  ];
  for (const [n, userId] of ways.entries()) {
    const { dial } = await start(t, userId);
    const client = await dial('ann');
    for (const id of ['ann', '[object Promise]', 'NaN']) {
      const reply = await client.emitWithAck('join', id);
      assert.equal(reply.code, 'INTERNAL_ERROR');
      assert.doesNotMatch(JSON.stringify(reply), /session/);
    }
    assert.equal(printed.mock.callCount(), (n + 1) * 3);
  }
});

test('a ping is acknowledged, or answered with a pong if it has no acknowledgement', async (t) => {
  const { dial } = await start(t);
  const ann = await dial('ann');
  assert.equal(await ann.emitWithAck('ping'), 'pong');
  assert.equal(await ann.emitWithAck('ping', { any: 'thing' }), 'pong');
  const pong = new Promise((resolve) => ann.once('pong', resolve));
  ann.emit('ping');
  await pong;
});

test('without acknowledgements, and with arguments of any shape, nothing breaks', async (t) => {
  const { dial } = await start(t);
  const ann = await dial('ann');
  for (const args of [[], [null], [() => {}], [{}, () => {}], ['ann', 'x', 5, () => {}], [[[]]]]) {
    ann.emit('join', ...args);
    ann.emit('ping', ...args);
  }
  assert.equal(await ann.emitWithAck('ping'), 'pong');
  const joined = new Promise((resolve) => ann.once('room:joined', resolve));
  ann.emit('join', 'ann');
  await joined;
});

test('a namespace can have it as well', async (t) => {
  const { dial, server } = await start(t);
  attachReliability(server.of('/chat'), { userId: (socket) => socket.handshake.auth.user });
  const ann = await dial('ann', '/chat');
  assert.equal((await ann.emitWithAck('join', 'ann')).success, true);
});

test('a room that can’t be joined is an error to try again', async (t) => {
  t.mock.method(console, 'error', () => {});
  const { dial, server } = await start(t);
  const ann = await dial('ann');
  server.of('/').adapter.addAll = async () => {
    throw new Error('the cluster is away');
  };
  const reply = await ann.emitWithAck('join', 'ann');
  assert.equal(reply.code, 'INTERNAL_ERROR');
  assert.doesNotMatch(JSON.stringify(reply), /cluster/);
});

test('a holdfast client is ready and healthy with it', async (t) => {
  const { url } = await start(t);
  const client = createClient({
    url,
    auth: { user: 'ann' },
    userId: 'ann',
    join: { fallbackMs: 60_000 },
    health: { event: 'ping', intervalMs: 100, timeoutMs: 5000, probeMs: 100 },
  });
  t.after(() => client.destroy());
  client.connect();
  await until(() => client.getState().isReady, 'it has joined');
  await until(() => client.getState().connectionHealth.lastPongTime, 'a pong came');
});

test('misuse throws a TypeError with the received and the accepted values', () => {
  const server = new Server();
  const userId = () => 1;
  for (const [io, options, message] of [
    [undefined, { userId }, /attachReliability: io takes a Server or a Namespace.*, got undefined/],
    [{}, { userId }, /io takes .*, got an object/],
    [server, undefined, /userId takes a function \(socket\) => id, got undefined/],
    [server, { userId: 'ann' }, /userId takes .*, got a string/],
    [server, { userId, room: 'x' }, /there is no option room; it takes userId/],
  ]) {
    assert.throws(() => attachReliability(io, options), { name: 'TypeError', message });
  }
});

/** A server with nothing but this, and a function that connects clients to it. */
async function start(t, userId = (socket) => socket.handshake.auth.user) {
  const web = http.createServer();
  const server = new Server(web);
  attachReliability(server, { userId });
  await new Promise((resolve) => web.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${web.address().port}`;
  const dial = async (user, namespace = '') => {
    const options = { auth: { user }, forceNew: true, transports: ['websocket'] };
    const client = io(url + namespace, options);
    t.after(() => client.disconnect());
    await new Promise((resolve) => client.once('connect', resolve));
    return client;
  };
  return { server, url, dial };
}
