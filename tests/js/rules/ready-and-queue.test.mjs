// Rules that apps have broken in their own socket modules: when the link is ready, and the queue.

import assert from 'node:assert/strict';
import test from 'node:test';
import { freezeTime } from '../../support/frozen-time.mjs';
import { createProxy } from '../../support/proxy.mjs';
import { deferred } from '../../support/until.mjs';
import {
  api,
  down,
  NO_HEARTBEAT,
  quick,
  ready,
  roundTrip,
  send,
  settled,
  start,
  until,
} from '../shell-kit.mjs';

const FALLBACK_MS = 3000;
const joinCame = (server, count) => until(() => server.joins.length === count, 'the join came');

test('without a confirmation the link is ready after 3 s, even with an empty queue', async (t) => {
  const clock = freezeTime(t);
  const server = await start(t);
  server.hooks.join = () => 'ignore';
  api.initializeSocket('u1');
  await joinCame(server, 1);
  clock.advance(FALLBACK_MS - 1);
  assert.equal(api.isConnectionReady(), false);
  clock.advance(1);
  assert.equal(api.isConnectionReady(), true);
});

test('the 3 s of a lost link do not make the next link ready', async (t) => {
  const clock = freezeTime(t);
  const server = await start(t);
  server.hooks.join = () => 'ignore';
  api.initializeSocket('u1');
  await joinCame(server, 1);
  clock.advance(FALLBACK_MS - 200);
  server.dropAll();
  await down();
  clock.advance(100);
  await joinCame(server, 2);
  await roundTrip(server);
  clock.advance(FALLBACK_MS - 1);
  assert.deepEqual([api.isSocketConnected(), api.isConnectionReady()], [true, false]);
  clock.advance(1);
  assert.equal(api.isConnectionReady(), true, 'the second link has 3 s of its own');
});

test('a repeated confirmation sends nothing twice', async (t) => {
  const server = await start(t);
  server.hooks.join = ({ userId }) => {
    server.io.emit('room:joined', { userId });
    return 'confirm';
  };
  const acks = [];
  server.hooks.message = ({ ack, save }) => acks.push(() => ack(save()));
  const all = ['a', 'b', 'c'].map((text) => send({ recipientId: 'bob', text }));
  api.initializeSocket('u1');
  await until(() => acks.length === 3, 'the queue has left');
  server.io.emit('room:joined', { userId: 'u1' });
  await roundTrip(server);
  for (const ack of acks) ack();
  for (const result of await Promise.all(all.map(settled))) assert.equal(result.success, true);
  await roundTrip(server);
  assert.deepEqual(
    server.received.map(({ data }) => data.text),
    ['a', 'b', 'c'],
  );
});

for (const [name, refusal] of [
  ['says for how long', (left) => ({ error: 'RATE_LIMITED', retryAfterMs: left })],
  [
    'says so and nothing more',
    () => ({ success: false, code: 'RATE_LIMITED', error: 'slow down' }),
  ],
]) {
  test(`a queue of 50 loses none at a server that takes 5 a second and ${name}`, async (t) => {
    const clock = freezeTime(t);
    const server = await start(t, { send: { backoffMs: 1000, backoffMaxMs: 30_000 } });
    const windows = new Map();
    server.hooks.message = ({ ack, save }) => {
      const second = Math.floor(clock.now() / 1000);
      const taken = windows.get(second) ?? 0;
      if (taken === 5) return ack(refusal((second + 1) * 1000 - clock.now()));
      windows.set(second, taken + 1);
      return ack(save());
    };
    const texts = Array.from({ length: 50 }, (_, n) => `${n}`);
    const all = texts.map((text) => send({ recipientId: 'bob', text }));
    api.initializeSocket('u1');
    await ready();
    await until(
      async () => {
        await roundTrip(server);
        if (api.getMessageQueueLength() > 0) clock.advance(100);
        return server.saved.length === 50;
      },
      () => `all 50 saved, so far ${server.saved.length}`,
      10_000,
      0,
    );
    for (const result of await Promise.all(all.map(settled))) assert.equal(result.success, true);
    assert.deepEqual(server.saved.map(({ text }) => text).sort(), texts.sort());
    assert.ok(windows.size >= 10);
  });
}

