// Where WebAssembly cannot run (because of a Content-Security-Policy, or a browser in lockdown mode), the app works over a
// plain Socket: joins, callbacks, presence, and sends with results. The app is told once.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { startChatServer } from '../support/chat-server.mjs';
import {
  api,
  client,
  collectReports,
  DeliveryError,
  freshModule,
  observed,
  quick,
  roundTrip,
  send,
  settled,
  start,
  until,
} from './shell-kit.mjs';

WebAssembly.Module = class {
  constructor() {
    throw new WebAssembly.CompileError('unsafe-eval is not allowed');
  }
};

/** The result of a send. */
const endOf = ({ success, error, maybeDelivered, confirmedBy }) => [
  success || error,
  maybeDelivered ?? confirmedBy,
];
const textsOf = (server) => server.received.map(({ data }) => data.text);

test('the app is told once, with the header to set, and the state shows the fallback', async (t) => {
  const reported = collectReports(t);
  const { options, warned, errors } = observed();
  const server = await start(t, options, { user: 'a' });
  await api.sendMessage({ text: 'hello' });
  server.dropAll();
  await until(() => server.handshakes.length === 2 && api.isConnectionReady(), 'back');
  assert.equal(warned.length, 1);
  assert.match(warned[0], /plain socket.*Content-Security-Policy.*'wasm-unsafe-eval'/);
  assert.deepEqual(
    errors.map(({ code, cause }) => [code, cause.code]),
    [['ENGINE_DEAD', 'WASM_UNAVAILABLE']],
  );
  assert.deepEqual(reported, []);
  const made = client(t, server);
  assert.equal(made.getState().mode, 'plain');
  assert.equal(made.stats().mode, 'plain');
});

test('a message waits for the connection, is sent after the join, and settles with its acknowledgement', async (t) => {
  const server = await start(t);
  const before = send({ _tempId: 'mine', text: 'a' });
  assert.deepEqual(before.calls, [
    { success: false, queued: true, message: 'Waiting for the connection', _tempId: 'mine' },
  ]);
  assert.equal(api.getMessageQueueLength(), 1);
  api.initializeSocket('u1');
  const result = await settled(before);
  assert.deepEqual([result._tempId, ...endOf(result)], ['mine', true, 'ack']);
  assert.deepEqual(
    server.came.map(({ event }) => event),
    ['join', 'get_online_users', 'send_message'],
  );
  assert.equal(server.joins[0], 'u1');
  assert.deepEqual([api.isConnectionReady(), api.getMessageQueueLength()], [true, 0]);
  assert.equal(api.getConnectionHealth().isHealthy, true);

  server.hooks.message = ({ ack }) => ack({ success: false, error: 'TOO_LONG', message: 'why' });
  const refused = await settled(send({ text: 'b' }));
  assert.deepEqual([...endOf(refused), refused.message], ['TOO_LONG', false, 'why']);
});

test('a message without an answer settles at its deadline or with its connection', async (t) => {
  const server = await start(t, { send: { ackTimeoutMs: 50 } }, { user: 'u1' });
  server.hooks.message = () => {};
  assert.deepEqual(endOf(await settled(send({ text: 'a' }))), ['ACK_TIMEOUT', true]);
  const made = client(t, server);
  made.connect();
  const lost = made.send('send_message', { text: 'b' }, { ackTimeoutMs: 60_000 });
  await until(() => server.received.length === 2, 'it left');
  server.dropAll();
  await assert.rejects(lost, (error) => {
    assert.ok(error instanceof DeliveryError);
    return error.code === 'LINK_LOST' && error.maybeDelivered && error.retryable;
  });
  assert.deepEqual(textsOf(server), ['a', 'b'], 'each once');
});

test('messages are sent once each and in order, whatever is lost between them', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const all = [];
  for (let n = 0; n < 30; n += 1) {
    all.push(send({ text: `${n}` }));
    if (n % 10 === 4) server.dropAll();
    await new Promise(setImmediate);
  }
  const ends = await Promise.all(all.map(settled));
  const came = textsOf(server).map(Number);
  assert.deepEqual(
    came,
    [...new Set(came)].sort((a, b) => a - b),
  );
  for (const [n, end] of ends.entries()) {
    assert.ok(end.success ? came.includes(n) : end.error === 'LINK_LOST' && end.maybeDelivered);
  }
});

test('invalid messages and ids in use are refused, and messages can be cancelled', async (t) => {
  const server = await start(t);
  const circular = {};
  circular.self = circular;
  assert.equal((await settled(send(circular))).error, 'INVALID_MESSAGE_PAYLOAD');
  assert.equal(
    (await settled(send({ _tempId: 'x'.repeat(300) }))).error,
    'INVALID_MESSAGE_PAYLOAD',
  );
  const made = client(t, server);
  const first = made.send('note', { text: 'a' }, { id: 'one' });
  const same = made.send('note', { text: 'a' }, { id: 'one' });
  await assert.rejects(made.send('note', { text: 'b' }, { id: 'one' }), { code: 'DUPLICATE_ID' });
  const aborting = new AbortController();
  const aborted = made.send('note', {}, { signal: aborting.signal });
  const cancelled = made.send('note', {}, { id: 'two' });
  assert.deepEqual(
    made.outbox().map(({ id, waitsFor }) => [id.length > 3 || id, waitsFor]),
    [
      ['one', 'link'],
      [true, 'link'],
      ['two', 'link'],
    ],
  );
  aborting.abort();
  assert.equal(made.cancel('two'), true);
  for (const one of [aborted, cancelled]) {
    await assert.rejects(one, { code: 'CANCELLED', maybeDelivered: false });
  }
  made.connect();
  const socket = await server.io.on('connection', () => {});
  assert.ok(socket);
  await until(() => server.came.some(({ event }) => event === 'note'), 'it came');
  made.destroy();
  for (const one of [first, same]) await assert.rejects(one, { code: 'CLOSED' });
  await assert.rejects(made.send('note', {}), { code: 'CLOSED' });
  assert.equal(server.came.filter(({ event }) => event === 'note').length, 1);
});

