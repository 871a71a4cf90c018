// Rules that apps have broken in their own socket modules: connecting, credentials, logging out and in.

import assert from 'node:assert/strict';
import test from 'node:test';
import { freezeTime } from '../../support/frozen-time.mjs';
import { deferred } from '../../support/until.mjs';
import {
  api,
  awayAndBack,
  down,
  jwt,
  observed,
  ready,
  refuse,
  roundTrip,
  send,
  settled,
  start,
  until,
} from '../shell-kit.mjs';

const HOUR_MS = 3_600_000;

test('a token that looks expired is sent to the server, which decides', async (t) => {
  const long = { userId: 'u1', iat: 1, exp: 2 };
  const tokens = [jwt({ ...long, iat: 0 }), jwt(long)];
  let asked = 0;
  const server = await start(t, { auth: () => ({ token: tokens[asked++] ?? tokens[1] }) });
  server.hooks.admit = ({ auth }) =>
    auth.token === tokens[1] ? undefined : new Error('jwt expired');
  api.initializeSocket();
  await ready();
  assert.deepEqual(
    server.handshakes.map(({ token }) => token),
    tokens,
  );
  assert.deepEqual(server.joins, ['u1']);
});

test('every attempt requests new credentials, and waits for a running refresh', async (t) => {
  const clock = freezeTime(t);
  const answers = [];
  const auth = () => new Promise((resolve) => answers.push(resolve));
  const server = await start(t, { auth });
  api.initializeSocket('u1');
  const sent = send({ text: 'typed meanwhile' });
  assert.equal(api.getSocket().io.engine, undefined, 'no transport before the credentials');
  answers[0]({ token: 't1' });
  assert.equal((await settled(sent)).success, true);
  server.dropAll();
  await down();
  const { engine } = api.getSocket().io;
  clock.advance(100);
  assert.equal(api.getSocket().io.engine, engine, 'nor at the next attempt');
  answers[1]({ token: 't2' });
  await ready();
  assert.deepEqual(server.handshakes, [{ token: 't1' }, { token: 't2' }]);
});

test('the user of a token with base64url claims is recognised, and receives their messages', async (t) => {
  const userId = 'Zoë ✓ 🔑 ÿ?>~þ';
  const token = jwt({ userId, of: '>>>???~~~' });
  assert.match(token.split('.')[1], /-.*_|_.*-/, 'it has both letters that base64 has not');
  const server = await start(t, { auth: { token } });
  const heard = [];
  api.onNewMessage(({ text }) => heard.push(text));
  api.initializeSocket();
  await ready();
  server.io.to(`user_${userId}`).emit('message:new', { text: 'hello' });
  await roundTrip(server);
  assert.deepEqual(heard, ['hello']);
});

test('the client connects as soon as the login is ready, and only once if it is told twice', async (t) => {
  // Nothing here can be polling: no time passes.
  freezeTime(t);
  const server = await start(t);
  const socket = api.initializeSocket('u1', { isAuthReady: false });
  assert.equal(socket, api.getSocket());
  const sent = send({ text: 'a' });
  socket.connect();
  assert.equal(socket.active, false);
  api.initializeSocket('u1', { isAuthReady: true });
  api.initializeSocket('u1', { isAuthReady: true });
  assert.equal((await settled(sent)).success, true);
  api.initializeSocket('u1', { isAuthReady: true });
  await roundTrip(server);
  assert.equal(server.handshakes.length, 1);
  assert.deepEqual(server.joins, ['u1']);
});

test('a handshake that the server refuses is tried again, though socket.io never would', async (t) => {
  const server = await start(t);
  refuse(server, 3, 'not yet');
  const socket = api.getSocket();
  const heard = [];
  socket.on('connect_error', ({ message }) => heard.push([message, socket.active]));
  const sent = send({ text: 'typed before' });
  api.initializeSocket('u1');
  assert.equal((await settled(sent)).success, true);
  assert.deepEqual(heard, Array(3).fill(['not yet', true]));
});

