// The state that a client of createClient shows: its outbox and its statistics.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startChatServer } from '../support/chat-server.mjs';
import { client, until } from './shell-kit.mjs';

const untilReady = (made) => until(() => made.getState().isReady, 'the link is ready');
const brief = (made) =>
  made.outbox().map(({ id, waitsFor, attempts, code }) => [id, waitsFor, attempts, code]);

test('the outbox shows what each message waits for: the link, the answer, the turn, the time', async (t) => {
  const message = ({ data, ack }) => {
    if (data.content === 'later') ack({ error: 'RATE_LIMITED', retryAfterMs: 3_600_000 });
  };
  const server = await startChatServer(t, { hooks: { message } });
  const made = client(t, server, { userId: 'alice' });
  const send = (id, content, lane) => {
    const options = { id, lane, strict: true };
    made.send('send_message', { content }, options).catch(() => {});
  };
  send('a1', 'never answered', 'a');
  send('a2', 'behind it', 'a');
  send('b1', 'later', 'b');
  assert.deepEqual(brief(made), [
    ['a1', 'link', 0, null],
    ['a2', 'link', 0, null],
    ['b1', 'link', 0, null],
  ]);
  await untilReady(made);
  await until(() => brief(made)[2][1] === 'delay', 'the server named its delay');
  assert.deepEqual(brief(made), [
    ['a1', 'answer', 1, null],
    ['a2', 'turn', 0, null],
    ['b1', 'delay', 1, 'RATE_LIMITED'],
  ]);
  made.cancel('a1');
  assert.deepEqual(brief(made).slice(0, 1), [['a2', 'answer', 1, null]]);
  made.disconnect();
  assert.deepEqual(brief(made), [
    ['a2', 'link', 1, null],
    ['b1', 'link', 1, 'RATE_LIMITED'],
  ]);
});

test('the outbox returns copies, which do not change the messages', async (t) => {
  const server = await startChatServer(t);
  const made = client(t, server, { userId: 'alice' });
  const sent = made.send('send_message', { content: 'as it was', deep: { n: 1 } }, { lane: 7 });
  const [shown] = made.outbox();
  assert.deepEqual(
    { event: shown.event, lane: shown.lane, data: shown.data },
    {
      event: 'send_message',
      lane: '7',
      data: { content: 'as it was', deep: { n: 1 }, _tempId: sent.id },
    },
  );
  shown.data.deep.n = 2;
  const { deep } = shown.data;
  deep.n = 3;
  await sent;
  assert.deepEqual(server.received.at(-1).data.deep, { n: 1 });
  assert.deepEqual(made.outbox(), []);
});

test('the statistics count accepted messages by outcome, and reconnects', async (t) => {
  const message = ({ data, ack }) => {
    if (data.content === 'bad') ack({ error: 'INVALID_MESSAGE' });
    else if (data.content !== 'slow') ack({ success: true });
  };
  const server = await startChatServer(t, { hooks: { message } });
  const made = client(t, server, { userId: 'alice' });
  assert.deepEqual(made.stats(), {
    mode: 'reliable',
    outcomes: {},
    rttMs: { p50: null, p95: null, p99: null },
    reconnects: 0,
    queueHighWater: 0,
  });
  const all = ['good', 'good', 'bad', 'slow'].map((content) =>
    made.send('send_message', { content }, { id: content === 'slow' ? 'slow' : undefined }),
  );
  assert.equal(made.stats().queueHighWater, 4);
  await Promise.allSettled(all.slice(0, 3));
  made.cancel('slow');
  await Promise.allSettled(all);
  const { outcomes, rttMs, reconnects } = made.stats();
  assert.deepEqual(outcomes, { DELIVERED: 2, INVALID_MESSAGE: 1, CANCELLED: 1 });
  assert.ok(rttMs.p50 > 0 && rttMs.p50 <= rttMs.p95 && rttMs.p95 <= rttMs.p99, `${rttMs.p50}`);
  assert.equal(reconnects, 0, 'the first link is no return');
  made.socket.io.engine.close();
  await until(() => made.stats().reconnects === 1, 'the link came back');
});

test('round trips are measured for messages that were sent once only', async (t) => {
  const message = ({ ack, repeat, data }) =>
    ack(data.content === 'twice' && repeat === 0 ? { error: 'BUSY' } : { success: true });
  const server = await startChatServer(t, { hooks: { message } });
  const made = client(t, server, { userId: 'alice' });
  const settled = [];
  made.onSettled(({ id, rttMs }) => settled.push([id, typeof rttMs]));
  await made.send('send_message', { content: 'twice' }, { id: 'twice' });
  await made.send('send_message', { content: 'once' }, { id: 'once' });
  assert.deepEqual(settled, [
    ['twice', 'undefined'],
    ['once', 'number'],
  ]);
});

