// Rules that apps have broken in their own socket modules: the events that listeners receive, and when.

import assert from 'node:assert/strict';
import test from 'node:test';
import { freezeTime } from '../../support/frozen-time.mjs';
import {
  api,
  awayAndBack,
  collectReports,
  ready,
  roundTrip,
  say,
  send,
  settled,
  start,
  until,
} from '../shell-kit.mjs';

const EVENTS = [
  ...['connect', 'disconnect', 'connect_error', 'room:joined', 'room:error', 'ping', 'pong'],
  ...['force_logout', 'online_users', 'user_online', 'user_offline', 'presence:update'],
  ...['message:new', 'message:sent', 'typing', 'user_typing', 'notification:new'],
  ...['friend_request_received', 'friend_request_accepted'],
];

/** Every listener that anybody could find on the Socket. */
function visible(socket) {
  return [
    ...EVENTS.flatMap((event) => socket.listeners(event)),
    ...socket.listenersAny(),
    ...socket.listenersAnyOutgoing(),
    ...Object.keys(socket._callbacks ?? {}),
  ];
}

test('a listener that is added at mount, before there is a connection, receives events', async (t) => {
  const server = await start(t);
  const heard = [];
  // A child's effect runs before its provider's.
  api.getSocket().on('connect', () => heard.push('connect'));
  api.getSocket().on('chat', () => heard.push('raw'));
  api.onNewMessage(() => heard.push('helper'));
  api.initializeSocket('u1');
  await ready();
  await say(server, ['chat'], ['message:new', {}]);
  await awayAndBack(server);
  await say(server, ['chat'], ['message:new', {}]);
  assert.deepEqual(heard, ['connect', 'raw', 'helper', 'connect', 'raw', 'helper']);
});

test('a component can get the Socket once, at any time', async (t) => {
  const server = await start(t);
  const found = [api.getSocket()];
  const look = () => found.push(api.getSocket());
  api.initializeSocket('u1', { isAuthReady: false });
  look();
  let connects = 0;
  found[0].on('connect', () => {
    connects += 1;
  });
  api.initializeSocket('u1', { isAuthReady: true });
  look();
  await ready();
  look();
  await awayAndBack(server, look);
  api.disconnectSocket();
  look();
  api.disconnectSocketForLogout();
  look();
  api.resetLogoutFlag();
  api.initializeSocket('u2');
  look();
  await ready();
  assert.equal(typeof found[0].on, 'function');
  for (const socket of found) assert.equal(socket, found[0]);
  assert.equal(connects, 3, 'and who waits for the connection hears of each');
});

test("a cleanup that takes away everybody's listeners takes away none of ours", async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const socket = api.getSocket();
  const heard = [];
  api.onNewMessage(({ n }) => heard.push(n));
  const removals = [
    () => socket.off(),
    () => socket.removeAllListeners(),
    () => EVENTS.map((event) => socket.off(event)),
    () => [socket.offAny(), socket.offAnyOutgoing()],
  ];
  for (const [n, remove] of removals.entries()) {
    remove();
    server.dropAll();
    await until(() => server.joins.length === n + 2, 'joined again');
    await ready();
    assert.equal((await settled(send({ text: 'a' }))).success, true);
    server.io.emit('message:new', { _id: n, n });
    await roundTrip(server);
  }
  assert.deepEqual(heard, [0, 1, 2, 3]);
});

test('a page that checks for existing listeners finds none of the package, with every helper in use', async (t) => {
  const server = await start(t);
  const names = Object.keys(api).filter((name) => /^on[A-Z]/.test(name));
  assert.equal(names.length, 9);
  for (const name of names) api[name](() => {});
  assert.deepEqual(visible(api.getSocket()), []);
  api.initializeSocket('u1');
  await settled(send({ text: 'a' }));
  await roundTrip(server);
  delete api.getSocket()._callbacks;
  assert.deepEqual(visible(api.getSocket()), []);
});

test('an event with two names is delivered under either of them, once', async (t) => {
  const server = await start(
    t,
    { events: { message: ['newMessage', 'message:new'] } },
    { user: 'u1' },
  );
  const heard = [];
  const note = (name) => (data) => heard.push([name, data]);
  api.onFriendRequestReceived(note('received'));
  api.onFriendRequestAccepted(note('accepted'));
  api.onUserTyping(note('typing'));
  api.onNewMessage(note('message'));
  const request = { from: 'u2', n: 1 };
  const mark = { userId: 'u2', isTyping: true };
  await say(
    server,
    ['friend_request_received', request],
    ['friend_request_received', request],
    ['friendRequestReceived', request],
    ['friendRequestAccepted', request],
    ['friend_request_accepted', request],
    ['typing', mark],
    ['user_typing', mark],
    ['newMessage', { _id: 1 }],
    ['message:new', { _id: 1 }],
    ['friend_request_received', { ...request, n: 2 }],
  );
  assert.deepEqual(
    heard.map(([name]) => name),
    // The same name twice is the server's wish, another name is not.
    ['received', 'received', 'accepted', 'typing', 'message', 'received'],
  );
  assert.deepEqual(heard[0][1], request);
});

