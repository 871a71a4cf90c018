// Rules that apps have broken in their own socket modules: the results of messages.

import assert from 'node:assert/strict';
import test from 'node:test';
import { createDeduplicator } from '../../../pkg/esm/server.mjs';
import { freezeTime } from '../../support/frozen-time.mjs';
import {
  api,
  awayAndBack,
  collectReports,
  NO_HEARTBEAT,
  observed,
  roundTrip,
  send,
  settled,
  start,
  until,
} from '../shell-kit.mjs';

test("socket.io's own retries hold for what asks for an acknowledgement, and all else leaves once", async (t) => {
  const { warned, options } = observed({ io: { ackTimeout: 10_000, retries: 3 } });
  const server = await start(t, options, { user: 'u1' });
  assert.deepEqual(warned, []);
  const came = [];
  server.clients[0].on('lounge:message', (text) => came.push(text));
  server.clients[0].on('lounge:list', (ack) => ack({ users: ['u1'] }));
  const socket = api.getSocket();
  // Nobody acknowledges these, and nobody waits for them.
  socket.emit('join', 'u1');
  socket.emit('typing', { recipientId: 'bob', isTyping: true });
  socket.emit('lounge:message', 'hello');
  const answer = await new Promise((resolve) => {
    socket.emit('lounge:list', (...args) => resolve(args));
  });
  assert.deepEqual(answer, [null, { users: ['u1'] }], 'an error comes first');
  await awayAndBack(server);
  await roundTrip(server);
  assert.deepEqual(came, ['hello'], 'once');
});

test('a message is stored once by a server that takes 12 s to answer', async (t) => {
  const clock = freezeTime(t);
  const options = { send: { ack: true } };
  const server = await start(t, options, { user: 'u1', server: NO_HEARTBEAT });
  // It stores what it has not seen under this id when it is done.
  server.hooks.message = ({ ack, save }) => setTimeout(() => ack(save()), 12_000);
  const sent = send({ text: 'a' });
  await until(() => server.received.length === 1, 'it came');
  for (let second = 1; second <= 30; second += 1) {
    clock.advance(1000);
    await roundTrip(server);
  }
  const result = await settled(sent);
  assert.equal(result.success, true);
  assert.equal(sent.calls.length, 1);
  assert.ok(server.received.length > 1, 'it was sent again meanwhile');
  assert.deepEqual([...new Set(server.received.map(({ id }) => id))], [result._tempId]);
  assert.equal(server.saved.length, 1);
});

test('a late, repeated or contradicting acknowledgement does not call a callback again', async (t) => {
  const server = await start(
    t,
    { send: { ackTimeoutMs: 30, retries: 5, ack: true } },
    { user: 'u1' },
  );
  const acks = [];
  server.hooks.message = ({ id, socket, ack, repeat }) => {
    acks.push(ack);
    if (repeat < 1) return;
    for (const late of [...acks, ...acks]) late({ success: true, from: 'first' });
    socket.emit('message:sent', { _tempId: id, from: 'event' });
    ack({ error: 'FORBIDDEN' });
  };
  const sent = send({ text: 'a' });
  const result = await settled(sent);
  assert.equal(result.from, 'first');
  server.hooks.message = ({ ack }) => ack();
  await settled(send({ text: 'b' }));
  assert.equal(sent.calls.length, 1);
});

test('two equal texts are two messages, outgoing and incoming', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const once = createDeduplicator({ userId: ({ data }) => data.userId });
  server.hooks.message = ({ data, ack, socket, save }) =>
    once(socket, (_data, answer) => answer(save()))(data, ack);
  const heard = [];
  api.onNewMessage(({ text }) => heard.push(text));
  const all = [1, 2, 3].map(() => send({ recipientId: 'u1', text: 'ok' }));
  const results = await Promise.all(all.map(settled));
  assert.equal(new Set(results.map(({ messageId }) => messageId)).size, 3);
  await roundTrip(server);
  assert.deepEqual(heard, ['ok', 'ok', 'ok']);
});

test('a queued message gets a notice at once, and its result only after it is sent', async (t) => {
  const clock = freezeTime(t);
  const server = await start(t);
  const shown = new Map();
  // As apps do it: shown at once, taken back when it failed.
  const type = (_tempId, text) => {
    shown.set(_tempId, 'sending');
    return api.sendMessage({ _tempId, text }, (result) => {
      if (result.queued) shown.set(result._tempId, 'queued');
      else if (result.success) shown.set(result._tempId, 'sent');
      else shown.delete(result._tempId);
    });
  };
  api.disconnectSocket();
  const sent = type('mine', 'typed offline');
  assert.deepEqual([...shown], [['mine', 'queued']]);
  // Longer than any app's own timer for it.
  clock.advance(46_000);
  assert.deepEqual([...shown], [['mine', 'queued']]);
  assert.equal(api.getMessageQueueLength(), 1);
  api.initializeSocket('u1');
  await sent;
  assert.deepEqual([...shown], [['mine', 'sent']]);
  assert.equal(server.saved.length, 1);
});

