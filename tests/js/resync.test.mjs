// Missed messages: on every reconnect the app is asked for them, and they are delivered before live ones.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { deferred } from '../support/until.mjs';
import {
  api,
  awayAndBack,
  collectReports,
  quick,
  ready,
  roundTrip,
  start,
  until,
  wallClock,
} from './shell-kit.mjs';

/**
 * Connected as u1, with `onResync` in the test's hands: `asked` has an entry for each time that it was
 * called, `heard` the ids of what the helper was told.
 */
async function setUp(t, options = {}, { answer, ...more } = {}) {
  const asked = [];
  const onResync = ({ since, deliver }) => {
    const { promise, resolve, reject } = deferred();
    asked.push({ since, deliver, resolve, reject });
    return answer ? answer({ since, deliver }) : promise;
  };
  const server = await start(t, { onResync, ...options }, { user: 'u1', ...more });
  const heard = [];
  api.onNewMessage((data) => heard.push(data?._id));
  return { server, asked, heard };
}

const message = (id) => ({ _id: id, text: `text of ${id}` });
const messages = (...ids) => ids.map(message);

/** The server says these now; resolves when they have arrived. */
async function say(server, ...ids) {
  for (const id of ids) server.io.emit('message:new', message(id));
  await roundTrip(server);
}

