// The app's Socket is the app's: nothing of ours shows on it, stays in it, or can be taken away from it.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import test from 'node:test';
import { promisify } from 'node:util';
import { startChatServer } from '../support/chat-server.mjs';
import { pkg } from '../support/paths.mjs';
import {
  api,
  client,
  collectReports,
  quick,
  ready,
  roundTrip,
  send,
  settled,
  start,
  until,
} from './shell-kit.mjs';

test('a link whose heartbeat has expired is replaced, and nothing of ours is buffered on it', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const socket = api.getSocket();
  const disconnects = [];
  socket.on('disconnect', () => disconnects.push(api.isSocketConnected()));
  await roundTrip(server);
  const dead = socket.io.engine;
  // Versions of socket.io-client before 4.7.5 do not do this.
  socket._clearAcks = () => {};
  dead._hasPingExpired = () => true;
  socket.emit('component', 'its own');
  const sent = ['a', 'b'].map((text) => send({ recipientId: 'bob', text }));
  assert.deepEqual(
    socket.sendBuffer.map(({ data }) => data[0]),
    ['component'],
  );
  assert.deepEqual(Object.keys(socket.acks), []);
  for (const result of await Promise.all(sent.map(settled))) assert.equal(result.success, true);
  assert.notEqual(socket.io.engine, dead);
  await roundTrip(server);
  assert.deepEqual(
    server.received.map(({ data }) => data.text),
    ['a', 'b'],
  );
  assert.deepEqual(disconnects, [false]);
  assert.equal(server.handshakes.length, 2);
});

test('flags that a component has set are its own', async (t) => {
  await start(t, {}, { user: 'u1' });
  const socket = api.getSocket();
  const chained = socket.volatile.timeout(60_000).compress(false);
  const flags = { volatile: true, timeout: 60_000, compress: false };
  assert.deepEqual(socket.flags, flags);
  socket.io.engine.transport.writable = false;
  const sent = send({ text: 'volatile it would be dropped now' });
  api.emitTyping('bob', 'u1');
  assert.deepEqual(socket.flags, flags);
  socket.io.engine.transport.writable = true;
  chained.emit('component');
  assert.deepEqual(socket.flags, {});
  assert.equal((await settled(sent)).success, true);
});

test('a packet of a component that cannot be encoded is dropped, the others go', async (t) => {
  const reported = collectReports(t);
  const server = await start(t);
  const socket = api.getSocket();
  const came = [];
  server.io.on('connection', (peer) => peer.onAny((event) => came.push(event)));
  const cycle = {};
  cycle.self = cycle;
  socket.emit('before', 1);
  socket.emit('cycle', cycle, () => assert.fail('it was never sent'));
  socket.emit('bigint', 1n);
  socket.emit('after', 2);
  let connects = 0;
  socket.on('connect', () => {
    connects += 1;
  });
  api.initializeSocket('u1');
  await ready();
  await roundTrip(server);
  assert.deepEqual(came.slice(0, 3), ['before', 'after', 'join'], 'and before the join');
  assert.equal(connects, 1);
  assert.equal(reported.length, 2);
  assert.deepEqual([socket.sendBuffer, Object.keys(socket.acks)], [[], []]);
  server.dropAll();
  await until(() => connects === 2, 'connected again');
  await ready();
  assert.equal(came.filter((event) => event === 'before').length, 1);
});

test('the map of acknowledgements does not grow, over losses or unanswered attempts', async (t) => {
  const options = {
    health: false,
    send: { ackTimeoutMs: 20, ack: true },
    // No link dies young here: that would make the window smaller.
    reconnect: { stableMs: 0 },
  };
  const server = await start(t, options, { user: 'u1' });
  const socket = api.getSocket();
  // Versions of socket.io-client before 4.7.5 do not do this.
  socket._clearAcks = () => {};
  const acks = () => Object.keys(socket.acks).length;
  server.hooks.message = ({ ack, repeat }) => repeat > 1 && ack();
  for (let round = 0; round < 3; round += 1) {
    await Promise.all(Array.from({ length: 10 }, () => settled(send({ text: 'a' }))));
    assert.equal(acks(), 0, 'after unanswered attempts');
    server.hooks.message = () => {};
    const lost = Array.from({ length: 10 }, () => send({ text: 'b' }));
    await until(() => acks() === 10, 'they left');
    server.hooks.message = ({ ack }) => ack();
    server.dropAll();
    await Promise.all(lost.map(settled));
    await ready();
    assert.equal(acks(), 0, 'after a loss');
    server.hooks.message = ({ ack, repeat }) => repeat > 1 && ack();
  }
});

test('an attempt that fails is no disconnect, and is told as an error each time', async (t) => {
  const server = await start(t);
  const socket = api.getSocket();
  const events = [];
  for (const event of ['connect', 'disconnect', 'connect_error']) {
    socket.on(event, () => events.push(event));
  }
  await server.stop();
  api.initializeSocket('u1');
  await until(() => events.length >= 3, 'three attempts');
  assert.deepEqual([...new Set(events)], ['connect_error']);
  await server.listen();
  await ready();
  assert.deepEqual([...new Set(events)], ['connect_error', 'connect']);
  api.disconnectSocket();
  assert.equal(events.at(-1), 'disconnect');
});

test('a transport that closes before the server let us in is a failed attempt at once', async (t) => {
  const server = await start(t);
  let asked = 0;
  server.hooks.admit = () => {
    asked += 1;
    // The first handshake gets no answer.
    return asked > 1 ? undefined : new Promise(() => {});
  };
  const events = [];
  for (const event of ['connect', 'disconnect', 'connect_error']) {
    api.getSocket().on(event, () => events.push(event));
  }
  api.initializeSocket('u1');
  await until(() => asked === 1, 'the handshake came');
  for (const transport of Object.values(server.io.engine.clients)) transport.close(true);
  await ready();
  assert.deepEqual(events, ['connect_error', 'connect']);
});