test('a signal that is aborted before or during the wait cancels', async (t) => {
  const server = await startChatServer(t);
  const made = client(t, server, { userId: 'alice' });
  const cancelled = { name: 'DeliveryError', code: 'CANCELLED' };
  await assert.rejects(made.send('x', { n: 1 }, { signal: AbortSignal.abort() }), cancelled);
  const controller = new AbortController();
  const sent = made.send('x', { n: 2 }, { signal: controller.signal });
  controller.abort();
  await assert.rejects(sent, cancelled);
  assert.deepEqual(made.outbox(), []);
});

test('an aborted signal sends nothing, and cancels only its own call of a joined message', async (t) => {
  const server = await startChatServer(t, { hooks: { message: () => {} } });
  const made = client(t, server, { userId: 'alice' });
  const cancelled = { code: 'CANCELLED', maybeDelivered: false };
  made.connect();
  await untilReady(made);
  const aborted = { signal: AbortSignal.abort(), id: 'x' };
  await assert.rejects(made.send('send_message', { n: 1 }, aborted), cancelled);
  assert.deepEqual(made.outbox(), []);

  made.disconnect();
  const controller = new AbortController();
  const options = { id: 'y', signal: controller.signal };
  const first = made.send('send_message', { n: 2 }, options);
  const second = made.send('send_message', { n: 2 }, { id: 'y' });
  controller.abort();
  await assert.rejects(first, cancelled);
  assert.equal(made.outbox().length, 1, 'who joined it still wants it');
  server.hooks.message = ({ ack, save }) => ack(save());
  made.connect();
  assert.equal((await second).success, true);
  assert.equal(server.received.length, 1);
});

test('after a logout no message is accepted until the app connects again', async (t) => {
  const server = await startChatServer(t);
  const made = client(t, server, { userId: 'alice' });
  const lost = made.send('send_message', { n: 1 }).catch(() => made.send('send_message', { n: 2 }));
  await made.logout();
  await assert.rejects(lost, { code: 'LOGGED_OUT' });
  made.connect();
  await untilReady(made);
  assert.deepEqual(server.received, []);
});

test('a send with invalid options throws, and sends nothing', async (t) => {
  const server = await startChatServer(t);
  const made = client(t, server, { userId: 'alice' });
  for (const event of [undefined, null, '', 5, {}, Symbol('event')]) {
    await assert.rejects(made.send(event, {}), { code: 'INVALID_OPTION', message: /event/ });
  }
  for (const [name, value] of Object.entries({
    id: {},
    lane: {},
    strict: 1,
    ttlMs: '500',
    signal: {},
    ttl: 5,
  })) {
    const message = new RegExp(`^send: ${name} got `);
    await assert.rejects(made.send('x', {}, { [name]: value }), {
      code: 'INVALID_OPTION',
      message,
    });
  }
  for (const ttlMs of [0, -1, Number.NaN, 1.5]) {
    await assert.rejects(made.send('x', {}, { ttlMs }), { code: 'INVALID_OPTION' });
  }
  assert.equal(made.getState().phase, 'idle');
  made.send('x', {}, null).catch(() => {});
  assert.equal(made.outbox().length, 1);
});

test('codes of any text are counted', async (t) => {
  const codes = ['constructor', '__proto__', 'INVALID_X'];
  const message = ({ data, ack }) => ack({ error: 'no', code: codes[data.n] });
  const server = await startChatServer(t, { hooks: { message } });
  const made = client(t, server, { userId: 'alice', send: { retries: 0 } });
  await Promise.allSettled(codes.map((_, n) => made.send('send_message', { n })));
  assert.deepEqual(
    Object.entries(made.stats().outcomes).sort(),
    codes.map((code) => [code, 1]).sort(),
  );
});

test('at most a hundred codes are counted separately, each with a limited length', async (t) => {
  const message = ({ data, ack }) =>
    ack({ error: 'no', code: `INVALID_${data.n}`.padEnd(5000, 'x') });
  const server = await startChatServer(t, { hooks: { message } });
  const made = client(t, server, { userId: 'alice', send: { retries: 0 } });
  await Promise.allSettled(Array.from({ length: 150 }, (_, n) => made.send('send_message', { n })));
  const { outcomes } = made.stats();
  assert.equal(Object.keys(outcomes).length, 101);
  assert.equal(outcomes.OTHER, 50);
  for (const code of Object.keys(outcomes)) assert.ok(code.length <= 100);
});

test('at most a hundred sends may join one message', async (t) => {
  const server = await startChatServer(t);
  const made = client(t, server, { userId: 'alice' });
  const sends = Array.from({ length: 105 }, () =>
    made.send('send_message', { text: 'a' }, { id: '1' }),
  );
  made.connect();
  const ended = await Promise.allSettled(sends);
  const refused = ended.filter(({ status }) => status === 'rejected');
  assert.deepEqual(
    refused.map(({ reason }) => [reason.code, reason.maybeDelivered]),
    Array.from({ length: 5 }, () => ['QUEUE_FULL', false]),
  );
  assert.equal(server.received.length, 1);
});
