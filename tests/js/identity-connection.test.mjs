// The options that identify a connection are read at each attempt, an emit of a component belongs to the user of that moment,
// and a logout, also one by the server, leaves nothing.

import assert from 'node:assert/strict';
import test from 'node:test';
import { startChatServer } from '../support/chat-server.mjs';
import {
  assertEachOverItsOwn,
  cameAs,
  logOutAndIn,
  lose,
  settled,
  textsOf,
  tokenOf,
  turn,
} from './identity-kit.mjs';
import {
  api,
  client,
  down,
  freshModule,
  quick,
  ready,
  roundTrip,
  send,
  start,
  until,
} from './shell-kit.mjs';

/** Forms of a component's emit. Some answer a promise, which may end in any way or never. */
const EMITS = {
  'emit()': (socket, data) => socket.emit('raw', data),
  'emit() with an acknowledgement': (socket, data) => socket.emit('raw', data, () => {}),
  'emitWithAck()': (socket, data) => socket.emitWithAck('raw', data),
  'timeout().emit()': (socket, data) => socket.timeout(2000).emit('raw', data, () => {}),
  'volatile.emit()': (socket, data) => socket.volatile.emit('raw', data),
  'compress().emit()': (socket, data) => socket.compress(false).emit('raw', data),
  'several emits': (socket, data) => {
    for (let n = 0; n < 5; n += 1) socket.emit('raw', { ...data, n });
  },
  'send()': (socket, data) => socket.send(data),
};
const emitAs = (emit, data) => Promise.resolve(emit(api.getSocket(), data)).catch(() => {});
const rawOf = (server) => [...cameAs(server, 'raw'), ...cameAs(server, 'message')];

for (const [name, emit] of Object.entries(EMITS)) {
  for (const [how, leave] of [
    ['a logout', () => api.disconnectSocketForLogout()],
    [
      'a logout by the server',
      async (server) => {
        server.io.emit('force_logout', {});
        await down();
      },
    ],
  ]) {
    test(`${name} between ${how} and the next login is not sent, and one after the login is sent as the next user`, async (t) => {
      let who = 'alice';
      const server = await start(
        t,
        { auth: () => tokenOf(who), onForceLogout() {} },
        { user: 'alice' },
      );
      await leave(server);
      emitAs(emit, { by: 'alice' });
      await turn();
      emitAs(emit, { by: 'alice' });
      api.resetLogoutFlag();
      emitAs(emit, { by: 'alice' });
      who = 'bob';
      api.initializeSocket('bob');
      if (name !== 'volatile.emit()') emitAs(emit, { by: 'bob' });
      await ready();
      emitAs(emit, { by: 'bob' });
      await roundTrip(server);
      assertEachOverItsOwn(server);
      const expected = { 'several emits': 10, 'volatile.emit()': 1 }[name] ?? 2;
      assert.equal(rawOf(server).length, expected);
    });
  }

  test(`${name} of a waiting user is dropped when another user is named`, async (t) => {
    let who = 'alice';
    const server = await start(t, { auth: () => tokenOf(who), onError() {} }, { user: 'alice' });
    server.hooks.admit = () => new Error('later');
    await lose(server);
    emitAs(emit, { by: 'alice' });
    who = 'bob';
    server.hooks.admit = () => undefined;
    api.initializeSocket('bob');
    await until(() => server.joins.includes('bob'), 'bob joined');
    await ready();
    emitAs(emit, { by: 'bob' });
    await roundTrip(server);
    assertEachOverItsOwn(server);
  });
}

test('emits of a client of createClient between a logout and the next connect are not sent', async (t) => {
  freshModule(t);
  const server = await startChatServer(t);
  let who = 'alice';
  const made = client(t, server, { userId: () => who, auth: () => tokenOf(who) });
  made.connect();
  await until(() => made.getState().isReady, 'ready');
  await made.logout();
  made.socket.emit('raw', { by: 'alice' });
  who = 'bob';
  made.connect();
  made.socket.emit('raw', { by: 'bob' });
  await until(() => made.getState().isReady, 'ready');
  await roundTrip(server, made.socket);
  assert.deepEqual(cameAs(server, 'raw'), [{ by: 'bob' }]);
});