test('an attempt that gets no answer is told as an error, after a disconnect of the app too', async (t) => {
  const server = await start(t, { reconnect: { connectTimeoutMs: 30 } }, { user: 'u1' });
  api.disconnectSocket();
  let asked = 0;
  server.hooks.admit = () => {
    asked += 1;
    return asked > 2 ? undefined : new Promise(() => {});
  };
  const errors = [];
  api.getSocket().on('connect_error', ({ message }) => errors.push(message));
  api.initializeSocket('u1');
  await ready();
  assert.deepEqual(errors, ['timeout', 'timeout']);
});

test('two clients live side by side', async (t) => {
  const server = await start(t);
  const other = await startChatServer(t);
  const [a, b, c] = [client(t, server), client(t, server), client(t, other)];
  const all = [a, b, c];
  assert.equal(new Set(all.map(({ socket }) => socket)).size, 3);
  const replies = await Promise.all(
    all.map((made, n) => made.send('send_message', { n }, { id: 'same' })),
  );
  assert.deepEqual(
    replies.map(({ messageId }) => messageId),
    ['m1', 'm1', 'm1'],
  );
  await a.logout();
  a.destroy();
  assert.equal((await b.send('send_message', { n: 4 })).success, true);
  assert.equal((await c.send('send_message', { n: 5 })).success, true);
  assert.equal(api.isSocketConnected(), false);
});

test('destroy settles what waits, once, and nothing connects again', async (t) => {
  const server = await start(t);
  const made = client(t, server, { userId: 'u1' });
  server.hooks.message = () => {};
  const settledIds = [];
  made.onSettled(({ id, code }) => settledIds.push([id, code]));
  const left = made.send('send_message', {}, { id: 'left' });
  await until(() => server.received.length === 1, 'it left');
  made.disconnect();
  const waiting = made.send('send_message', {}, { id: 'waiting' });
  assert.equal(made.cancel('waiting'), true);
  const closed = made.send('send_message', {}, { id: 'closed' });
  made.destroy();
  made.destroy();
  await assert.rejects(left, { code: 'NO_RESPONSE', maybeDelivered: true, retryable: true });
  await assert.rejects(waiting, { code: 'CANCELLED', maybeDelivered: false });
  await assert.rejects(closed, { code: 'CLOSED', id: 'closed', maybeDelivered: false });
  await assert.rejects(made.send('send_message', {}), { name: 'DeliveryError', code: 'CLOSED' });
  assert.equal(made.cancel('left'), false);
  made.connect();
  made.socket.connect();
  assert.equal(made.getState().phase, 'closed');
  assert.equal(made.socket.active, false);
  assert.deepEqual(settledIds, [
    ['waiting', 'CANCELLED'],
    ['left', 'NO_RESPONSE'],
    ['closed', 'CLOSED'],
  ]);
  assert.equal(server.handshakes.length, 1);
});

test('imported as ES module and as CommonJS it is one client', async (t) => {
  const cjs = createRequire(import.meta.url)(`${pkg}/socket.js`);
  assert.notEqual(cjs.getSocket, api.getSocket);
  const server = await start(t, {}, { user: 'u1' });
  assert.equal(cjs.getSocket(), api.getSocket());
  const heard = [];
  cjs.onNewMessage(({ n }) => heard.push(n));
  server.io.emit('message:new', { _id: 1, n: 1 });
  assert.equal((await cjs.default.sendMessage({ text: 'a' })).success, true);
  assert.deepEqual(heard, [1]);
  assert.equal(server.handshakes.length, 1);
});

test('importing does nothing, and a process ends by itself once it has disconnected', async (t) => {
  const server = await startChatServer(t);
  const code = `
    import assert from 'node:assert/strict';
    const names = () => [...Object.getOwnPropertyNames(globalThis), ...Object.getOwnPropertySymbols(globalThis)];
    const before = names();
    const { Module } = WebAssembly;
    WebAssembly.Module = class { constructor() { assert.fail('compiled at import'); } };
    await import(${JSON.stringify(`file://${pkg}/esm/index.mjs`)});
    const api = await import(${JSON.stringify(`file://${pkg}/esm/socket.mjs`)});
    assert.deepEqual(names(), before);
    assert.deepEqual(process.getActiveResourcesInfo().filter((name) => /Timeout|TCP/.test(name)), []);
    WebAssembly.Module = Module;
    api.configureSocket(${JSON.stringify(quick(server.url))});
    api.initializeSocket('u1');
    assert.equal((await api.sendMessage({ text: 'a' })).success, true);
    api.disconnectSocket();
  `;
  const run = promisify(execFile);
  await run(process.execPath, ['--input-type=module', '-e', code], { timeout: 8000 });
  assert.equal(server.saved.length, 1);
});

test('the Manager tells of reconnecting as if it did that by itself', async (t) => {
  const server = await start(t);
  const told = [];
  for (const event of ['reconnect_attempt', 'reconnect', 'reconnect_error']) {
    api.getSocket().io.on(event, (detail) => told.push([event, detail?.message ?? detail]));
  }
  api.initializeSocket('u1');
  await ready();
  assert.deepEqual(told, [], 'the first connection is no reconnection');
  server.dropAll();
  await until(() => told.length === 2, 'reconnected');
  assert.deepEqual(told, [
    ['reconnect_attempt', 1],
    ['reconnect', 1],
  ]);
});