test('a message that the server sends to the room and to the socket is delivered once, also to raw listeners', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const heard = { helper: [], raw: [], any: [] };
  api.onNewMessage(({ n }) => heard.helper.push(n));
  api.getSocket().on('message:new', ({ n }) => heard.raw.push(n));
  api.getSocket().onAny((event, { n } = {}) => event === 'message:new' && heard.any.push(n));
  const message = (_id, n) => ['message:new', { _id, n }];
  const copy = message('room', 0);
  server.clients[0].emit(...copy);
  server.io.to('user_u1').emit(...copy);
  await say(
    server,
    copy,
    message('a', 1),
    message('a', 1),
    message(7, 3),
    message(7, 3),
    ['message:new', { id: 'b', n: 5 }],
    ['message:new', { id: 'b', n: 5 }],
    ['message:new', { n: 7 }],
    ['message:new', { n: 7 }],
  );
  for (const list of Object.values(heard)) assert.deepEqual(list, [0, 1, 3, 5, 7, 7]);
});

test('a listener of any kind that throws stops no other', async (t) => {
  const reported = collectReports(t);
  const server = await start(t, {}, { user: 'u1' });
  const socket = api.getSocket();
  const heard = [];
  const bad = (name) => () => {
    throw new Error(name);
  };
  api.onNewMessage(bad('helper'));
  api.onNewMessage(() => heard.push('helper'));
  // The online list may come at any time.
  socket.onAny((event) => event === 'message:new' && bad('any')());
  socket.onAny((event) => event === 'message:new' && heard.push('any'));
  socket.on('message:new', bad('raw'));
  socket.once('message:new', bad('once'));
  socket.on('message:new', () => heard.push('raw'));
  server.io.emit('message:new', { _id: 1 });
  await until(() => heard.length === 3, 'all three');
  socket.offAny();
  assert.deepEqual(heard, ['helper', 'any', 'raw']);
  assert.deepEqual(
    reported.map(({ message }) => message),
    ['helper', 'any', 'raw', 'once'],
  );
  socket.on('connect', bad('connect'));
  socket.on('disconnect', bad('disconnect'));
  api.disconnectSocket();
  api.initializeSocket('u1');
  await ready();
  socket.onAnyOutgoing(bad('outgoing'));
  assert.equal((await api.sendMessage({ text: 'a' })).success, true);
});

test('a typing indicator without an end is removed after 5 s', async (t) => {
  const clock = freezeTime(t);
  const server = await start(t, {}, { user: 'u1' });
  const marks = [];
  api.onUserTyping(({ userId, isTyping }) => marks.push(`${userId} ${isTyping}`));
  await say(server, ['user_typing', { userId: 'a', isTyping: true }]);
  clock.advance(3000);
  await say(server, ['user_typing', { userId: 'a', isTyping: true }]);
  clock.advance(4999);
  assert.deepEqual(marks, ['a true', 'a true'], 'counted from the last one');
  clock.advance(1);
  assert.deepEqual(marks, ['a true', 'a true', 'a false']);
});

test('ids are strings and the online list is an array that changes once, whatever the server sends', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const told = [];
  api.onUserOnline(({ userId }) => told.push(`+${userId}`));
  api.onUserOffline(({ userId }) => told.push(`-${userId}`));
  const lists = [];
  api.onOnlineUsers((users) => lists.push(users));
  await roundTrip(server);
  await say(
    server,
    ['online_users', ['u1', 2, { userId: 3 }, { _id: 'u4' }, null, 2]],
    ['user_online', { userId: 5, name: 'x' }],
    ['presence:update', { userId: 5, online: true }],
    ['presence:update', { userId: '6', online: true }],
    ['user_online', 'u7'],
    ['user_offline', { userId: 3 }],
    ['presence:update', { userId: 3, online: false }],
    ['presence:update', { userId: 2, online: false }],
    ['user_offline', {}],
  );
  assert.deepEqual(lists.splice(0, 2), [['u1'], ['u1', '2', '3', 'u4']]);
  assert.deepEqual(lists.at(-1), ['u1', 'u4', '5', '6', 'u7']);
  assert.deepEqual(told, ['+5', '+6', '+u7', '-3', '-2']);
});

test('a late subscriber to the online list receives it at once', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  await roundTrip(server);
  const lists = [];
  api.onOnlineUsers((users) => lists.push(users));
  assert.deepEqual(lists, [['u1']]);
});