test('a queued message has the same deadline, retries and result as any other', async (t) => {
  const clock = freezeTime(t);
  // Without a backoff, the times of the attempts are those of the deadline.
  const server = await start(
    t,
    { send: { backoffMs: 0, ack: true }, health: false },
    { server: NO_HEARTBEAT },
  );
  const attempts = [];
  server.hooks.message = () => attempts.push(clock.now());
  const story = async (sent) => {
    await until(() => attempts.length === 1, 'it left');
    for (let count = 2; count <= 4; count += 1) {
      clock.advance(5000);
      // Its receipt is asked for and answered meanwhile.
      await roundTrip(server);
      clock.advance(5000);
      await until(() => attempts.length === count, `attempt ${count}`);
    }
    clock.advance(5000);
    await roundTrip(server);
    clock.advance(4999);
    assert.equal(sent.calls.filter(({ queued }) => !queued).length, 0);
    clock.advance(1);
    const { _tempId, ...result } = await settled(sent);
    const [first] = attempts;
    return { result, times: attempts.splice(0).map((at) => at - first) };
  };
  const queued = send({ text: 'a' });
  assert.equal(queued.calls[0].queued, true);
  clock.advance(60_000);
  api.initializeSocket('u1');
  const ofQueued = await story(queued);
  const ofOther = await story(send({ text: 'b' }));
  assert.deepEqual(ofQueued, ofOther);
  assert.equal(ofOther.result.error, 'ACK_TIMEOUT');
  assert.deepEqual(ofOther.times, [0, 10_000, 20_000, 30_000]);
});

test('a message that was emitted on a dead link is sent again with the same id', async (t) => {
  const clock = freezeTime(t);
  const server = await start(t, {}, { server: NO_HEARTBEAT });
  const proxy = await createProxy({ target: { port: server.port } });
  t.after(() => proxy.close());
  api.configureSocket(quick(proxy.url));
  api.initializeSocket('u1');
  await ready();
  // Before a ping was answered silence proves nothing.
  clock.advance(15_000);
  await until(() => api.getConnectionHealth().lastPongTime !== null, 'a ping was answered');
  proxy.hang({ newToo: false });
  const sent = send({ _tempId: 'mine', text: 'a' });
  assert.deepEqual(sent.calls, [], 'it left: nobody knows yet that the link is dead');
  const began = clock.now();
  while (api.isSocketConnected()) clock.advance(1000);
  assert.ok(clock.now() - began <= 30_000, 'it is known within 30 s');
  clock.advance(100);
  const result = await settled(sent);
  assert.deepEqual([result.success, result._tempId], [true, 'mine']);
  // The bytes that the dead link held arrive late.
  proxy.resume();
  await until(() => server.clients.length === 1, 'the dead link is gone');
  assert.equal(server.handshakes.length, 2);
  assert.deepEqual([...new Set(server.received.map(({ id }) => id))], ['mine']);
  assert.equal(server.saved.length, 1);
});

test('a send before any connect starts to connect, and disconnects nothing', async (t) => {
  const server = await start(t);
  const confirmed = deferred();
  server.hooks.join = () => confirmed.promise;
  const ends = [];
  api.getSocket().on('disconnect', (reason) => ends.push(reason));
  const all = [send({ recipientId: 'bob', text: 'first' })];
  assert.equal(api.getSocket().active, true);
  api.initializeSocket('u1');
  all.push(send({ recipientId: 'bob', text: 'while connecting' }));
  await joinCame(server, 1);
  all.push(send({ recipientId: 'bob', text: 'while joining' }));
  confirmed.resolve('confirm');
  for (const result of await Promise.all(all.map(settled))) assert.equal(result.success, true);
  assert.deepEqual(ends, []);
  assert.equal(server.handshakes.length, 1);
  assert.deepEqual(
    server.received.map(({ data }) => data.text),
    ['first', 'while connecting', 'while joining'],
  );
});

test('a send brings a distant next attempt forward', async (t) => {
  const clock = freezeTime(t);
  // After a stable link the first wait is drawn from all of the spread.
  const reconnect = { minMs: 10, maxMs: 30_000, stableMs: 0, spreadMs: 2 ** 30 };
  const server = await start(t, { reconnect }, { user: 'u1' });
  server.dropAll();
  await down();
  const sent = send({ text: 'a' });
  clock.advance(20);
  assert.equal((await settled(sent)).success, true);
  assert.equal(server.handshakes.length, 2);
});