test('a server that is slow to check a token does not end the login', async (t) => {
  const gone = [];
  const { errors, options } = observed({
    auth: { token: 't1' },
    onForceLogout: () => gone.push('forced out'),
  });
  const server = await start(t, options);
  refuse(server, 2, 'Authentication timeout');
  const sent = send({ text: 'typed meanwhile' });
  api.initializeSocket('u1');
  assert.equal((await settled(sent)).success, true);
  assert.deepEqual(server.handshakes, Array(3).fill({ token: 't1' }));
  assert.deepEqual(server.joins, ['u1']);
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['REJECTED', 'REJECTED'],
  );
  assert.deepEqual(gone, []);
});

test('a lost link is replaced by one attempt, whatever a component sets on the Manager', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const { io } = api.getSocket();
  for (const wanted of [false, true]) {
    const before = server.handshakes.length;
    io.opts.reconnection = wanted;
    io.reconnection(wanted);
    io.reconnectionDelay(1);
    let isTheirs;
    io.once('close', () => {
      // By now it would have begun.
      queueMicrotask(() => {
        isTheirs = io._reconnecting === true;
      });
    });
    await awayAndBack(server);
    assert.equal(isTheirs, false, 'the Manager has no part in it');
    await roundTrip(server);
    assert.equal(server.handshakes.length, before + 1);
    assert.equal(server.clients.length, 1);
  }
});

test('the client reconnects after a refusal because of too many connections', async (t) => {
  const { errors, options } = observed();
  const server = await start(t, options, { user: 'u1' });
  refuse(server, 2, 'connection_limit');
  await awayAndBack(server);
  assert.equal((await settled(send({ text: 'a' }))).success, true);
  assert.deepEqual(
    errors.map(({ cause }) => cause.message),
    ['connection_limit', 'connection_limit'],
    'and the app is told',
  );
});

test('the client reconnects after a disconnect by the server', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const reasons = [];
  api.getSocket().on('disconnect', (reason) => reasons.push(reason));
  for (const isClosing of [false, true]) {
    const [peer] = server.clients;
    peer.emit('connection_limit', { message: 'too many' });
    peer.disconnect(isClosing);
    await until(() => reasons.length === 1, 'told');
    // Without a send, which would find out by itself.
    await until(() => server.clients.some(({ id }) => id !== peer.id), 'another link');
    await ready();
    assert.equal((await settled(send({ text: 'a' }))).success, true);
    assert.deepEqual(reasons.splice(0), ['io server disconnect']);
  }
  assert.equal(server.handshakes.length, 3);
});

test('attempts never run out, even if the app sets a limit', async (t) => {
  const { errors, options } = observed({ io: { reconnectionAttempts: 2 } });
  const server = await start(t, options, { user: 'u1' });
  await server.stop();
  await until(() => errors.length > 20, 'far more attempts than that');
  assert.equal(api.getSocket().active, true);
  await server.listen();
  await ready();
});

test('no late event undoes a logout', async (t) => {
  const clock = freezeTime(t);
  const answers = [];
  const auth = () => new Promise((resolve) => answers.push(resolve));
  const server = await start(t, { auth });
  const socket = api.getSocket();
  const logIn = () => {
    api.resetLogoutFlag();
    api.initializeSocket('u1');
  };
  const connect = async () => {
    logIn();
    answers.at(-1)({ token: 't1' });
    await ready();
  };
  const moments = {
    'with events on the way': async () => {
      await connect();
      for (const event of ['room:joined', 'pong', 'message:new']) server.io.emit(event, {});
    },
    'when the link is just lost': async () => {
      await connect();
      server.dropAll();
      await down();
    },
    'while credentials are asked for': logIn,
    'while the handshake is under way': async () => {
      logIn();
      answers.at(-1)({ token: 't1' });
      await until(() => socket.io.engine, 'a transport');
    },
  };
  for (const [moment, reach] of Object.entries(moments)) {
    await reach();
    api.disconnectSocketForLogout();
    const asked = answers.length;
    answers.at(-1)({ token: 'late' });
    socket.connect();
    assert.equal(api.initializeSocket('u1'), null);
    assert.equal(api.connectSocket('u1', { isAuthReady: true }), null);
    assert.equal((await settled(send({ text: 'a' }))).error, 'LOGGED_OUT');
    await until(() => server.clients.length === 0, 'the server has nobody');
    clock.advance(HOUR_MS);
    assert.deepEqual([socket.active, socket.connected], [false, false], moment);
    assert.equal(answers.length, asked, `${moment}: nobody asks for credentials again`);
    // Calls from before the logout must not affect the next login.
    api.disconnectSocketForLogout();
  }
});

