// Joins, leaves and the user's identity, as public apps emit them: no emit that socket.io-client delivers is dropped, sent
// twice or overtaken.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { jwt } from '../support/jwt.mjs';
import { connected, start, until } from './io-kit.mjs';

const names = (server) => server.came.map(({ event }) => event);
const all = (server) => server.came.map(({ event, args }) => [event, ...args]);

/** Ends the connection, and waits for the next one and what is said over it. */
async function back(server, socket, away = () => {}) {
  server.came.length = 0;
  server.dropAll();
  await once(socket, 'disconnect');
  away();
  await connected(socket);
  // What an effect of the app's says comes a moment after `connect`.
  await new Promise((resolve) => setTimeout(resolve, 60));
  socket.emit('mark');
  await until(() => names(server).includes('mark'), 'what waits has left');
  const came = all(server).filter(([event]) => event !== 'mark');
  // Nothing is in doubt when the next connection ends: receipts that were asked for before come before these answers.
  for (let n = 0; n < 3; n += 1) await socket.emitWithAck('ping');
  return came;
}

const LOGINS = {
  'an auth object': (socket, id) => {
    socket.auth = { userId: id };
  },
  'an auth function': (socket, id) => {
    socket.auth = (done) => done({ userId: id });
  },
  'a token': (socket, id) => {
    socket.auth = { token: jwt({ sub: id }) };
  },
  query: (socket, id) => {
    socket.io.opts.query = { userId: id };
  },
};

for (const [how, login] of Object.entries(LOGINS)) {
  test(`emits of the next user before the connection are sent as that user: ${how}`, async (t) => {
    const { server, open, errors } = await start(t);
    const socket = open({ autoConnect: false });
    login(socket, 'alice');
    socket.connect();
    socket.emit('join_room', 'of alice');
    socket.emit('note', 'of alice');
    await until(() => server.came.length === 2, 'alice');
    socket.disconnect();
    socket.emit('note', 'late of alice');
    login(socket, 'bob');
    socket.connect();
    socket.emit('user_came', 'bob');
    socket.emit('join_room', 'of bob');
    socket.emit('note', 'of bob');
    await until(() => server.came.length >= 5, 'bob');
    const late = () => errors.filter(({ args }) => args[0] === 'late of alice');
    await until(() => late().length === 1, 'what waited of alice has an end');
    assert.deepEqual(all(server).slice(2), [
      ['user_came', 'bob'],
      ['join_room', 'of bob'],
      ['note', 'of bob'],
    ]);
    const [{ code, maybeDelivered }] = late();
    assert.deepEqual([code, maybeDelivered], ['LOGGED_OUT', false]);
    // What she had sent may have had no receipt yet.
    assert.ok(errors.every((error) => error === late()[0] || error.maybeDelivered));
    assert.deepEqual(await back(server, socket), [['join_room', 'of bob']]);
  });
}

test('emits between setting credentials and connect belong to the user whom they name', async (t) => {
  const { server, open, errors } = await start(t);
  const socket = open({ auth: { userId: 'alice' } });
  await connected(socket);
  socket.disconnect();
  socket.auth = { userId: 'bob' };
  socket.emit('note', 'of bob');
  socket.connect();
  await until(() => server.came.length === 1, 'it came');
  socket.disconnect();
  socket.auth = {};
  socket.emit('note', 'of nobody');
  socket.connect();
  await until(() => server.came.length === 2, 'it came');
  assert.deepEqual(errors, []);
});

test('before the first connection a join keeps its order', async (t) => {
  const { server, open } = await start(t);
  const socket = open();
  socket.on('connect', () => socket.emit('join_room', 'by a listener'));
  socket.emit('new_login', 'alice');
  socket.emit('join_room', 'lobby');
  socket.emit('note', 1);
  await until(() => server.came.length === 4, 'all');
  assert.deepEqual(all(server), [
    ['new_login', 'alice'],
    ['join_room', 'lobby'],
    ['note', 1],
    ['join_room', 'by a listener'],
  ]);
});

