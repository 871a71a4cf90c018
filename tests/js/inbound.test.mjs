// What the server sends: repeats, second names, presence, typing, and listeners that throw.

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  api,
  client,
  collectReports,
  ready,
  roundTrip,
  say,
  start,
  until,
  wallClock,
} from './shell-kit.mjs';

test('the memory of repeats has its size, and a repeat renews its place there', async (t) => {
  const server = await start(t, { dedupe: { size: 2 } }, { user: 'u1' });
  const told = [];
  api.onNewMessage(({ _id }) => told.push(_id));
  await say(server, ...['a', 'b', 'a', 'c', 'a', 'b'].map((_id) => ['message:new', { _id }]));
  assert.deepEqual(told, ['a', 'b', 'c', 'b']);
});

test('a repeat of a notification is dropped, other events never are', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const heard = [];
  const pairs = ['notification:new', 'message:read', 'message:deleted', 'chat'];
  for (const event of ['message:new', ...pairs]) {
    api.getSocket().on(event, () => heard.push(event));
  }
  const twice = (event, data) => [
    [event, data],
    [event, data],
  ];
  await say(
    server,
    ...twice('notification:new', { notification: { _id: 'n1' } }),
    ...twice('notification:new', { _id: 'n2' }),
    // An id counts for one event.
    ['message:new', { _id: 'n1' }],
    ...twice('message:read', { _id: 'a' }),
    ...twice('message:deleted', { id: 'a' }),
    ...twice('chat', { id: 'a' }),
  );
  assert.equal(heard.splice(2, 1)[0], 'message:new');
  assert.deepEqual(
    heard,
    pairs.flatMap((event) => [event, event]),
  );
});

test('an id function that throws keeps no message from anybody', async (t) => {
  const reported = collectReports(t);
  const id = () => {
    throw new Error('no id');
  };
  const server = await start(t, { dedupe: { id } }, { user: 'u1' });
  const heard = [];
  api.getSocket().on('message:new', ({ n }) => heard.push(n));
  await say(server, ['message:new', { n: 1 }], ['message:new', { n: 2 }]);
  assert.deepEqual(heard, [1, 2]);
  assert.equal(reported.length, 2);
});

test('pairs of names that come interleaved are delivered once each', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const heard = [];
  api.onFriendRequestReceived(({ n }) => heard.push(n));
  await say(
    server,
    ['friend_request_received', { n: 1 }],
    ['friend_request_received', { n: 2 }],
    ['friendRequestReceived', { n: 1 }],
    ['friendRequestReceived', { n: 2 }],
  );
  assert.deepEqual(heard, [1, 2]);
});

test('a message under another name is the same one by its id, however it came', async (t) => {
  const events = { message: ['message:new', 'newMessage'] };
  const missed = { _id: 7, text: 'as fetched' };
  const onResync = ({ deliver }) => deliver([missed]);
  const server = await start(t, { events, onResync }, { user: 'u1' });
  const heard = [];
  api.onNewMessage(({ text }) => heard.push(text));
  await say(server, ['newMessage', { _id: 7, text: 'as it came' }]);
  server.dropAll();
  await until(() => server.handshakes.length === 2, 'connected again');
  await ready();
  await say(server, ['newMessage', { _id: 8, text: 'another' }]);
  assert.deepEqual(heard, ['as it came', 'another']);
});

test('a listener may add, remove and send while it is called', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const calls = [];
  const off = api.onNewMessage(({ n }) => {
    calls.push(n);
    off();
    api.onNewMessage(() => calls.push('added'));
    api.sendMessage({ text: 'from within' });
    api.disconnectSocket();
    api.initializeSocket('u1');
  });
  server.io.emit('message:new', { _id: 1, n: 1 });
  await until(() => server.saved.length === 1, 'the message from within is saved');
  await ready();
  await say(server, ['message:new', { _id: 2, n: 2 }]);
  assert.deepEqual(calls, [1, 'added']);
  assert.equal(server.handshakes.length, 2);
});

test('what came before the connection was confirmed is delivered with it, once', async (t) => {
  const server = await start(t);
  const socket = api.getSocket();
  const heard = [];
  socket.on('early', (n) => heard.push(n));
  socket.receiveBuffer.push(Object.freeze(['early', 1]), Object.freeze(['early', 2]));
  api.initializeSocket('u1');
  await ready();
  server.dropAll();
  await until(() => server.handshakes.length === 2, 'connected again');
  await ready();
  assert.deepEqual(heard, [1, 2]);
});