test('a user can log in again after a logout without a reload', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const socket = api.getSocket();
  const heard = [];
  api.onNewMessage(({ text }) => heard.push(text));
  for (const user of ['u1', 'u2']) {
    api.disconnectSocketForLogout();
    api.resetLogoutFlag();
    assert.equal(api.initializeSocket(user), socket);
    assert.equal((await settled(send({ recipientId: user, text: `of ${user}` }))).success, true);
  }
  await roundTrip(server);
  assert.deepEqual(server.joins, ['u1', 'u1', 'u2']);
  assert.deepEqual(heard, ['of u1', 'of u2']);
});

test('resetting the logout flag while connected changes nothing', async (t) => {
  const server = await start(t);
  const confirmed = deferred();
  server.hooks.join = () => confirmed.promise;
  api.initializeSocket('u1');
  await until(() => server.joins.length === 1, 'joining');
  const sent = send({ text: 'queued' });
  // As it is called on every change of the user object.
  for (const isReady of [false, true]) {
    api.resetLogoutFlag();
    api.initializeSocket('u1');
    api.resetLogoutFlag();
    assert.deepEqual([api.isSocketConnected(), api.isConnectionReady()], [true, isReady]);
    confirmed.resolve('confirm');
    assert.equal((await settled(sent)).success, true);
    assert.equal((await settled(send({ text: 'later' }))).success, true);
  }
  assert.equal(server.handshakes.length, 1);
  assert.deepEqual(server.joins, ['u1']);
});

test('a token refresh by disconnecting and initializing keeps the queue, the listeners and the Socket', async (t) => {
  let token = 1;
  const server = await start(t, { auth: () => ({ token: `t${token++}` }) }, { user: 'u1' });
  const socket = api.getSocket();
  server.hooks.message = ({ repeat, ack, save }) => repeat > 0 && ack(save());
  const inFlight = send({ text: 'in flight' });
  await until(() => server.received.length === 1, 'it left');
  let heard = 0;
  socket.on('hello', () => {
    heard += 1;
  });
  api.disconnectSocket();
  assert.equal(api.initializeSocket('u1'), socket);
  assert.equal((await settled(inFlight)).success, true);
  server.io.emit('hello');
  await roundTrip(server);
  assert.equal(heard, 1);
  assert.deepEqual(server.handshakes, [{ token: 't1' }, { token: 't2' }]);
});

test('a second user on the same page gets nothing of what the first one queued', async (t) => {
  const io = { connectionStateRecovery: { maxDisconnectionDuration: 60_000 } };
  const server = await start(t, {}, { user: 'u1', server: { io } });
  const socket = api.getSocket();
  server.hooks.message = () => {};
  const inFlight = send({ text: 'of u1' });
  await until(() => server.received.length === 1, 'it left');
  api.emitFriendRequestSent({ to: 'u2' });
  api.disconnectSocket();
  const waiting = send({ text: 'of u1, later' });
  api.emitFriendRequestSent({ to: 'u3' });
  socket.emit('component', 'of u1');
  assert.ok(socket._pid && socket._lastOffset, 'a session that could be recovered');
  const asked = [];
  server.io.on('connection', (peer) => peer.onAny((...packet) => asked.push(packet)));
  server.hooks.message = ({ ack }) => ack();

  assert.equal(api.initializeSocket('u2'), socket);
  const results = await Promise.all([inFlight, waiting].map(settled));
  assert.deepEqual(
    results.map(({ error, maybeDelivered }) => [error, maybeDelivered]),
    [
      ['LOGGED_OUT', true],
      ['LOGGED_OUT', false],
    ],
  );
  assert.equal((await settled(send({ text: 'of u2' }))).success, true);
  await roundTrip(server);
  const names = asked.map(([event]) => event).filter((event) => !event.startsWith('mark'));
  assert.deepEqual(names.sort(), ['get_online_users', 'join', 'send_message']);
  assert.deepEqual(server.joins, ['u1', 'u2']);
  assert.deepEqual(server.handshakes, [{}, {}], 'no session is asked to be recovered');
  assert.deepEqual(Object.keys(socket.acks), []);
});
