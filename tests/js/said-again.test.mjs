// Emits that the server needs before the waiting messages: those of `connect` listeners, and remembered emits, which are
// replayed after each reconnect.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { startChatServer } from '../support/chat-server.mjs';
import { client, until } from './shell-kit.mjs';

const untilReady = (own) => until(() => own.getState().isReady, 'the link is ready');
/** Events of the app's that came, by name and first argument. */
const saidTo = (server) =>
  server.came
    .filter(({ event }) => event !== 'get_online_users')
    .map(({ event, args }) => [event, args[0]]);

/** A client without a room of its own, and its server. */
async function setUp(t, options = {}, io = {}) {
  const server = await startChatServer(t, { io });
  const own = client(t, server, { join: false, health: false, ...options });
  return { server, own };
}

async function awayAndBack(server, own, away = () => {}) {
  const lost = once(own.socket, 'disconnect');
  server.dropAll();
  await lost;
  server.came.length = 0;
  await away();
  await untilReady(own);
  await own.send('send_message', 'the last');
}

test('emits of connect listeners reach the server before waiting messages', async (t) => {
  const { server, own } = await setUp(t);
  own.socket.on('connect', () => own.socket.emit('join_room', 'r1'));
  const first = own.send('send_message', 'waits');
  await first;
  assert.deepEqual(saidTo(server).slice(0, 2), [
    ['join_room', 'r1'],
    ['send_message', 'waits'],
  ]);
  await awayAndBack(server, own, () => {
    own.send('send_message', 'waits again');
  });
  assert.deepEqual(saidTo(server).slice(0, 2), [
    ['join_room', 'r1'],
    ['send_message', 'waits again'],
  ]);
});

test('a remembered emit is sent now, and replayed after each reconnect before waiting messages, until it is forgotten', async (t) => {
  const { server, own } = await setUp(t);
  own.remember('subscribe', 'early');
  own.connect();
  await untilReady(own);
  const forget = own.remember('subscribe', 'news', 7);
  const forgetToo = own.remember('subscribe', 'news', 7);
  await own.send('send_message', 'a');
  assert.deepEqual(saidTo(server), [
    ['subscribe', 'early'],
    ['subscribe', 'news'],
    ['subscribe', 'news'],
    ['send_message', 'a'],
  ]);
  for (let round = 0; round < 2; round += 1) {
    await awayAndBack(server, own, () => {
      own.send('send_message', 'b');
    });
    assert.deepEqual(saidTo(server), [
      ['subscribe', 'early'],
      ['subscribe', 'news'],
      ['send_message', 'b'],
      ['send_message', 'the last'],
    ]);
  }
  assert.deepEqual(server.came[1].args, ['news', 7]);
  // Of two components that want the same, one is gone.
  forget();
  forget();
  await awayAndBack(server, own);
  assert.equal(saidTo(server)[1][0], 'subscribe');
  forgetToo();
  await awayAndBack(server, own);
  assert.deepEqual(saidTo(server), [
    ['subscribe', 'early'],
    ['send_message', 'the last'],
  ]);
  await own.logout();
  own.connect();
  await untilReady(own);
  server.came.length = 0;
  await awayAndBack(server, own);
  assert.deepEqual(saidTo(server), [['send_message', 'the last']], "it was the former user's");
});

test('raw emits that the option session names are replayed, with their acknowledgements', async (t) => {
  const { server, own } = await setUp(t, {
    session: [{ join: 'join_room', leave: 'leave_room' }, /^watch/, 'enter'],
  });
  let asked = 0;
  server.io.on('connection', (socket) => {
    // As tutorials have it: without the callback this throws.
    socket.on('join_room', (_room, ack) => {
      asked += 1;
      ack('joined');
    });
  });
  own.connect();
  await untilReady(own);
  const joined = [];
  for (const room of ['a', 'b'])
    own.socket.emit('join_room', { room }, (reply) => joined.push(reply));
  own.socket.emit('watch:price', 'gold');
  own.socket.emit('other', 1);
  own.socket.emit('leave_room', { room: 'a' });
  await until(() => joined.length === 2, 'both are joined');
  await awayAndBack(server, own, () => {
    own.socket.emit('enter', 'while away');
    own.send('send_message', 'waits');
  });
  assert.deepEqual(
    saidTo(server).map(([event, data]) => [event, data?.room ?? data]),
    [
      ['enter', 'while away'],
      ['join_room', 'b'],
      ['watch:price', 'gold'],
      ['send_message', 'waits'],
      ['send_message', 'the last'],
    ],
  );
  assert.equal(asked, 3);
  assert.deepEqual(joined, ['joined', 'joined'], 'its own callback is called once');
});