test('emits before a join in a connect listener are sent before it, and waiting emits after it', async (t) => {
  const { server, open } = await start(t);
  const socket = open();
  socket.on('connect', () => {
    socket.emit('new_login', 'alice');
    socket.emit('join_room', 'lobby');
    socket.emit('note', 'at connect');
  });
  await until(() => server.came.length === 3, 'all');
  assert.deepEqual(names(server), ['new_login', 'join_room', 'note']);
  assert.deepEqual(await back(server, socket, () => socket.emit('note', 'while away')), [
    ['new_login', 'alice'],
    ['join_room', 'lobby'],
    ['note', 'while away'],
    ['note', 'at connect'],
  ]);
});

for (const [when, later] of Object.entries({
  'in a microtask': (fn) => queueMicrotask(fn),
  'in a timer': (fn) => setTimeout(fn),
  'in an effect': (fn) => setTimeout(fn, 30),
})) {
  test(`a join that the app emits ${when} after connect is sent once, before waiting emits`, async (t) => {
    const { server, open } = await start(t);
    const socket = open();
    socket.on('connect', () => later(() => socket.emit('join_room', 'a')));
    await until(() => server.came.length === 1, 'joined');
    assert.deepEqual(await back(server, socket, () => socket.emit('note', 1)), [
      ['join_room', 'a'],
      ['note', 1],
    ]);
  });
}

test('a join that was emitted while disconnected keeps its order, and a remembered one is replayed once', async (t) => {
  const { server, open } = await start(t);
  const socket = await connected(open());
  socket.emit('join_room', 'a');
  await until(() => server.came.length === 1, 'joined');
  const away = () => {
    socket.emit('note', 1);
    socket.emit('join_room', 'a');
    socket.emit('join_room', 'b');
    socket.emit('note', 2);
  };
  assert.deepEqual(await back(server, socket, away), [
    ['join_room', 'a'],
    ['note', 1],
    ['join_room', 'b'],
    ['note', 2],
  ]);
  assert.deepEqual(await back(server, socket), [
    ['join_room', 'a'],
    ['join_room', 'b'],
  ]);
});

const LEAVES = [
  ['join_lobby', ['ABCD'], 'leave', ['ABCD']],
  ['joinRoom', ['r1'], 'leave_room', ['r1']],
  ['join', ['r1'], 'leaveRoom', ['r1']],
  ['join_room', ['r1'], 'exit_room', ['r1']],
  ['join-room', [{ roomId: 'r1', name: 'alice' }], 'leave-room', [{ roomId: 'r1' }]],
  ['join_room', [{ room: 'r1', username: 'a' }], 'leave_room', ['r1']],
  ['join_room', [{ room: 'r1', username: 'a' }], 'leave_room', [{ id: 'r1' }]],
  ['join', ['r1', 'alice'], 'leave', ['r1']],
  ['join', ['r1'], 'leave', []],
  ['message:join_room', ['r1'], 'message:leave_room', ['r1']],
  ['room:join', ['r1'], 'room:leave', ['r1']],
  ['subscribe', ['news'], 'unsubscribe', ['news']],
];

test('a leave ends its join, whatever their event names', async (t) => {
  const { server, open } = await start(t);
  for (const [join, room, leave, which] of LEAVES) {
    const socket = await connected(open());
    socket.emit(join, ...room);
    await until(() => server.came.length === 1, join);
    socket.emit(leave, ...which);
    await until(() => server.came.length === 2, leave);
    const name = `${join} ${JSON.stringify(room)}, ${leave} ${JSON.stringify(which)}`;
    assert.deepEqual(await back(server, socket), [], name);
    socket.disconnect();
    server.came.length = 0;
  }
});

