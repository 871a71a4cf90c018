// Who the user is, how the server learns it, and that nothing of one user reaches the next.

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  api,
  client,
  collectReports,
  jwt,
  quick,
  ready,
  roundTrip,
  say,
  send,
  settled,
  start,
  until,
} from './shell-kit.mjs';

test('the user of the join comes from initializeSocket, else from the option, else from the token', async (t) => {
  const token = jwt({ userId: 'of the token' });
  const server = await start(t, { auth: { token }, userId: () => 'of the option' });
  const join = async (id) => {
    api.initializeSocket(id);
    await ready();
    api.disconnectSocket();
    return server.joins.at(-1);
  };
  assert.equal(await join(), 'of the option');
  assert.equal(await join('named first'), 'named first');
  api.disconnectSocketForLogout();
  api.resetLogoutFlag();
  api.configureSocket(quick(server.url, { auth: { token } }));
  assert.equal(await join(), 'of the token');
  assert.equal(await join({ without: 'a text' }), 'of the token');
  assert.equal(await join('named'), 'named');
});

for (const [name, token, joins] of [
  ['userId before sub', jwt({ sub: 's', userId: 'u' }), ['u']],
  ['sub before id', jwt({ id: 'i', sub: 's' }), ['s']],
  ['an id that is a number', jwt({ id: 5 }), ['5']],
  ['unicode, in base64url', jwt({ userId: 'Zoë ✓ 🔑', name: 'ÿ?>~þ'.repeat(9) }), ['Zoë ✓ 🔑']],
  ['a token without a user', jwt({ name: 'x' }), []],
  ['a token that is no JWT', 'opaque', []],
  ['a JWT of nonsense', 'a.%%%.c', []],
  ['a token that is no text', { a: 1 }, []],
]) {
  test(`the user is read from the token: ${name}`, async (t) => {
    const server = await start(t, { auth: { token } });
    api.initializeSocket();
    await ready();
    await roundTrip(server);
    assert.deepEqual(server.joins, joins);
    assert.deepEqual(server.handshakes, [{ token }]);
  });
}

test('a user who is named after connecting joins then, on every link', async (t) => {
  const server = await start(t);
  api.initializeSocket();
  await ready();
  assert.deepEqual(server.joins, []);
  api.initializeSocket('u1');
  await until(() => server.joins.length === 1, 'joined');
});

test('a user who is named while connecting joins too', async (t) => {
  let admit;
  const server = await start(t);
  server.hooks.admit = () =>
    new Promise((resolve) => {
      admit = resolve;
    });
  api.initializeSocket();
  await until(() => admit, 'the handshake is under way');
  api.initializeSocket('u1');
  server.hooks.admit = () => undefined;
  admit();
  await until(() => server.joins.length === 1, 'joined');
});

test('a message that the first user received is no repeat for the next', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const told = [];
  api.onNewMessage(({ text }) => told.push(text));
  await say(server, ['message:new', { _id: 'm1', text: 'to both' }]);
  await say(server, ['message:new', { _id: 'm1', text: 'to both' }]);
  api.initializeSocket('u2');
  await ready();
  await say(server, ['message:new', { _id: 'm1', text: 'to both' }]);
  assert.deepEqual(told, ['to both', 'to both']);
});

test('ids are compared as strings: a number and an object with the same string are the same user', async (t) => {
  const server = await start(t, {}, { user: 17 });
  const sent = send({ text: 'a' });
  for (const id of ['17', 17, { toString: () => '17' }, undefined, null, '']) {
    api.initializeSocket(id);
  }
  assert.equal((await settled(sent)).success, true);
  assert.equal(server.handshakes.length, 1);
  assert.deepEqual(server.joins, ['17']);
});

test('a token of another user brings over nothing of the first', async (t) => {
  let userId = 'u1';
  const server = await start(t, { auth: () => ({ token: jwt({ userId }) }) });
  api.initializeSocket();
  await ready();
  api.disconnectSocket();
  const waiting = send({ text: 'of u1' });
  userId = 'u2';
  api.initializeSocket();
  assert.equal((await settled(waiting)).error, 'LOGGED_OUT');
  await ready();
  assert.deepEqual(server.joins, ['u1', 'u2']);
  assert.deepEqual(server.received, []);
});

test('a pause ends with a call that sets it, not with one that does not mention it', async (t) => {
  const server = await start(t);
  api.initializeSocket('u1', { isAuthReady: false });
  const socket = api.initializeSocket('u1');
  api.connectSocket();
  assert.equal(socket.active, false);
  api.connectSocket('u1', { isAuthReady: true });
  await ready();
  assert.equal(server.handshakes.length, 1);
});

test('a pause keeps a live link, and pauses later attempts', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const socket = api.initializeSocket('u1', { isAuthReady: false });
  assert.equal(api.isConnectionReady(), true);
  server.dropAll();
  await until(() => !socket.active, 'the next attempt is held');
  assert.equal(server.handshakes.length, 1);
  api.initializeSocket('u1', { isAuthReady: true });
  await ready();
  assert.equal(server.handshakes.length, 2);
});