test('an emit that a connect listener repeats itself is not replayed', async (t) => {
  const { server, own } = await setUp(t, { session: ['join_room'] });
  own.socket.on('connect', () => own.socket.emit('join_room', 'r1'));
  own.connect();
  await untilReady(own);
  await awayAndBack(server, own);
  assert.deepEqual(saidTo(server), [
    ['join_room', 'r1'],
    ['send_message', 'the last'],
  ]);
});

test('a recovered session is still in its rooms, so nothing is replayed', async (t) => {
  const { server, own } = await setUp(
    t,
    { session: ['join_room'] },
    { connectionStateRecovery: {} },
  );
  own.connect();
  await untilReady(own);
  own.socket.emit('join_room', 'r1');
  own.remember('subscribe', 'news');
  // Recovery begins with an event that has an offset.
  server.io.emit('notice', 'n');
  await once(own.socket, 'notice');
  await awayAndBack(server, own);
  assert.equal(own.socket.recovered, true);
  assert.deepEqual(saidTo(server), [['send_message', 'the last']]);
});

test('the number of remembered emits is limited, and the option refuses invalid names', async (t) => {
  const { server, own } = await setUp(t);
  for (let nth = 0; nth < 1_100; nth += 1) own.remember('subscribe', nth);
  own.connect();
  await own.send('send_message', 'a');
  assert.equal(saidTo(server).filter(([event]) => event === 'subscribe').length, 1_000);
  for (const session of ['join', [7], [''], [{ join: 'a' }], [{ join: 'a', leave: 7 }], [null]]) {
    assert.throws(() => client(t, server, { session }), { code: 'INVALID_OPTION' });
  }
});

test('remembered emits are copies, invalid ones are refused, and those between two users belong to no user', async (t) => {
  const { server, own } = await setUp(t, { userId: 'u1' });
  own.connect();
  await untilReady(own);
  const room = { name: 'a' };
  own.remember('join_room', room);
  room.name = 'b';
  assert.throws(() => own.remember('join_room', 5n), { code: 'INVALID_MESSAGE_PAYLOAD' });
  assert.throws(() => own.remember('join_room', 'x'.repeat(20_000)), { code: 'PAYLOAD_TOO_LARGE' });
  await awayAndBack(server, own);
  assert.deepEqual(saidTo(server)[0], ['join_room', { name: 'a' }]);
  await own.logout();
  own.remember('join_room', 'of nobody');
  own.connect();
  await untilReady(own);
  server.came.length = 0;
  await awayAndBack(server, own);
  assert.deepEqual(saidTo(server), [['send_message', 'the last']]);
});

test('an event that cannot be sent cannot be remembered', async (t) => {
  const { own } = await setUp(t);
  for (const name of [undefined, null, '', {}, Symbol('x'), 'connect', 'disconnect']) {
    assert.throws(() => own.remember(name, 1), { code: 'INVALID_OPTION' });
  }
});

test('a leave ends a join with binary data, and a sent message is no emit of the app', async (t) => {
  const session = [{ join: 'join', leave: 'leave' }];
  const { server, own } = await setUp(t, { userId: 'u1', session });
  own.connect();
  await untilReady(own);
  const room = (n) => new Uint8Array([n]).buffer;
  own.socket.emit('join', room(1));
  own.socket.emit('join', room(2));
  own.socket.emit('leave', room(1));
  await own.send('join', { room: 3 });
  await awayAndBack(server, own);
  const joins = server.came.filter(({ event }) => event === 'join').map(({ args }) => args[0]);
  assert.deepEqual(joins, [Buffer.from([2])]);
});

test('a remembered emit belongs to the user who is named at that time', async (t) => {
  let user = 'u1';
  const { server, own } = await setUp(t, { userId: () => user });
  own.connect();
  await untilReady(own);
  own.remember('join_room', 'of u1');
  user = 'u2';
  own.remember('join_room', 'of u2');
  own.connect();
  await until(() => server.links.length === 2, 'a connection for u2');
  await untilReady(own);
  await own.send('send_message', 'the last');
  const its = server.came.filter(({ event }) => event === 'join_room');
  assert.deepEqual(
    its.map(({ args, link }) => [args[0], server.links.indexOf(link)]),
    [
      ['of u1', 0],
      ['of u2', 1],
    ],
  );
});