const OTHERS = [
  ['join_room', ['r1'], 'leave_room', ['r2']],
  ['join_team', ['r1'], 'leave_room', ['r1']],
  ['join_room', [{ roomId: 'r2', name: 'a' }], 'leave_room', [{ roomId: 'r1', name: 'a' }]],
  ['join_room', [{ room: 'r2', user: 'a' }], 'leave_room', [{ roomId: 'r1', userId: 'a' }]],
  ['setup', ['a'], 'leave', []],
  ['subscribe', ['r1'], 'leave', ['r1']],
];

test('a leave of another room ends no join', async (t) => {
  const { server, open } = await start(t);
  for (const [join, room, leave, which] of OTHERS) {
    const socket = await connected(open());
    socket.emit(join, ...room);
    socket.emit(leave, ...which);
    await until(() => server.came.length === 2, leave);
    const name = `${join} ${JSON.stringify(room)}, ${leave} ${JSON.stringify(which)}`;
    assert.deepEqual(await back(server, socket), [[join, ...room]], name);
    socket.disconnect();
    server.came.length = 0;
  }
});

test('joins with the usual event names are replayed, and events that only look like joins are not', async (t) => {
  const { server, open } = await start(t);
  const socket = await connected(open());
  const joins = [
    ...['join', 'joinChat', 'join-room', 'room:join', 'message:join_room', 'subscribe', 'setup'],
    ...['addUser', 'add-user', 'new-user-add', 'newUser', 'new-user-joined', 'user_connected'],
    ...['user-online', 'user-join', 'setUsername', 'register', 'authenticate', 'identify'],
  ];
  const others = ['join_queue', 'joinMatchmaking', 'message', 'user-list', 'adjoint'];
  for (const name of [...joins, ...others]) socket.emit(name, 'one');
  const secret = { email: 'a@b.c', password: 'hidden' };
  socket.emit('register', secret);
  socket.emit('authenticate', secret);
  await until(() => server.came.length === joins.length + others.length + 2, 'all');
  assert.deepEqual(
    await back(server, socket),
    joins.map((name) => [name, 'one']),
  );
});

test('the end of typing is not lost while disconnected: the newest arrives', async (t) => {
  const { server, open } = await start(t);
  const socket = await connected(open());
  socket.emit('typing', 'c1');
  socket.emit('typing', { to: 'c2', isTyping: true });
  await until(() => server.came.length === 2, 'typing');
  const away = () => {
    socket.emit('stop typing', 'c1');
    socket.emit('typing', 'c1');
    socket.emit('stop typing', 'c1');
    socket.emit('typing', { to: 'c2', isTyping: false });
    socket.emit('cursor', 1);
  };
  assert.deepEqual(await back(server, socket, away), [
    ['stop typing', 'c1'],
    ['typing', { to: 'c2', isTyping: false }],
  ]);
});

test('a leave without a receipt is not repeated after a later join', async (t) => {
  const { server, open } = await start(t);
  const socket = await connected(open());
  socket.emit('join_room', 'a');
  await until(() => server.came.length === 1, 'joined');
  // Nothing that leaves from here on is known to have been taken.
  server.hooks.connect = () => {};
  socket.emit('leave_room', 'a');
  socket.emit('join_room', 'a');
  await until(() => server.came.length === 3, 'both');
  assert.deepEqual(await back(server, socket), [['join_room', 'a']]);
});

test('emits to a room that is left while disconnected arrive while it is joined, and then it is left', async (t) => {
  const { server, open } = await start(t);
  const socket = await connected(open());
  socket.emit('join_room', 'a');
  await until(() => server.came.length === 1, 'joined');
  const away = () => {
    socket.emit('note', 'in a');
    socket.emit('leave_room', 'a');
  };
  assert.deepEqual(await back(server, socket, away), [
    ['join_room', 'a'],
    ['note', 'in a'],
    ['leave_room', 'a'],
  ]);
  assert.deepEqual(await back(server, socket), []);
});