/** What identifies a connection, and what of it a handshake shows. */
const IDENTITIES = {
  'io.query': [(user) => ({ io: { query: { user } } }), ({ query }) => query.user],
  'io.extraHeaders': [
    (user) => ({ io: { extraHeaders: { 'x-user': user } } }),
    ({ headers }) => headers['x-user'],
  ],
  'io.auth': [(user) => ({ auth: undefined, io: { auth: { user } } }), ({ auth }) => auth.user],
  auth: [(user) => ({ auth: { user } }), ({ auth }) => auth.user],
  'auth, a function': [(user) => ({ auth: () => ({ user }) }), ({ auth }) => auth.user],
};
for (const [name, [optionsFor, seen]] of Object.entries(IDENTITIES)) {
  test(`a changed ${name} is used after a logout`, async (t) => {
    const server = await start(t, optionsFor('alice'), { user: 'alice' });
    const socket = api.getSocket();
    api.disconnectSocketForLogout();
    api.configureSocket(quick(server.url, optionsFor('carol')));
    api.resetLogoutFlag();
    api.initializeSocket('carol');
    await ready();
    assert.deepEqual(server.links.map(seen), ['alice', 'carol']);
    assert.equal(api.getSocket(), socket, 'the Socket stays');
    server.dropAll();
    await until(() => server.links.length === 3, 'the next link');
    assert.equal(seen(server.links[2]), 'carol');
  });

  test(`a changed ${name} is used at the next attempt`, async (t) => {
    const server = await start(t, optionsFor('one'));
    await server.stop();
    api.initializeSocket('alice');
    const sent = send({ recipientId: 'bob', text: 'a' });
    await turn();
    api.configureSocket(quick(server.url, optionsFor('two')));
    await server.listen();
    assert.equal((await settled(sent)).success, true);
    assert.deepEqual(server.links.map(seen), ['two']);
  });

  if (name === 'auth, a function') {
    test('a different auth function is no other identity: the link stays, and the next attempt calls it', async (t) => {
      const server = await start(t, optionsFor('one'), { user: 'alice' });
      api.configureSocket(quick(server.url, optionsFor('two')));
      await roundTrip(server);
      assert.equal(api.isConnectionReady(), true);
      assert.deepEqual(server.links.map(seen), ['one']);
      server.dropAll();
      await until(() => server.links.length === 2, 'the next link');
      assert.deepEqual(server.links.map(seen), ['one', 'two']);
    });
    continue;
  }

  test(`a changed ${name} makes a new link, and an equal one does not`, async (t) => {
    const server = await start(t, optionsFor('one'), { user: 'alice' });
    api.configureSocket(quick(server.url, optionsFor('one')));
    await roundTrip(server);
    assert.equal(server.links.length, 1, 'equal');
    server.hooks.message = ({ repeat, ack, save }) => repeat > 0 && ack(save());
    const sent = send({ recipientId: 'bob', text: 'a' });
    await until(() => server.received.length === 1, 'it left');
    api.configureSocket(quick(server.url, optionsFor('two')));
    await until(() => server.links.length === 2, 'another link', 3000);
    assert.deepEqual(server.links.map(seen), ['one', 'two']);
    assert.equal((await settled(sent)).success, true, 'and what was out is not lost');
    await until(() => server.clients.length === 1, 'the first one is closed');
  });

  test(`a changed ${name} makes no link if none was wanted`, async (t) => {
    const server = await start(t, optionsFor('one'), { user: 'alice' });
    api.disconnectSocket();
    api.configureSocket(quick(server.url, optionsFor('two')));
    assert.equal(api.getSocket().active, false);
    api.initializeSocket('alice');
    await ready();
    assert.deepEqual(server.links.map(seen), ['one', 'two']);
  });
}

for (const [name, assign, seen] of [
  ['query', (opts, user) => (opts.query = { user }), ({ query }) => query.user],
  [
    'extraHeaders',
    (opts, user) => (opts.extraHeaders = { 'x-user': user }),
    ({ headers }) => headers['x-user'],
  ],
]) {
  test(`socket.io.opts.${name}, assigned by a component, is used at each attempt`, async (t) => {
    const server = await start(t, { io: { query: { user: 'configured' } } }, { user: 'alice' });
    const { opts } = api.getSocket().io;
    for (const value of ['one', 'two', 'two']) {
      assign(opts, value);
      const { length } = server.links;
      await lose(server);
      await until(() => server.links.length > length, 'the next link');
      assert.equal(seen(server.links.at(-1)), value);
      await ready();
    }
    api.disconnectSocket();
    assign(opts, 'three');
    api.initializeSocket('alice');
    await ready();
    assert.equal(seen(server.links.at(-1)), 'three');
  });

  test(`socket.io.opts.${name}, assigned for alice, is not carol's after a logout and another configuration`, async (t) => {
    const optionsFor = (user) => ({ io: { query: { user }, extraHeaders: { 'x-user': user } } });
    const server = await start(t, optionsFor('alice'), { user: 'alice' });
    assign(api.getSocket().io.opts, 'of alice');
    api.disconnectSocketForLogout();
    api.configureSocket(quick(server.url, optionsFor('carol')));
    api.resetLogoutFlag();
    api.initializeSocket('carol');
    await ready();
    assert.equal(seen(server.links.at(-1)), 'carol');
  });
}

