// The functions of `holdfast/socket`: before configuring, connecting, logging out, and the current user.

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  api,
  collectReports,
  down,
  freshModule,
  quick,
  ready,
  roundTrip,
  send,
  settled,
  start,
  until,
} from './shell-kit.mjs';

const FUNCTIONS = [
  ...['initializeSocket', 'connectSocket', 'disconnectSocket', 'disconnectSocketForLogout'],
  ...['resetLogoutFlag', 'getSocket', 'isSocketConnected', 'isConnectionReady'],
  ...['getMessageQueueLength', 'getOutbox', 'startHealthMonitoring', 'stopHealthMonitoring'],
  ...[
    'getConnectionHealth',
    'sendMessage',
    'onMessageSettled',
    'onMessageSent',
    'onNewMessage',
    'onUserTyping',
  ],
  ...['onFriendRequestReceived', 'onFriendRequestAccepted', 'onUserOnline', 'onUserOffline'],
  ...['onOnlineUsers', 'emitTyping', 'requestOnlineUsers', 'emitFriendRequestSent'],
  'followRoom',
  'emitFriendRequestAccepted',
];

const HELPERS = FUNCTIONS.filter((name) => name.startsWith('on'));

test('there are 28 functions, each on the default export too', () => {
  assert.equal(FUNCTIONS.length, 28);
  const { default: all, DeliveryError, HoldfastError, configureSocket, ...named } = api;
  assert.deepEqual(Object.keys(named).sort(), [...FUNCTIONS].sort());
  assert.deepEqual({ ...named, configureSocket }, all);
});

test('the outbox shows unsettled messages, and why they wait', async (t) => {
  freshModule(t);
  assert.deepEqual(api.getOutbox(), []);
  const server = await start(t);
  const sent = send({ _tempId: 'one', content: 'hello' });
  send({ _tempId: 'two', content: 'bye' });
  const [first, second] = api.getOutbox();
  const { id, event, data, waitsFor, attempts } = first;
  assert.deepEqual(
    [id, event, data, waitsFor, attempts],
    ['one', 'send_message', { _tempId: 'one', content: 'hello' }, 'link', 0],
  );
  assert.equal(second.id, 'two');
  server.hooks.message = ({ ack, data: { _tempId } }) => _tempId === 'one' && ack();
  api.initializeSocket('u1');
  await settled(sent);
  assert.deepEqual(
    api.getOutbox().map((one) => [one.id, one.waitsFor]),
    [['two', 'answer']],
  );
});

test('before configuring nothing throws, sends get a result, and other calls have no effect', async (t) => {
  freshModule(t);
  const reported = collectReports(t);
  for (const name of FUNCTIONS) {
    if (name === 'sendMessage') continue;
    const answer = api[name](() => {});
    const expected = {
      initializeSocket: null,
      connectSocket: null,
      getSocket: null,
      isSocketConnected: false,
      isConnectionReady: false,
      getMessageQueueLength: 0,
    };
    if (HELPERS.includes(name) || name === 'followRoom') assert.equal(answer(), undefined, name);
    else if (name === 'getOutbox') assert.deepEqual(answer, []);
    else if (name === 'disconnectSocketForLogout') assert.equal(await answer, undefined);
    else if (name !== 'getConnectionHealth') assert.equal(answer, expected[name], name);
  }
  assert.deepEqual(api.getConnectionHealth(), {
    isHealthy: false,
    lastPongTime: null,
    timeSinceLastPong: null,
    rttMs: null,
    isConnected: false,
    isReady: false,
    queueLength: 0,
  });
  const sent = send({ _tempId: 'mine' });
  assert.equal(sent.calls.length, 1, 'at once');
  const { message, ...result } = await settled(sent);
  assert.deepEqual(result, { success: false, error: 'NOT_CONFIGURED', maybeDelivered: false });
  assert.match(message, /configureSocket/);
  assert.deepEqual(reported, []);
});

test('listeners that were added before configuring work, and are kept for the next server', async (t) => {
  freshModule(t);
  const heard = [];
  const off = api.onNewMessage(({ text }) => heard.push(text));
  api.onNewMessage('no function');
  let server = await start(t, {}, { user: 'u1' });
  // `start` began with a fresh module.
  api.onNewMessage(({ text }) => heard.push(`late ${text}`));
  server.io.emit('message:new', { text: 'one' });
  await roundTrip(server);
  off();
  assert.deepEqual(heard, ['late one']);
  heard.length = 0;

  freshModule(t);
  const stop = api.onNewMessage(({ text }) => heard.push(text));
  api.configureSocket(quick(server.url));
  api.initializeSocket('u1');
  await ready();
  server.io.emit('message:new', { text: 'two' });
  await roundTrip(server);
  const first = api.getSocket();
  const waiting = send({ text: 'for nobody' });
  server.hooks.message = () => {};
  const { startChatServer } = await import('../support/chat-server.mjs');
  server = await startChatServer(t);
  api.disconnectSocket();
  api.configureSocket(quick(server.url));
  assert.notEqual(api.getSocket(), first);
  assert.ok(['CLOSED', 'NO_RESPONSE', undefined].includes((await settled(waiting)).error));
  api.initializeSocket('u1');
  await ready();
  server.io.emit('message:new', { text: 'three' });
  await roundTrip(server);
  stop();
  server.io.emit('message:new', { text: 'four' });
  await roundTrip(server);
  assert.deepEqual(heard, ['two', 'three']);
});