for (const [how, login] of Object.entries(LOGINS)) {
  test(`emits before the first connection are sent as no other user: ${how}`, async (t) => {
    const { server, open, errors } = await start(t);
    const socket = open({ autoConnect: false });
    await server.stop();
    login(socket, 'alice');
    socket.connect();
    socket.emit('join_room', 'of alice');
    socket.emit('note', 'of alice');
    const asked = socket.emitWithAck('note', 'asked by alice').catch(({ message }) => message);
    await once(socket, 'connect_error');
    socket.disconnect();
    login(socket, 'bob');
    socket.connect();
    socket.emit('note', 'of bob');
    await server.listen();
    await until(() => server.came.length > 0, 'bob');
    assert.deepEqual(all(server), [['note', 'of bob']]);
    assert.deepEqual(
      errors.map(({ code, args, maybeDelivered }) => [code, ...args, maybeDelivered]),
      [
        ['LOGGED_OUT', 'of alice', false],
        ['LOGGED_OUT', 'of alice', false],
        ['LOGGED_OUT', 'asked by alice', false],
      ],
    );
    assert.equal(await asked, 'socket has been disconnected');
  });
}

test('emits that were sent together with a join are repeated if the connection ends before a receipt', async (t) => {
  const { server, open } = await start(t);
  const socket = await connected(open());
  socket.emit('join_room', 'a');
  await until(() => server.came.length === 1, 'joined');
  server.dropAll();
  await once(socket, 'connect');
  // In the moment in which the app says its joins, and the server is gone before it reads them.
  const { ws } = socket.io.engine.transport;
  ws.send = () => {};
  socket.emit('note', 1);
  socket.emit('join_room', 'b');
  server.came.length = 0;
  server.dropAll();
  await once(socket, 'disconnect');
  await until(() => names(server).includes('note'), 'it arrives');
  assert.deepEqual(
    all(server).filter(([event]) => event === 'note'),
    [['note', 1]],
  );
});

test('an emit about the user itself is replayed once, in its newest form', async (t) => {
  const { server, open } = await start(t);
  const socket = open();
  let count = 0;
  socket.on('connect', () => {
    count += 1;
    socket.emit('authenticate', { token: `T${count}` });
    socket.emit('join_game', 'g1', { resumeFrom: count });
  });
  await until(() => server.came.length === 2, 'the first');
  socket.emit('setUsername', 'old');
  socket.emit('setUsername', 'new');
  socket.emit('join_room', 'a');
  socket.emit('join_room', 'b');
  await until(() => server.came.length === 6, 'all');
  assert.deepEqual(await back(server, socket), [
    ['authenticate', { token: 'T2' }],
    ['join_game', 'g1', { resumeFrom: 2 }],
    ['setUsername', 'new'],
    ['join_room', 'a'],
    ['join_room', 'b'],
  ]);
});

test('emits around disconnect and connect keep their order', async (t) => {
  const { server, open } = await start(t);
  const socket = await connected(open());
  socket.disconnect();
  socket.emit('note', 1);
  socket.connect();
  socket.emit('note', 2);
  socket.disconnect();
  socket.emit('note', 3);
  socket.connect();
  socket.emit('note', 4);
  await until(() => server.came.length === 4, 'all');
  assert.deepEqual(
    all(server).map(([, n]) => n),
    [1, 2, 3, 4],
  );
});

test('emits of a user who never connected are not sent, even if the previous user is back', async (t) => {
  const { server, open, errors } = await start(t);
  const socket = await connected(open({ auth: { userId: 'alice' } }));
  socket.disconnect();
  socket.auth = { userId: 'bob' };
  socket.connect();
  socket.emit('note', 'of bob');
  socket.disconnect();
  socket.auth = { userId: 'alice' };
  socket.connect();
  socket.emit('note', 'of alice');
  await until(() => server.came.length > 0, 'alice');
  assert.deepEqual(all(server), [['note', 'of alice']]);
  assert.deepEqual(
    errors.map(({ code, args }) => [code, ...args]),
    [['LOGGED_OUT', 'of bob']],
  );
});
