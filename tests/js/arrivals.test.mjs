// Incoming events are complete: every argument and the acknowledgement, and each message once.

import assert from 'node:assert/strict';
import test from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  api,
  awayAndBack,
  client,
  observed,
  ready,
  roundTrip,
  say,
  start,
  until,
} from './shell-kit.mjs';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');

/** Bytes that are reachable. */
function memory() {
  gc();
  return process.memoryUsage().heapUsed;
}

/** Every way to listen to `message:new`, each noted under its name. */
function listenEverywhere(note) {
  const { client: made } = globalThis[Symbol.for('holdfast@1')];
  api.onNewMessage((...args) => note('helper', args));
  made.on('message:new', (...args) => note('on', args));
  api.getSocket().on('message:new', (...args) => note('raw', args));
  api.getSocket().onAny((event, ...args) => event === 'message:new' && note('any', args));
}

test('every kind of listener receives all arguments, including the acknowledgement', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const kinds = [];
  listenEverywhere((kind, args) => {
    kinds.push(kind);
    assert.deepEqual(args.slice(0, 2), [{ _id: 'a' }, 'second']);
    args[2](kind, 'two values');
  });
  const [peer] = server.clients;
  const reply = await new Promise((resolve) =>
    peer.emit('message:new', { _id: 'a' }, 'second', (...said) => resolve(said)),
  );
  assert.deepEqual(kinds.sort(), ['any', 'helper', 'on', 'raw']);
  assert.deepEqual(reply, ['helper', 'two values'], 'the first answer counts, as in socket.io');
});

test('the other helpers pass on all arguments too', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const heard = [];
  const note =
    (name) =>
    (...args) =>
      heard.push([name, args.at(-1)]);
  api.onMessageSent(note('sent'));
  api.onUserTyping(note('typing'));
  api.onFriendRequestReceived(note('received'));
  api.onFriendRequestAccepted(note('accepted'));
  api.onUserOnline(note('online'));
  api.onUserOffline(note('offline'));
  await roundTrip(server);
  api.onOnlineUsers(note('list'));
  heard.length = 0;
  await say(
    server,
    ['message:sent', {}, 1],
    ['user_typing', { userId: 'u2', isTyping: false }, 2],
    ['friend_request_received', {}, 3],
    ['friend_request_accepted', {}, 4],
    ['online_users', ['u1'], 5],
    ['user_offline', { userId: 'u1' }, 6],
    ['presence:update', { userId: 'u9', online: true }, 7],
  );
  assert.deepEqual(
    heard.filter(([, last]) => typeof last === 'number'),
    [
      ['sent', 1],
      ['typing', 2],
      ['received', 3],
      ['accepted', 4],
      ['list', 5],
      ['offline', 6],
      ['online', 7],
    ],
  );
});

test('a repeated event with an acknowledgement gets the first answer, and is delivered once', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const shown = [];
  listenEverywhere((kind, [, ack]) => {
    shown.push(kind);
    ack({ answer: shown.length });
  });
  const ask = () => server.clients[0].emitWithAck('message:new', { _id: 'a' });
  assert.deepEqual(await ask(), { answer: 1 });
  assert.deepEqual(await ask(), { answer: 1 });
  await awayAndBack(server);
  assert.deepEqual(await ask(), { answer: 1 }, 'over the next connection too');
  assert.deepEqual(shown.sort(), ['any', 'helper', 'on', 'raw']);
});

test('repeats that arrive before the answer get the same answer', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const acks = [];
  api.onNewMessage((_message, ack) => acks.push(ack));
  const [peer] = server.clients;
  const asked = [1, 2, 3].map(() => peer.emitWithAck('message:new', { _id: 'a' }));
  await roundTrip(server);
  assert.equal(acks.length, 1);
  acks[0]('late');
  acks[0]('twice');
  assert.deepEqual(await Promise.all(asked), ['late', 'late', 'late']);
});

test('an answer is sent over the connection that asked, not over a later one', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const acks = [];
  api.onNewMessage((_message, ack) => acks.push(ack));
  server.clients[0].emit('message:new', { _id: 'a' }, () => {});
  await roundTrip(server);
  await awayAndBack(server);
  const sent = [];
  server.clients[0].conn.on('packet', ({ data }) => /^43/.test(data) && sent.push(data));
  acks[0]('late');
  await roundTrip(server);
  assert.deepEqual(sent, [], 'the number of an acknowledgement means another one there');
  assert.equal(await server.clients[0].emitWithAck('message:new', { _id: 'a' }), 'late');
  assert.equal(acks.length, 1);
});

test('a copy without an acknowledgement does not prevent the answer to a copy with one', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  api.onNewMessage((_message, ack) => ack?.('ok'));
  await say(server, ['message:new', { _id: 'a' }]);
  assert.equal(await server.clients[0].emitWithAck('message:new', { _id: 'a' }), 'ok');
});

test('an answer that is too large to store is requested from the listener again', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  let shown = 0;
  api.onNewMessage((_message, ack) => ack(`${++shown} ${'x'.repeat(20_000)}`));
  const ask = () => server.clients[0].emitWithAck('message:new', { _id: 'a' });
  assert.match(await ask(), /^1 x/);
  assert.match(await ask(), /^2 x/);
});

test('an event that arrived before any listener was added is delivered when it is repeated', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  await say(server, ['message:new', { _id: 'a' }]);
  const heard = [];
  api.onNewMessage(({ _id }) => heard.push(_id));
  await say(server, ['message:new', { _id: 'a' }], ['message:new', { _id: 'a' }]);
  assert.deepEqual(heard, ['a']);
});