test('a logout by the server settles waiting messages in every state, and drops deferred events', async (t) => {
  let who = 'alice';
  const told = [];
  const server = await start(
    t,
    {
      auth: () => tokenOf(who),
      send: { window: 2 },
      onForceLogout(data) {
        told.push(data);
        within.push(send({ text: 'within the callback', by: 'alice' }));
      },
    },
    { user: 'alice' },
  );
  const within = [];
  server.hooks.message = ({ data, ack }) => {
    if (data.text === 'later') ack({ error: 'RATE_LIMITED', retryAfterMs: 60_000 });
  };
  const to = (recipientId, text) => send({ recipientId, text, by: 'alice' });
  const later = to('dave', 'later');
  await until(() => server.received.length === 1, 'it left');
  await roundTrip(server);
  const out = [to('carol', 'out'), to('erin', 'out')];
  await until(() => server.received.length === 3, 'they left');
  const waiting = [to('carol', 'behind'), to('dave', 'behind'), to('frank', 'no room')];
  server.io.emit('force_logout', { reason: 'signed in elsewhere' });
  const results = await Promise.all([later, ...out, ...waiting].map(settled));
  assert.deepEqual(
    results.map(({ error, maybeDelivered }) => [error, maybeDelivered]),
    [false, true, true, false, false, false].map((maybe) => ['LOGGED_OUT', maybe]),
  );
  await until(() => within.length === 1, 'told');
  assert.equal((await settled(within[0])).error, 'LOGGED_OUT');
  assert.equal(told.length, 1);
  assert.equal(api.getMessageQueueLength(), 0);

  api.emitFriendRequestSent({ by: 'alice' });
  api.getSocket().emit('raw', { by: 'alice' });
  assert.equal(api.initializeSocket('alice'), null);
  const refused = to('carol', 'while logged out');
  assert.equal((await settled(refused)).error, 'LOGGED_OUT');
  server.hooks.message = ({ ack, save }) => ack(save());
  const { length } = server.received;
  for (const user of ['alice', 'bob']) {
    who = user;
    api.resetLogoutFlag();
    api.initializeSocket(user);
    const sent = send({ recipientId: 'carol', text: 'new', by: user });
    assert.equal((await settled(sent)).success, true);
  }
  await roundTrip(server);
  assert.deepEqual(textsOf(server).slice(length), ['new', 'new']);
  assert.deepEqual(cameAs(server, 'raw'), []);
  assert.deepEqual(cameAs(server, 'friend_request_sent'), []);
  assertEachOverItsOwn(server);
});

test('a logout by the server drops events that were deferred or emitted before the next link', async (t) => {
  let who = 'alice';
  const server = await start(
    t,
    { auth: () => tokenOf(who), onForceLogout() {} },
    { user: 'alice' },
  );
  // Held until the join is confirmed, and the logout comes instead.
  server.hooks.join = () => 'ignore';
  await lose(server);
  api.emitFriendRequestSent({ by: 'alice' });
  const hers = send({ recipientId: 'carol', text: 'hers', by: 'alice' });
  await until(() => server.joins.length === 2, 'joining');
  server.io.emit('force_logout', {});
  assert.equal((await settled(hers)).error, 'LOGGED_OUT');
  server.hooks.join = () => 'confirm';
  who = 'bob';
  logOutAndIn('bob');
  await ready();
  await roundTrip(server);
  assert.deepEqual(textsOf(server), []);
  assert.deepEqual(cameAs(server, 'friend_request_sent'), []);
});

test('a logout by the server settles the waiting messages of a client of createClient', async (t) => {
  freshModule(t);
  const server = await startChatServer(t);
  server.hooks.message = () => {};
  const made = client(t, server, { userId: 'alice', onForceLogout() {} });
  const ended = [];
  made.onSettled(({ code, maybeDelivered }) => ended.push([code, maybeDelivered]));
  made.connect();
  made.send('send_message', { text: 'out' }).catch(() => {});
  await until(() => server.received.length === 1, 'it left');
  server.io.emit('force_logout', {});
  await until(() => ended.length === 1, 'settled', 3000);
  assert.deepEqual(ended, [['LOGGED_OUT', true]]);
  assert.deepEqual(made.outbox(), []);
});
