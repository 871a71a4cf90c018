// Which transport is tried, and that none is left open.

import assert from 'node:assert/strict';
import test from 'node:test';
import { createProxy } from '../support/proxy.mjs';
import { api, ready, roundTrip, send, settled, start, until } from './shell-kit.mjs';

test('each failed attempt tries the other transport first, and the list of the app stays as it is', async (t) => {
  const transports = ['polling', 'websocket'];
  const server = await start(t, { io: { transports } });
  await server.stop();
  const socket = api.getSocket();
  const tried = [];
  socket.on('connect_error', () => tried.push(socket.io.opts.transports));
  api.initializeSocket('u1');
  await until(() => tried.length >= 3, 'three attempts');
  assert.deepEqual(tried.slice(0, 3), [
    ['polling', 'websocket'],
    ['websocket', 'polling'],
    ['polling', 'websocket'],
  ]);
  // socket.io-client writes to the list that it has.
  assert.ok(tried.every((list) => list !== transports));
});

test('a WebSocket that never answers is given up for the other transport', async (t) => {
  const server = await start(t);
  const proxy = await createProxy({ target: { port: server.port } });
  t.after(() => proxy.close());
  proxy.hangUpgrade();
  const io = { transports: ['websocket', 'polling'] };
  api.configureSocket({ url: proxy.url, io, auth: {}, logger: null, reconnect: HASTY });
  api.initializeSocket('u1');
  await ready();
  assert.equal(api.getSocket().io.engine.transport.name, 'polling');
});

/** A WebSocket has little time, an attempt has much. */
const HASTY = { minMs: 1, maxMs: 20, spreadMs: 0, upgradeTimeoutMs: 50, connectTimeoutMs: 600_000 };

test('a server that refuses the connection is left without one', async (t) => {
  const server = await start(t, { reconnect: { onRejected: () => 'stop' } });
  server.hooks.admit = () => new Error('not you');
  const refused = new Promise((resolve) => {
    api.getSocket().on('connect_error', resolve);
  });
  api.initializeSocket('u1');
  await refused;
  await until(() => server.io.engine.clientsCount === 0, 'the transport is closed');
});

test('our packets have no flags of a component', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const socket = api.getSocket();
  const flags = [];
  const { packet } = socket;
  t.mock.method(socket, 'packet', (written) => {
    flags.push({ ...written.options });
    packet.call(socket, written);
  });
  socket.volatile.compress(false);
  await settled(send({ text: 'a' }));
  assert.deepEqual(flags, [{ compress: true }]);
  await roundTrip(server);
});