test('different content with a known id is delivered, with one warning', async (t) => {
  const { options, warned } = observed();
  const server = await start(t, options, { user: 'u1' });
  const heard = { helper: [], raw: [] };
  api.onNewMessage(({ text }) => heard.helper.push(text));
  api.getSocket().on('message:new', ({ text }) => heard.raw.push(text));
  const say4 = (text) => ['message:new', { id: 'sender-1', text }];
  await say(server, ...['one', 'two', 'one', 'two', 'three'].map(say4));
  assert.deepEqual(heard, { helper: ['one', 'two', 'three'], raw: ['one', 'two', 'three'] });
  const warnings = warned.filter((text) => text.includes('message:new'));
  assert.equal(warnings.length, 1);
  assert.doesNotMatch(warnings[0], /sender-1|two/);
});

test('the content of an event is all arguments, including binary ones', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  let heard = 0;
  api.onNewMessage(() => {
    heard += 1;
  });
  await say(
    server,
    ['message:new', { _id: 'a' }, 1],
    ['message:new', { _id: 'a' }, 2],
    ['message:new', { _id: 'a' }, 1],
    ['message:new', { _id: 'b', bytes: Buffer.from([1]) }],
    ['message:new', { _id: 'b', bytes: Buffer.from([2]) }],
    ['message:new', { _id: 'b', bytes: Buffer.from([1]) }],
  );
  assert.equal(heard, 4);
});

test("what the server appends for connection state recovery is not a message's content", async (t) => {
  const server = await start(
    t,
    {},
    { user: 'u1', server: { io: { connectionStateRecovery: {} } } },
  );
  let heard = 0;
  api.onNewMessage(() => {
    heard += 1;
  });
  await say(server, ['message:new', { _id: 'a' }], ['message:new', { _id: 'a' }]);
  assert.equal(heard, 1);
});

test('a fetched message is recognised by its id, in any notation', async (t) => {
  const asked = [];
  const onResync = ({ deliver }) => {
    asked.push(deliver);
    deliver([
      { _id: 'a', text: 'as fetched' },
      { _id: 'b', text: 'as fetched' },
    ]);
  };
  const { options, warned } = observed({ onResync });
  const server = await start(t, options, { user: 'u1' });
  const heard = [];
  api.onNewMessage(({ _id, text }) => heard.push(`${_id} ${text}`));
  await say(server, ['message:new', { _id: 'a', text: 'as it came' }]);
  await awayAndBack(server);
  await until(() => asked.length === 1, 'asked for what was missed');
  await say(server, ['message:new', { _id: 'b', text: 'as it came' }]);
  assert.deepEqual(heard, ['a as it came', 'b as fetched']);
  assert.deepEqual(warned, []);
});

test('connect, disconnect and connect_error reach client.on, as they reach listeners on the Socket', async (t) => {
  const server = await start(t);
  const made = client(t, server, { userId: 'u1' });
  const heard = { ours: [], raw: [] };
  for (const event of ['connect', 'disconnect', 'connect_error']) {
    const note = (list) => (first) => list.push([event, first?.message ?? first]);
    made.on(event, note(heard.ours));
    made.socket.on(event, note(heard.raw));
  }
  const isUp = () => until(() => made.getState().isReady, 'ready');
  made.connect();
  await isUp();
  let late = 0;
  made.on('connect', () => {
    late += 1;
  });
  server.hooks.admit = () => {
    server.hooks.admit = () => undefined;
    return new Error('not now');
  };
  server.dropAll();
  await until(() => heard.ours.length === 4, 'connected again');
  await isUp();
  server.clients[0].disconnect();
  await until(() => heard.ours.length === 6, 'connected once more');
  made.disconnect();
  const reasons = [
    ['connect', undefined],
    ['disconnect', 'transport close'],
    ['connect_error', 'not now'],
    ['connect', undefined],
    ['disconnect', 'io server disconnect'],
    ['connect', undefined],
    ['disconnect', 'io client disconnect'],
  ];
  assert.deepEqual(heard.ours, reasons);
  assert.deepEqual(heard.raw, reasons);
  assert.equal(late, 2, 'and a listener that is added late hears of what comes');
});

test('the memory of received messages has a fixed size per message, whatever the ids', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  let heard = 0;
  const count = () => {
    heard += 1;
  };
  api.onNewMessage(count);
  api.onFriendRequestReceived(count);
  const before = memory();
  for (let n = 0; n < 1000; n += 1) {
    const filler = `${n}`.padEnd(100_000, 'x');
    api.getSocket().emitEvent(['message:new', { _id: filler }]);
    api.getSocket().emitEvent(['friend_request_received', { filler }]);
  }
  await ready();
  const grown = memory() - before;
  assert.equal(heard, 2000);
  assert.ok(grown < 5_000_000, `${grown} bytes`);
  await roundTrip(server);
});

/** Milliseconds that each of so many newcomers takes. */
async function paceOf(t, count) {
  const server = await start(t, {}, { user: 'u1' });
  await roundTrip(server);
  let heard = 0;
  api.onUserOnline(() => {
    heard += 1;
  });
  const begun = performance.now();
  for (let n = 0; n < count; n += 1) api.getSocket().emitEvent(['user_online', `newcomer ${n}`]);
  const took = performance.now() - begun;
  assert.equal(heard, count);
  assert.equal(
    globalThis[Symbol.for('holdfast@1')].client.getState().onlineUsers.length,
    count + 1,
  );
  await server.close();
  return took / count;
}

test('a newcomer costs the same, however many are online', async (t) => {
  await paceOf(t, 2000);
  const [few, many] = [await paceOf(t, 2000), await paceOf(t, 32_000)];
  assert.ok(many < few * 6, `${few} and ${many} ms each`);
});