test('the list goes stale with the link, and a fresh one is asked for on the next', async (t) => {
  const server = await start(t);
  const made = client(t, server, { userId: 'u1' });
  made.connect();
  const state = () => made.getState();
  await until(() => !state().onlineUsersStale, 'the first list');
  const told = [];
  made.on('user_offline', () => told.push('offline'));
  made.disconnect();
  assert.deepEqual([state().onlineUsers, state().onlineUsersStale], [['u1'], true]);
  assert.ok(Object.isFrozen(state()) && Object.isFrozen(state().onlineUsers));
  assert.equal(state(), state());
  made.connect();
  await until(() => !state().onlineUsersStale, 'the next list');
  assert.deepEqual(told, []);
  await made.logout();
  assert.deepEqual([state().onlineUsers, state().onlineUsersStale], [[], true]);
});

test('a late subscriber that throws is reported, and stays one', async (t) => {
  const reported = collectReports(t);
  const server = await start(t, {}, { user: 'u1' });
  await roundTrip(server);
  let calls = 0;
  const off = api.onOnlineUsers(() => {
    calls += 1;
    throw new Error('late');
  });
  await say(server, ['online_users', []]);
  assert.equal(calls, 2);
  assert.equal(reported.length, 2);
  off();
});

test('a typing mark is ended by a message, by the server, and by the end of the link', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const marks = [];
  api.onUserTyping(({ userId, isTyping }) => marks.push(`${userId} ${isTyping}`));
  const typing = (userId, isTyping) => ['user_typing', { userId, isTyping }];
  await say(
    server,
    typing('a', true),
    typing('b', true),
    typing(3, true),
    ['message:new', { _id: 1, sender: { _id: 'a' } }],
    ['message:new', { _id: 2, senderId: 'nobody' }],
    typing('b', false),
  );
  assert.deepEqual(marks.splice(0), ['a true', 'b true', '3 true', 'a false', 'b false']);
  api.disconnectSocket();
  assert.deepEqual(marks, ['3 false']);
});

test('typing is dropped while not ready, friend requests are held, in order', async (t) => {
  const server = await start(t);
  const came = [];
  server.io.on('connection', (peer) =>
    peer.onAny((event, data) => /typing|friend/.test(event) && came.push([event, data])),
  );
  api.emitTyping('u2', 'u1');
  api.requestOnlineUsers();
  api.emitFriendRequestSent({ n: 1 });
  api.emitFriendRequestAccepted({ n: 2 });
  assert.equal(api.getSocket().sendBuffer.length, 0);
  let confirm;
  server.hooks.join = () =>
    new Promise((resolve) => {
      confirm = resolve;
    });
  api.initializeSocket('u1');
  await until(() => confirm, 'connected, and not joined yet');
  assert.equal(api.isSocketConnected(), true);
  api.emitTyping('u2', 'too early');
  confirm('confirm');
  await ready();
  api.emitTyping('u2', 'u1');
  api.emitTyping('u2', 'u1', false);
  api.emitFriendRequestSent({ n: 3 });
  await roundTrip(server);
  assert.deepEqual(came, [
    ['friend_request_sent', { n: 1 }],
    ['friend_request_accepted', { n: 2 }],
    ['typing', { recipientId: 'u2', isTyping: true, userId: 'u1' }],
    ['typing', { recipientId: 'u2', isTyping: false, userId: 'u1' }],
    ['friend_request_sent', { n: 3 }],
  ]);
});

/** A server that notes the friend requests that come, and a clock to set forward. */
async function startForRequests(t) {
  const server = await start(t);
  const came = [];
  server.io.on('connection', (peer) => peer.on('friend_request_sent', ({ n }) => came.push(n)));
  return { server, came, jump: wallClock(t) };
}

test('of friend requests a hundred are held, for a minute', async (t) => {
  const { server, came, jump } = await startForRequests(t);
  api.emitFriendRequestSent({ n: 0 });
  jump(60_001);
  for (let n = 1; n <= 150; n += 1) api.emitFriendRequestSent({ n });
  api.initializeSocket('u1');
  await ready();
  await roundTrip(server);
  assert.deepEqual(
    came,
    Array.from({ length: 100 }, (_, index) => index + 1),
  );
});

test('a friend request that waited for longer than a minute is not sent', async (t) => {
  const { server, came, jump } = await startForRequests(t);
  api.emitFriendRequestSent({ n: 1 });
  jump(60_001);
  api.initializeSocket('u1');
  await ready();
  await roundTrip(server);
  assert.deepEqual(came, []);
});