test('callbacks receive events, joins are sent at each connect, and the app is asked for missed messages', async (t) => {
  const asked = [];
  const server = await start(t, { onResync: (gap) => asked.push(gap) });
  const heard = [];
  const note = (name) => (data) => heard.push([name, data]);
  t.after(api.onNewMessage(note('message')));
  t.after(api.onUserTyping(note('typing')));
  t.after(api.onOnlineUsers(note('list')));
  const socket = api.initializeSocket('u1');
  // A component that cleans up too much.
  socket.on('connect', () => socket.removeAllListeners());
  await until(() => api.isConnectionReady(), 'ready');
  for (const round of [1, 2]) {
    await roundTrip(server);
    server.io.emit('message:new', { _id: `m${round}` });
    server.io.emit('user_typing', { userId: 'u2', isTyping: true });
    await roundTrip(server);
    if (round === 2) break;
    server.dropAll();
    await until(() => server.joins.length === 2 && api.isConnectionReady(), 'back');
    server.io.emit('online_users', ['u1', 'u2']);
    await until(() => heard.some(([name, list]) => name === 'list' && list.length === 2), 'list');
  }
  assert.deepEqual(server.joins, ['u1', 'u1']);
  assert.deepEqual(
    heard.filter(([name]) => name === 'message').map(([, { _id }]) => _id),
    ['m1', 'm2'],
  );
  assert.equal(heard.filter(([name]) => name === 'typing').length, 2);
  assert.deepEqual(
    asked.map(({ since }) => since.id),
    ['m1'],
  );
});

test('the delivery modes of createClient and its remembered emits work', async (t) => {
  const reported = collectReports(t);
  freshModule(t);
  const server = await startChatServer(t);
  const { createClient } = await import('./shell-kit.mjs');
  const made = createClient(quick(server.url));
  t.after(() => made.destroy());
  const events = [];
  const came = (name) => server.came.filter(({ event }) => event === name).map(({ args }) => args);
  made.on('connect', () => events.push('connect'));
  made.on('hello', (data) => events.push(data));
  const forget = made.remember('join_room', 'a');
  made.remember('join_room', 'b');
  for (const n of [1, 2, 3]) made.send('cursor', { n }, { way: 'latest', key: 'mine' });
  made.send('typing', {}, { way: 'volatile' });
  const received = made.send('note', { text: 'a' }, { way: 'received', rest: ['b'] });
  made.connect();
  await received;
  await until(() => came('note').length === 1, 'it came');
  assert.deepEqual(came('cursor'), [[{ n: 3 }]]);
  assert.deepEqual(came('typing'), []);
  assert.deepEqual(came('note'), [[{ text: 'a' }, 'b']]);
  assert.deepEqual(came('join_room'), [['a'], ['b']]);
  made.send('typing', {}, { way: 'volatile' });
  forget();
  await roundTrip(server, made.socket);
  server.io.emit('hello', 1);
  await roundTrip(server, made.socket);
  server.dropAll();
  await until(() => came('join_room').length === 3, 'said again');
  assert.deepEqual(came('join_room')[2], ['b']);
  assert.deepEqual(came('typing'), [[{}]]);
  assert.deepEqual(events, ['connect', 1, 'connect']);
  assert.deepEqual(reported, []);
});

test('nothing of one user is sent as another, with and without a logout', async (t) => {
  const server = await start(t, { auth: () => ({ token: 'none' }) });
  const first = send({ text: 'of a' });
  api.initializeSocket('a', { isAuthReady: false });
  await api.disconnectSocketForLogout();
  assert.deepEqual(endOf(await settled(first)), ['LOGGED_OUT', false]);
  assert.equal(api.initializeSocket('b'), null);
  api.resetLogoutFlag();
  await until(() => api.isConnectionReady(), 'ready');
  assert.equal(server.joins.at(-1), 'b');
  // With a connection that is lost, and a message that waits.
  const { admit } = server.hooks;
  server.hooks.admit = () => new Error('not now');
  const gone = once(api.getSocket(), 'disconnect');
  server.dropAll();
  await gone;
  const second = send({ text: 'of b' });
  server.hooks.admit = admit;
  api.initializeSocket('c');
  assert.deepEqual(endOf(await settled(second)), ['LOGGED_OUT', false]);
  await until(() => server.joins.at(-1) === 'c' && api.isConnectionReady(), 'as c');
  assert.equal((await settled(send({ text: 'of c' }))).success, true);
  // While it is connected.
  api.initializeSocket('d');
  const third = await settled(send({ text: 'of d' }));
  assert.equal(third.success, true);
  assert.equal(server.joins.at(-1), 'd');
  assert.deepEqual(textsOf(server), ['of c', 'of d']);
});