test('every call returns the same Socket, and one connection is made', async (t) => {
  const server = await start(t);
  const socket = api.getSocket();
  for (let i = 0; i < 3; i += 1) {
    assert.equal(api.initializeSocket('u1'), socket);
    assert.equal(api.connectSocket('u1', { isAuthReady: true }), socket);
  }
  assert.equal(socket.active, true);
  await ready();
  assert.equal(api.initializeSocket('u1'), socket);
  assert.equal(socket.connect(), socket);
  api.configureSocket(quick(server.url, { send: { retries: 1 } }));
  assert.equal(api.getSocket(), socket, 'configuring again with the same url keeps it');
  await roundTrip(server);
  assert.equal(server.handshakes.length, 1);
  assert.deepEqual(server.joins, ['u1']);
  assert.equal(api.isSocketConnected(), true);
  const health = api.getConnectionHealth();
  assert.deepEqual([health.isHealthy, health.isConnected, health.isReady], [true, true, true]);
});

test('disconnectSocket keeps the queue and all listeners, and a send does not connect again', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const socket = api.getSocket();
  const [connects, reasons] = [[], []];
  socket.on('connect', () => connects.push([socket.connected, api.isSocketConnected()]));
  socket.on('disconnect', (reason) =>
    reasons.push([reason, socket.connected, socket.active, api.isSocketConnected()]),
  );
  api.disconnectSocket();
  assert.deepEqual(reasons, [['io client disconnect', false, false, false]]);
  assert.equal(api.isConnectionReady(), false);
  const sent = send({ text: 'later' });
  assert.equal(sent.calls[0].queued, true);
  assert.equal(api.getMessageQueueLength(), 1);
  await until(() => server.clients.length === 0, 'the server knows');
  assert.equal(socket.active, false);
  assert.equal(api.initializeSocket('u1'), socket);
  assert.equal((await settled(sent)).success, true);
  assert.deepEqual(connects, [[true, true]]);
  assert.equal(server.handshakes.length, 2);
});

test('a logout settles waiting messages, and is final until the flag is reset', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  server.hooks.message = () => {};
  const inFlight = send({ text: 'in flight' });
  await until(() => server.received.length === 1, 'it left');
  api.disconnectSocket();
  const waiting = send({ _tempId: 7, text: 'waiting' });
  api.disconnectSocketForLogout();
  const late = send({ _tempId: 'late' });
  assert.equal(late.calls.length, 1, 'answered at once');
  const results = await Promise.all([inFlight, waiting, late].map(settled));
  assert.deepEqual(
    results.map(({ error, maybeDelivered }) => [error, maybeDelivered]),
    [
      ['LOGGED_OUT', true],
      ['LOGGED_OUT', false],
      ['LOGGED_OUT', false],
    ],
  );
  assert.deepEqual([results[1]._tempId, results[2]._tempId], [7, 'late']);
  assert.match((await settled(send({}))).error, /LOGGED_OUT/);
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  assert.equal((await settled(send(proxy))).success, false);

  assert.equal(api.initializeSocket('u2'), null);
  const socket = api.getSocket();
  assert.equal(socket.connect(), socket);
  assert.equal(socket.active, false);
  assert.equal(server.handshakes.length, 1);

  api.resetLogoutFlag();
  await ready();
  assert.deepEqual(server.joins, ['u1', 'u2'], 'the one who asked meanwhile is let in');
  api.resetLogoutFlag();
  api.resetLogoutFlag();
  await roundTrip(server);
  assert.equal(api.isConnectionReady(), true);
  assert.equal(server.handshakes.length, 2);
});

test('resetting the flag alone does not connect', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  api.disconnectSocketForLogout();
  api.initializeSocket('u2');
  api.disconnectSocketForLogout();
  api.resetLogoutFlag();
  assert.equal(api.getSocket().active, false);
  api.initializeSocket('u3');
  await ready();
  assert.deepEqual(server.joins, ['u1', 'u3']);
});

test('a forced logout stops everything, is reported once, and warns without a listener', async (t) => {
  const [told, warned] = [[], []];
  const logger = { warn: (text) => warned.push(text), debug() {} };
  const server = await start(
    t,
    { onForceLogout: (data) => told.push(data), logger },
    { user: 'u1' },
  );
  const raw = [];
  api.getSocket().on('force_logout', (data) => raw.push(data));
  server.io.emit('force_logout', { reason: 'banned', final: true });
  await down();
  assert.deepEqual(told, [{ reason: 'banned', final: true }]);
  assert.deepEqual(raw, told);
  assert.equal((await settled(send({}))).error, 'LOGGED_OUT');
  assert.equal(api.initializeSocket('u1'), null);
  assert.deepEqual(warned, []);
  api.getSocket().off('force_logout');
  api.configureSocket(quick(server.url, { logger }));
  api.resetLogoutFlag();
  await ready();
  server.io.emit('force_logout');
  await down();
  api.resetLogoutFlag();
  api.initializeSocket('u1');
  await ready();
  server.io.emit('force_logout');
  await down();
  assert.equal(warned.length, 1, 'once is enough');
  assert.match(warned[0], /onForceLogout/);
});