test('a message that was reported as expired is never sent afterwards', async (t) => {
  const clock = freezeTime(t);
  // For an app that gives up after 15 s by a timer of its own.
  const server = await start(t, { queue: { ttlMs: 14_000 } });
  api.disconnectSocket();
  const sent = send({ text: 'too late' });
  clock.advance(13_999);
  assert.equal(sent.calls.length, 1);
  clock.advance(1);
  const { error, maybeDelivered } = await settled(sent);
  assert.deepEqual([error, maybeDelivered], ['EXPIRED', false]);
  api.initializeSocket('u1');
  assert.equal((await settled(send({ text: 'in time' }))).success, true);
  assert.deepEqual(
    server.received.map(({ data }) => data.text),
    ['in time'],
  );
});

for (const isAckFirst of [true, false]) {
  const order = isAckFirst ? 'after' : 'before';
  test(`a confirmation ${order} the acknowledgement settles the same message, once`, async (t) => {
    const server = await start(t, {}, { user: 'u1' });
    const confirmed = [];
    api.onMessageSent(({ _tempId }) => confirmed.push(_tempId));
    server.hooks.message = ({ id, ack, socket, save }) => {
      const reply = save();
      const confirm = () => socket.emit('message:sent', reply);
      const steps = [() => ack(reply), confirm];
      for (const step of isAckFirst ? steps : steps.reverse()) step();
      assert.equal(reply._tempId, id);
    };
    const all = ['mine', undefined].map((_tempId) => send({ _tempId, text: 'a' }));
    const results = await Promise.all(all.map(settled));
    await roundTrip(server);
    assert.deepEqual(
      results.map(({ success, messageId }) => [success, messageId]),
      [
        [true, 'm1'],
        [true, 'm2'],
      ],
    );
    assert.equal(results[0]._tempId, 'mine');
    assert.deepEqual(
      confirmed,
      results.map(({ _tempId }) => _tempId),
    );
    for (const { calls } of all) assert.equal(calls.length, 1);
  });
}

test('an error event after the acknowledgement changes no result, and reaches its listeners', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  server.hooks.message = ({ id, ack, socket, save }) => {
    ack(save());
    socket.emit('message:error', { _tempId: id, error: 'not shown to the recipient' });
  };
  const errors = [];
  api.getSocket().on('message:error', ({ _tempId }) => errors.push(_tempId));
  const sent = send({ text: 'a' });
  const { success, _tempId } = await settled(sent);
  await roundTrip(server);
  assert.equal(success, true);
  assert.equal(sent.calls.length, 1);
  assert.deepEqual(errors, [_tempId]);
});

test('a value that JSON cannot represent throws nowhere and delays nothing, however it is sent', async (t) => {
  const reported = collectReports(t);
  const server = await start(t);
  const came = [];
  server.io.on('connection', (peer) =>
    peer.onAny((event, data) => /^friend|^typing/.test(event) && came.push(data.recipientId)),
  );
  const cycle = { recipientId: 'bad' };
  cycle.self = cycle;
  for (const bad of [cycle, { recipientId: 'bad', n: 1n }]) {
    const failed = send(bad);
    assert.equal(failed.calls[0].error, 'INVALID_MESSAGE_PAYLOAD');
    api.emitFriendRequestSent(bad);
  }
  api.emitFriendRequestSent({ recipientId: 'bob' });
  const behind = send({ text: 'behind' });
  api.initializeSocket('u1');
  assert.equal((await settled(behind)).success, true);
  for (const bad of [cycle, 1n]) {
    api.emitFriendRequestAccepted(bad);
    api.emitTyping(bad, 'u1');
  }
  api.emitTyping('bob', 'u1');
  await roundTrip(server);
  await awayAndBack(server);
  assert.equal((await settled(send({ text: 'on the next link' }))).success, true);
  assert.deepEqual(came, ['bob', 'bob']);
  assert.equal(reported.length, 6, 'each that nobody is told of is reported');
});

test('no failure opens a dialog, which would block the page until the link is lost', async (t) => {
  const opened = [];
  for (const name of ['alert', 'confirm', 'prompt']) {
    globalThis[name] = () => opened.push(name);
    t.after(() => delete globalThis[name]);
  }
  const { options } = observed({ queue: { capacity: 1 }, send: { retries: 0, ackTimeoutMs: 20 } });
  const server = await start(t, { ...options, logger: undefined });
  const warn = t.mock.method(console, 'warn', () => {});
  const codes = [];
  const note = async (sent) => codes.push((await settled(sent)).error);
  let refusals = 2;
  server.hooks.admit = () => (refusals-- > 0 ? new Error('not yet') : undefined);
  server.hooks.join = ({ count }) => (count > 1 ? 'confirm' : 'no room');
  const first = send({ text: 'first' });
  await note(send({ text: 'one too many' }));
  await note(send({ bad: 1n }));
  api.initializeSocket('u1');
  assert.equal((await settled(first)).success, true);
  server.hooks.message = ({ ack }) => ack({ error: 'FORBIDDEN' });
  await note(send({ text: 'refused' }));
  server.hooks.message = () => {};
  await note(send({ text: 'unanswered' }));
  await awayAndBack(server);
  server.io.emit('force_logout', { reason: 'elsewhere' });
  await until(() => !api.isSocketConnected(), 'forced out');
  await note(send({ text: 'too late' }));
  assert.deepEqual(codes, [
    'QUEUE_FULL',
    'INVALID_MESSAGE_PAYLOAD',
    'FORBIDDEN',
    'ACK_TIMEOUT',
    'LOGGED_OUT',
  ]);
  assert.ok(warn.mock.callCount() >= 3, 'the console is told');
  assert.deepEqual(opened, []);
});