/** What waits for a promise has run. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('the app is asked on every reconnect, with the last message, and not on the first connection', async (t) => {
  const start = Date.now();
  const { server, asked } = await setUp(t, {}, { answer: () => undefined });
  assert.equal(asked.length, 0);
  await awayAndBack(server);
  assert.equal(asked.length, 1);
  assert.equal(asked[0].since.id, null, 'nothing has come so far');
  assert.ok(asked[0].since.at >= start && asked[0].since.at <= Date.now());
  const before = Date.now();
  await say(server, 'a', 'b');
  const after = Date.now();
  for (let n = 2; n <= 3; n += 1) {
    await awayAndBack(server);
    assert.equal(asked.length, n);
    assert.equal(asked[n - 1].since.id, 'b');
    assert.ok(asked[n - 1].since.at >= before && asked[n - 1].since.at <= after);
  }
  api.disconnectSocket();
  api.initializeSocket('u1');
  await ready();
  assert.equal(asked.length, 4, 'after a disconnect of the app too');
});

test('messages before the first link is ready count as no reconnect', async (t) => {
  const { server, asked, heard } = await setUp(t, {}, { user: undefined });
  server.hooks.join = () => {
    server.io.emit('message:new', message('before the join'));
    return 'confirm';
  };
  api.initializeSocket('u1');
  await ready();
  assert.deepEqual(heard, ['before the join']);
  assert.equal(asked.length, 0);
});

test('messages during a reconnect do not hide the missed ones', async (t) => {
  const { server, asked, heard } = await setUp(t);
  await say(server, 'a');
  server.hooks.join = () => {
    server.io.emit('message:new', message('c'));
    return 'confirm';
  };
  await awayAndBack(server);
  assert.equal(asked[0].since.id, 'a');
  asked[0].deliver(messages('b', 'c'));
  assert.deepEqual(heard, ['a', 'c', 'b']);
});

test('a link that was only in doubt is no reconnect, and the app is not asked', async (t) => {
  const { server, asked } = await setUp(t);
  await awayAndBack(server);
  assert.equal(asked.length, 1, 'and this is still unanswered');
  const lists = [];
  api.onOnlineUsers((users) => lists.push(users));
  await roundTrip(server);
  const before = lists.length;
  let answer;
  server.hooks.ping = (ack) => {
    answer = ack;
  };
  server.hooks.message = () => {};
  const engine = api.getSocket().io.engine;
  // The machine slept: one clock went on, the other did not.
  const { now } = Date;
  t.mock.method(Date, 'now', () => now() + 3000);
  api.sendMessage({ text: 'a' });
  assert.deepEqual([api.isSocketConnected(), api.isConnectionReady()], [true, false]);
  await until(() => answer, 'the probe');
  answer();
  await ready();
  await roundTrip(server);
  assert.equal(api.getSocket().io.engine, engine);
  assert.equal(asked.length, 1);
  assert.equal(lists.length, before);
});

test('live messages wait for the missed ones, and repeats are dropped', async (t) => {
  const { server, asked, heard } = await setUp(t);
  const raw = [];
  const any = [];
  api.getSocket().on('message:new', ({ _id }) => raw.push(_id));
  api.getSocket().onAny((event, data) => event === 'message:new' && any.push(data._id));
  await say(server, 'a');
  await awayAndBack(server);
  await say(server, 'd', 'e');
  assert.deepEqual(heard, ['a'], 'held');
  asked[0].deliver(messages('a', 'b'));
  assert.deepEqual(heard, ['a', 'b'], 'what is handed over is told at once');
  await turn();
  asked[0].deliver(messages('c', 'd'));
  asked[0].resolve();
  await turn();
  assert.deepEqual(heard, ['a', 'b', 'c', 'd', 'e']);
  assert.deepEqual(raw, heard);
  await say(server, 'f', 'b', 'e');
  assert.deepEqual(heard.slice(5), ['f'], 'live again');
  await awayAndBack(server);
  assert.equal(asked[1].since.id, 'f');
});

test('messages are buffered under every event name, and other events are not', async (t) => {
  const events = { message: ['message:new', 'newMessage'] };
  const { server, asked, heard } = await setUp(t, { events });
  const others = [];
  api.getSocket().on('message:read', ({ _id }) => others.push(_id));
  await awayAndBack(server);
  server.io.emit('newMessage', message('b'));
  server.io.emit('message:read', message('b'));
  await roundTrip(server);
  assert.deepEqual([heard, others], [[], ['b']]);
  asked[0].deliver(messages('a'));
  asked[0].resolve();
  await turn();
  assert.deepEqual(heard, ['a', 'b']);
});

test('a message with an acknowledgement is not buffered', async (t) => {
  const { server, asked } = await setUp(t);
  api.getSocket().on('message:new', (_message, ack) => ack?.());
  await awayAndBack(server);
  assert.equal(asked.length, 1);
  let isAnswered = false;
  server.clients[0].emit('message:new', message('a'), () => {
    isAnswered = true;
  });
  await roundTrip(server);
  await roundTrip(server);
  assert.ok(isAnswered);
});

test('an answer that is no list delivers nothing', async (t) => {
  const { server, asked, heard } = await setUp(t);
  await awayAndBack(server);
  for (const value of [undefined, null, 'text', { length: 1 }, 5]) asked[0].deliver(value);
  asked[0].deliver([null, message('a')]);
  assert.deepEqual(heard, [undefined, 'a']);
});

test('live messages wait for an answer for at most 5 seconds', async (t) => {
  const { server, asked, heard } = await setUp(t);
  const jump = wallClock(t);
  await awayAndBack(server);
  assert.equal(asked.length, 1);
  await say(server, 'b', 'c');
  jump(4000);
  await awayAndBack(server);
  assert.equal(asked.length, 2);
  jump(4000);
  await say(server, 'd');
  assert.deepEqual(heard, [], 'counted from the last return');
  jump(1001);
  await say(server, 'e');
  await until(() => heard.length > 0, 'what is held is handed out');
  assert.deepEqual(heard, ['b', 'c', 'd', 'e']);
  await say(server, 'f');
  assert.deepEqual(heard, ['b', 'c', 'd', 'e', 'f'], 'nothing is held any more');
  asked[1].deliver(messages('a', 'b'));
  asked[1].resolve();
  await turn();
  assert.deepEqual(heard, ['b', 'c', 'd', 'e', 'f', 'a'], 'late is better than never');
});

test('a destroyed client waits for nothing', async (t) => {
  const { server, asked, heard } = await setUp(t);
  await awayAndBack(server);
  await say(server, 'b');
  api.configureSocket(quick('http://127.0.0.1:9'));
  asked[0].deliver(messages('a'));
  assert.deepEqual(heard, []);
});

test('at most a thousand live messages are buffered', async (t) => {
  const { server, asked, heard } = await setUp(t);
  await awayAndBack(server);
  const ids = Array.from({ length: 1001 }, (_, n) => `m${n}`);
  await say(server, ...ids.slice(0, 999));
  assert.equal(heard.length, 0);
  await say(server, ids[999]);
  assert.deepEqual(heard, ids.slice(0, 1000));
  await say(server, ids[1000]);
  assert.deepEqual(heard, ids);
  asked[0].resolve();
  await turn();
  assert.deepEqual(heard, ids);
});

test('an onResync that throws or rejects is reported, releases the buffered messages, and is called again for the same gap', async (t) => {
  const reported = collectReports(t);
  const failures = [
    () => {
      throw new Error('it throws');
    },
    () => Promise.reject(new Error('it rejects')),
    async ({ deliver }) => {
      deliver(messages('b'));
      throw new Error('it fails half way');
    },
    () => undefined,
  ];
  const answer = (details) => (failures.shift() ?? (() => undefined))(details);
  const { server, asked, heard } = await setUp(t, {}, { answer });
  await say(server, 'a');
  for (let n = 1; n <= 3; n += 1) {
    await awayAndBack(server);
    assert.equal(asked.length, n);
    await say(server, `live ${n}`);
    assert.equal(heard.at(-1), `live ${n}`);
    assert.equal(asked[n - 1].since.id, 'a', 'what was missed first is still missing');
  }
  assert.deepEqual(
    reported.map(({ message: text }) => text),
    ['it throws', 'it rejects', 'it fails half way'],
  );
  await awayAndBack(server);
  assert.equal(asked[3].since.id, 'a');
  await say(server, 'z');
  await awayAndBack(server);
  assert.equal(asked[4].since.id, 'z', 'once an answer was without fault, it starts from there');
});

test('after an onResync that never settles, the next reconnect asks for the same gap, and buffers', async (t) => {
  const { server, asked, heard } = await setUp(t);
  await say(server, 'a');
  await awayAndBack(server);
  await say(server, 'd');
  await awayAndBack(server);
  await say(server, 'e');
  assert.deepEqual(
    asked.map(({ since }) => since.id),
    ['a', 'a'],
  );
  assert.deepEqual(heard, ['a']);
  asked[0].deliver(messages('b'));
  asked[0].resolve();
  await turn();
  assert.deepEqual(
    heard,
    ['a', 'b'],
    'an answer to an earlier return is told, and releases nothing',
  );
  asked[1].deliver(messages('b', 'c'));
  asked[1].resolve();
  await turn();
  assert.deepEqual(heard, ['a', 'b', 'c', 'd', 'e']);
});

test('an answer that arrives after the link is lost again does not fill the second gap', async (t) => {
  const { server, asked, heard } = await setUp(t);
  await say(server, 'a');
  await awayAndBack(server);
  await awayAndBack(server, () => asked[0].resolve());
  assert.equal(asked.length, 2);
  assert.equal(asked[1].since.id, 'a');
  asked[1].deliver(messages('b'));
  asked[1].resolve();
  await turn();
  assert.deepEqual(heard, ['a', 'b']);
});

test('a recovered session has the missed messages, and the app is not asked', async (t) => {
  const io = { connectionStateRecovery: { maxDisconnectionDuration: 60_000 } };
  const { server, asked, heard } = await setUp(t, {}, { server: { io } });
  await say(server, 'a');
  const socket = api.getSocket();
  const lost = once(socket, 'disconnect');
  // Told to the client alone: an end that the server knows of is final to it.
  socket.io.engine.close();
  await lost;
  server.io.emit('message:new', message('b'));
  await ready();
  await roundTrip(server);
  assert.equal(socket.recovered, true);
  assert.deepEqual(heard, ['a', 'b']);
  assert.equal(asked.length, 0);
  server.io.of('/').adapter.sessions?.clear();
  socket._pid = 'forgotten';
  await awayAndBack(server);
  assert.equal(socket.recovered, false);
  assert.equal(asked.length, 1);
  assert.equal(asked[0].since.id, 'b');
});

test('a logout forgets the position of the user, and their messages reach no other user', async (t) => {
  const { server, asked, heard } = await setUp(t);
  await say(server, 'a');
  await awayAndBack(server);
  await say(server, 'held for u1');
  api.disconnectSocketForLogout();
  api.resetLogoutFlag();
  asked[0].deliver(messages('of u1'));
  asked[0].resolve();
  api.initializeSocket('u2');
  await ready();
  asked[0].deliver(messages('of u1, later'));
  await say(server, 'b');
  assert.deepEqual(heard, ['a', 'b']);
  assert.equal(asked.length, 1, 'nothing was missed');
  await awayAndBack(server);
  assert.equal(asked[1].since.id, 'b');
  api.initializeSocket('u3');
  await ready();
  assert.equal(asked.length, 2, 'nor by the next user');
  await awayAndBack(server);
  assert.equal(asked[2].since.id, null, 'who has heard nothing yet');
});

test('a logout by a listener stops the delivery of fetched and buffered messages', async (t) => {
  for (const [isHeld, told] of [
    [false, ['a']],
    [true, ['c']],
  ]) {
    const { server, asked, heard } = await setUp(t);
    await awayAndBack(server);
    await say(server, 'c', 'd');
    const off = api.onNewMessage(() => api.disconnectSocketForLogout());
    if (isHeld) asked[0].resolve();
    else asked[0].deliver(messages('a', 'b'));
    await turn();
    assert.deepEqual(heard, told);
    off();
    api.resetLogoutFlag();
  }
});

test('without onResync nothing is buffered', async (t) => {
  const { server, heard } = await setUp(t, { onResync: undefined });
  await say(server, 'a');
  await awayAndBack(server);
  await say(server, 'b');
  assert.deepEqual(heard, ['a', 'b']);
});