test('a pause ends a running attempt', async (t) => {
  const answers = [];
  const server = await start(t, { auth: () => new Promise((answer) => answers.push(answer)) });
  const socket = api.initializeSocket('u1');
  await until(() => answers.length === 1, 'credentials are asked for');
  api.initializeSocket('u1', { isAuthReady: false });
  assert.equal(socket.active, false);
  answers[0]({ token: 'too early' });
  api.initializeSocket('u1', { isAuthReady: true });
  await until(() => answers.length === 2, 'credentials are asked for again');
  answers[1]({ token: 'in time' });
  await ready();
  assert.deepEqual(server.handshakes, [{ token: 'in time' }]);
});

test('a logout ends a pause, and the next login can connect', async (t) => {
  const server = await start(t);
  api.initializeSocket('u1', { isAuthReady: false });
  api.disconnectSocketForLogout();
  api.resetLogoutFlag();
  api.initializeSocket('u2');
  await ready();
  assert.deepEqual(server.joins, ['u2']);
});

test("socket.io's own form of auth and an assigned socket.auth work too", async (t) => {
  const server = await start(t, { auth: (done) => setImmediate(done, { token: 'called back' }) });
  api.initializeSocket('u1');
  await ready();
  api.getSocket().auth = { token: 'assigned' };
  server.dropAll();
  await until(() => server.handshakes.length === 2, 'connected again');
  assert.deepEqual(server.handshakes, [{ token: 'called back' }, { token: 'assigned' }]);
});

for (const [name, auth] of [
  ['throws', () => assert.fail('no token')],
  ['rejects', () => Promise.reject(new Error('no token'))],
]) {
  test(`an auth that ${name} is a failed attempt, which is repeated`, async (t) => {
    const [errors, reported] = [[], collectReports(t)];
    let calls = 0;
    const server = await start(t, {
      auth: (...args) => (++calls < 3 ? auth(...args) : { token: 'at last' }),
      onError: (error) => errors.push(error),
    });
    api.initializeSocket('u1');
    await ready();
    assert.deepEqual(server.handshakes, [{ token: 'at last' }]);
    assert.deepEqual(
      errors.map(({ code, cause }) => [code, cause.message]),
      Array(2).fill(['AUTH_FAILED', 'no token']),
    );
    assert.deepEqual(reported, []);
  });
}

test('an auth that never answers is given up, and its late answer is dropped', async (t) => {
  const late = [];
  const server = await start(t, {
    authTimeoutMs: 20,
    auth: () =>
      late.length < 2 ? new Promise((resolve) => late.push(resolve)) : { token: 'in time' },
  });
  api.initializeSocket('u1');
  await ready();
  for (const resolve of late) resolve({ token: 'late' });
  await roundTrip(server);
  assert.deepEqual(server.handshakes, [{ token: 'in time' }]);
  assert.deepEqual(api.getSocket().auth, { token: 'in time' });
});

test('credentials that arrive after a logout name no user', async (t) => {
  let answer;
  const server = await start(t, { auth: () => new Promise((resolve) => (answer = resolve)) });
  api.initializeSocket();
  const first = answer;
  api.disconnectSocketForLogout();
  api.resetLogoutFlag();
  const waiting = send({ text: 'of u2' });
  first({ token: jwt({ userId: 'u1' }) });
  await Promise.resolve();
  api.initializeSocket();
  answer({ token: jwt({ userId: 'u2' }) });
  assert.equal((await settled(waiting)).success, true);
  assert.deepEqual(server.joins, ['u2']);
});

test('an auth that answers null names no user, and no attempt is made until the app asks again', async (t) => {
  let token = null;
  const server = await start(t, { auth: async () => token && { token } });
  api.initializeSocket('u1');
  await until(() => !api.getSocket().active, 'the attempt ended');
  assert.equal(send({ text: 'a' }).calls[0].queued, true);
  assert.equal(api.getSocket().active, false);
  token = 'here';
  api.initializeSocket('u1');
  await ready();
  assert.deepEqual(server.handshakes, [{ token: 'here' }]);
});

test('a rejected handshake is tried again, unless it is final or the app says stop', async (t) => {
  const answers = [];
  const server = await start(t, { reconnect: { onRejected: () => answers.shift() } });
  let rejections = 0;
  server.hooks.admit = () =>
    ++rejections % 2
      ? Object.assign(new Error('no'), { data: { final: rejections > 2 } })
      : undefined;
  api.initializeSocket('u1');
  await ready();
  assert.equal(rejections, 2);
  answers.push('retry');
  server.dropAll();
  await until(() => rejections === 4, 'tried again although the server said final');
  await ready();
  server.dropAll();
  await until(() => rejections === 5 && !api.getSocket().active, 'final');
  answers.push('stop');
  rejections = 0;
  api.initializeSocket('u1');
  await until(() => rejections === 1 && !api.getSocket().active, 'stopped');
});

test('after a forced logout a client of createClient connects on request', async (t) => {
  const server = await start(t);
  const made = client(t, server, { userId: 'u1', onForceLogout() {} });
  made.connect();
  await until(() => made.getState().isReady, 'ready');
  server.io.emit('force_logout', {});
  await until(() => !made.getState().isConnected, 'forced out');
  made.socket.connect();
  await assert.rejects(made.send('send_message', {}), { code: 'LOGGED_OUT' });
  made.connect();
  await until(() => made.getState().isReady, 'ready again');
  await made.logout();
  made.connect();
  await until(() => made.getState().isReady, 'ready after a logout');
});
