// The meaning of each acknowledgement for a message, and that a message keeps its id until it settles.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { Decoder, Encoder } from 'socket.io-parser';
import { acknowledgements, told } from '../support/acknowledgements.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import { freezeTime } from '../support/frozen-time.mjs';
import {
  api,
  client,
  collectReports,
  NO_HEARTBEAT,
  ready,
  roundTrip,
  send,
  settled,
  start,
  until,
} from './shell-kit.mjs';

test('each acknowledgement has the meaning in the table, and its content reaches the app', async (t) => {
  const server = await startChatServer(t);
  const seen = [];
  const sender = client(t, server, {
    userId: 'u1',
    send: { retries: 0, verdict: (...all) => void seen.push(all) },
  });
  sender.connect();
  for (const row of acknowledgements()) {
    server.hooks.message = ({ ack }) => ack(...row.ack);
    seen.length = 0;
    const result = await sender.send('send_message', { text: 'a' }).then(
      (reply) => ({ isAccepted: true, reply }),
      ({ code, message, reply }) => ({ isAccepted: false, code, message, reply }),
    );
    for (const [name, value] of Object.entries(row)) {
      if (name !== 'ack') assert.deepEqual(result[name], value, `${name} of ${told(row)}`);
    }
    assert.deepEqual(seen, [row.ack], 'the verdict of the app sees all');
  }
});

test('an acknowledgement that cannot be read is no refusal', async (t) => {
  const reported = collectReports(t);
  const get = () => {
    throw new Error('cannot be read');
  };
  // What a parser of the app's may make of it.
  class Odd extends Decoder {
    on(name, listener) {
      return super.on(name, (packet) => {
        for (const said of [packet?.data].flat()) {
          if (said?.isOdd) Object.defineProperty(said, said.isOdd, { get, enumerable: true });
        }
        listener(packet);
      });
    }
  }
  const io = { transports: ['websocket'], parser: { Encoder, Decoder: Odd } };
  const server = await start(t, { io }, { user: 'u1' });
  for (const isOdd of ['error', 'code', 'text']) {
    const { attempts, success } = await answered(server, { isOdd });
    assert.deepEqual([attempts, success], [1, true], isOdd);
  }
  assert.ok(reported.length > 0 && reported.every(({ message }) => message === 'cannot be read'));
});

/** Sends one message to a server that gives this answer each time, and resolves when it settled. */
async function answered(server, ...answer) {
  server.received.length = 0;
  server.hooks.message = ({ ack }) => ack(...answer);
  const result = await settled(send({ text: 'a' }));
  const ids = new Set(server.received.map(({ id }) => id));
  assert.deepEqual([...ids], [result._tempId], 'one id for every attempt, and for the caller');
  return { ...result, attempts: server.received.length };
}

const accepted = [
  { answer: [], fields: {} },
  { answer: [null], fields: { data: null } },
  { answer: [{}], fields: {} },
  { answer: [{ success: true, messageId: 'm1' }], fields: { messageId: 'm1' } },
  { answer: [{ ok: true }], fields: { ok: true } },
  { answer: [{ status: 'ok' }], fields: { status: 'ok' } },
  { answer: [{ error: null, data: 1 }], fields: { error: null, data: 1 } },
  { answer: [{ error: '', code: 'FINE' }], fields: { error: '', code: 'FINE' } },
  { answer: [{ _tempId: 'another' }], fields: {} },
  { answer: ['ok'], fields: { data: 'ok' } },
  { answer: [true], fields: { data: true } },
  { answer: [0], fields: { data: 0 } },
  { answer: [['a']], fields: { data: ['a'] } },
  { answer: [null, { messageId: 'm2' }], fields: { messageId: 'm2' } },
  { answer: [null, { success: true }], fields: {} },
  { answer: [null, 'ok'], fields: { data: 'ok' } },
  { answer: [null, null], fields: { data: null } },
  { answer: [{ messageId: 'm4' }, 'more'], fields: { data: [{ messageId: 'm4' }, 'more'] } },
  { answer: [{ success: true, queued: true }], fields: {} },
  { answer: [null, { queued: true, messageId: 'm5' }], fields: { messageId: 'm5' } },
  {
    answer: [{ success: false, code: 'DUPLICATE_MESSAGE', messageId: 'm3' }],
    fields: { code: 'DUPLICATE_MESSAGE', messageId: 'm3' },
  },
  { answer: [{ error: 'DUPLICATE_MESSAGE' }], fields: { error: 'DUPLICATE_MESSAGE' } },
];

test('an acknowledgement that is no refusal is an acceptance, and reaches the caller', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  for (const { answer, fields } of accepted) {
    const { attempts, _tempId, ...result } = await answered(server, ...answer);
    const expected = { ...fields, success: true, confirmedBy: 'ack' };
    assert.deepEqual(result, expected, JSON.stringify(answer));
    assert.equal(attempts, 1);
  }
});

/** What is final at once: the answer, then the code and the text that the caller gets. */
const refused = [
  [{ error: 'INVALID_RECIPIENT' }, 'INVALID_RECIPIENT', 'INVALID_RECIPIENT'],
  [{ error: 'no such user', code: 'NOT_FOUND' }, 'NOT_FOUND', 'no such user'],
  [
    { success: false, code: 'MISSING_CONTENT' },
    'MISSING_CONTENT',
    'The server refused the message',
  ],
  [{ ok: false, code: 'EMPTY_MESSAGE', message: 'say it' }, 'EMPTY_MESSAGE', 'say it'],
  [{ status: 'error', code: 'VALIDATION_ERROR' }, 'VALIDATION_ERROR', /./],
  [{ error: { message: 'not yours' }, code: 'FORBIDDEN' }, 'FORBIDDEN', 'not yours'],
  [{ error: true, code: 'UNAUTHORIZED' }, 'UNAUTHORIZED', /./],
  [{ error: { code: 'FORBIDDEN' } }, 'FORBIDDEN', 'The server refused the message'],
  [{ error: { code: 'NOT_FOUND', message: 'no such user' } }, 'NOT_FOUND', 'no such user'],
  [{ error: 'FORBIDDEN', queued: true }, 'FORBIDDEN', 'FORBIDDEN'],
  [{ error: 'blocked', code: 'BLOCKED' }, 'BLOCKED', 'blocked'],
];

test('a refusal because of an invalid message is final at once', async (t) => {
  const server = await start(t, { send: { final: ['BLOCKED'] } }, { user: 'u1' });
  for (const [answer, code, message] of refused) {
    const result = await answered(server, { ...answer, timestamp: 5 });
    assert.equal(result.success, false);
    assert.equal(result.error, code);
    assert.match(result.message, message instanceof RegExp ? message : new RegExp(`^${message}$`));
    assert.equal(result.timestamp, 5, "the server's other fields are kept");
    assert.equal(result.maybeDelivered, false);
    assert.equal(result.attempts, 1, JSON.stringify(answer));
  }
  const first = await answered(server, { code: 'FORBIDDEN', success: false }, 'more');
  assert.equal(first.error, 'FORBIDDEN');
});

test('an error as the first argument, as in Node, is a refusal', async (t) => {
  const server = await start(t, { send: { retries: 1, final: ['BLOCKED'] } }, { user: 'u1' });
  for (const [answer, code, message, attempts] of [
    [[{ error: 'boom' }, null], 'boom', 'boom', 2],
    [[{ error: 'BLOCKED' }, null], 'BLOCKED', 'BLOCKED', 1],
    [[{ error: 'FORBIDDEN' }, undefined], 'FORBIDDEN', 'FORBIDDEN', 1],
    [[{ code: 'NOT_FOUND', message: 'no such user' }, null], 'NOT_FOUND', 'no such user', 1],
    [[{}, null], 'REFUSED', 'The server refused the message', 2],
    [[null, { error: 'INVALID_TEXT' }], 'INVALID_TEXT', 'INVALID_TEXT', 1],
    [[null, { success: false }], 'REFUSED', 'The server refused the message', 2],
    [[null, { error: 'DUPLICATE_ID' }, 5], 'DUPLICATE_ID', 'DUPLICATE_ID', 1],
  ]) {
    const result = await answered(server, ...answer);
    const said = JSON.stringify(answer);
    assert.equal(result.success, false, said);
    assert.deepEqual(
      [result.error, result.message, result.attempts],
      [code, message, attempts],
      said,
    );
    assert.equal(result.maybeDelivered, false, said);
  }
});

test('whatever a server writes, a final result does not look like a notice', async (t) => {
  const server = await start(t, { send: { retries: 0 } });
  const sent = send({ text: 'a' });
  assert.equal(sent.calls[0].queued, true, 'this is one');
  server.hooks.message = ({ ack }) => ack({ success: true, queued: true, messageId: 'm1' });
  api.initializeSocket('u1');
  const result = await settled(sent);
  assert.deepEqual([result.success, result.messageId], [true, 'm1']);
  for (const answer of [
    { queued: true },
    { success: false, queued: true },
    { error: 'FORBIDDEN', queued: 1 },
  ]) {
    assert.equal('queued' in (await answered(server, answer)), false, JSON.stringify(answer));
  }
  server.hooks.message = ({ id, socket }) => {
    socket.emit('message:sent', { _tempId: id, queued: true });
  };
  assert.equal('queued' in (await settled(send({ text: 'b' }))), false, 'nor by message:sent');
});

test('any other refusal is tried again as often as the options say, and then final', async (t) => {
  const server = await start(t, { send: { retries: 2 } }, { user: 'u1' });
  for (const answer of [
    { error: 'INTERNAL_ERROR' },
    { error: 'XINVALID_', code: 'NOT_INVALID_' },
    { success: false },
    { ok: false, error: 5 },
    { status: 'error' },
    { error: {} },
  ]) {
    const result = await answered(server, answer);
    assert.equal(result.success, false);
    assert.equal(
      result.error,
      answer.code ?? (typeof answer.error === 'string' ? answer.error : 'REFUSED'),
    );
    assert.equal(result.attempts, 3, JSON.stringify(answer));
  }
});

test('the first retry waits for the first backoff, not for the longest', async (t) => {
  const send = { backoffMs: 1, backoffMaxMs: 2 ** 31 - 1 };
  const server = await start(t, { send }, { user: 'u1' });
  server.hooks.message = ({ ack, repeat }) => ack(repeat ? {} : { error: 'again' });
  const result = api.sendMessage({ text: 'a' });
  await until(() => server.received.length === 2, 'the retry');
  assert.equal((await result).success, true);
});

test('a refusal that the server revises in time is a success', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  server.hooks.message = ({ ack, repeat }) =>
    ack(repeat < 3 ? { error: 'BUSY' } : { success: true });
  assert.equal((await settled(send({ text: 'a' }))).success, true);
  assert.equal(server.received.length, 4);
});

test('a message without an answer is repeated with the same id, and then given up', async (t) => {
  const options = { send: { retries: 2, ackTimeoutMs: 30, ack: true } };
  const server = await start(t, options, { user: 'u1' });
  server.hooks.message = () => {};
  const result = await settled(send({ _tempId: 'mine', text: 'a' }));
  assert.equal(result.error, 'ACK_TIMEOUT');
  assert.equal(result.maybeDelivered, true);
  assert.deepEqual(
    server.received.map(({ id }) => id),
    ['mine', 'mine', 'mine'],
  );
});

for (const [name, answer, atLeast] of [
  [
    'retryAfterMs',
    { error: 'slow down', code: 'RATE_LIMITED', retryAfterMs: 140, retryAfter: 60 },
    140,
  ],
  ['retryAfter in seconds', { error: 'RATE_LIMITED', retryAfter: 0.2 }, 200],
  ['the backoff, where the server names no time', { error: 'RATE_LIMITED' }, 0],
  ['the backoff, where the time is none', { error: 'RATE_LIMITED', retryAfterMs: 'soon' }, 0],
  ['the backoff, where the wait is none', { error: 'RATE_LIMITED', retryAfterMs: 0 }, 25],
  [
    'a least wait, where it is a fraction',
    { error: 'RATE_LIMITED', retryAfterMs: 0.4, retryAfter: 0.0004 },
    100,
  ],
  [
    'a least wait, where the seconds are a fraction',
    { code: 'RATE_LIMITED', ok: false, retryAfter: 0.0004 },
    100,
  ],
  ['the backoff, where the wait has no end', { error: 'RATE_LIMITED', retryAfter: 1e306 }, 25],
  ['the backoff, where the wait is over', { error: 'RATE_LIMITED', retryAfterMs: -9 }, 25],
  [
    'the backoff, where the wait has no number',
    { error: 'RATE_LIMITED', retryAfterMs: { valueOf: 1, toString: 1 }, retryAfter: null },
    0,
  ],
]) {
  test(`RATE_LIMITED pauses the lane for ${name}, and uses up no retry`, async (t) => {
    const backoffMs = atLeast === 25 ? 25 : 1;
    const server = await start(t, { send: { retries: 0, backoffMs } }, { user: 'u1' });
    const came = [];
    server.hooks.message = ({ data, ack, repeat }) => {
      came.push({ text: data.text, at: performance.now() });
      ack(data.text === 'limited' && repeat < 3 ? answer : { success: true });
    };
    const first = send({ recipientId: 'bob', text: 'limited' });
    await until(() => came.length > 0, 'the first attempt');
    const behind = send({ recipientId: 'bob', text: 'behind' });
    const elsewhere = send({ recipientId: 'eve', text: 'elsewhere' });
    const results = await Promise.all([first, behind, elsewhere].map(settled));
    assert.ok(results.every(({ success }) => success));
    const attempts = came.filter(({ text }) => text === 'limited');
    assert.equal(attempts.length, 4);
    // A timer of Node may fire a millisecond early.
    for (const [i, { at }] of attempts.slice(1).entries())
      assert.ok(at - attempts[i].at >= atLeast - 2);
    const order = came.map(({ text }) => text);
    assert.ok(order.indexOf('behind') > order.lastIndexOf('limited'), 'its lane waits');
    if (atLeast >= 40) assert.ok(order.indexOf('elsewhere') < 3, 'other lanes do not');
  });
}

test('RATE_LIMITED ends with the ttl', async (t) => {
  const server = await start(t, { queue: { ttlMs: 250 } }, { user: 'u1' });
  const result = await answered(server, { error: 'RATE_LIMITED', retryAfterMs: 10 });
  assert.equal(result.error, 'EXPIRED');
  assert.ok(result.attempts > 1);
});

const NONSENSE = 'A verdict is accepted,refused,retry, or { retryAfterMs }';

for (const retryAfterMs of [0, 0.4, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`a retryAfterMs of ${retryAfterMs} does not cause rapid repeats`, async (t) => {
    let later = true;
    const verdict = () => (later ? { retryAfterMs } : undefined);
    const server = await start(t, { send: { verdict, backoffMs: 100 } }, { user: 'u1' });
    const came = [];
    server.hooks.message = ({ ack, repeat }) => {
      came.push(performance.now());
      later = repeat < 2;
      ack({});
    };
    assert.equal((await settled(send({ text: 'a' }))).success, true);
    assert.equal(came.length, 3);
    // A timer of Node may fire a millisecond early; a backoff is drawn from its upper half.
    assert.ok(came[2] - came[0] >= 98, String(came));
  });
}

test("an app's own verdict goes before ours, and one that throws or says nothing does not", async (t) => {
  const reported = collectReports(t);
  const verdicts = {
    fine: 'accepted',
    bad: 'refused',
    again: 'retry',
    later: { retryAfterMs: 1 },
    unknown: undefined,
    nonsense: 'perhaps',
    promise: Promise.resolve('refused'),
  };
  const server = await start(
    t,
    {
      send: {
        retries: 1,
        verdict(reply) {
          if (reply.say === 'throws') throw new Error('the verdict throws');
          return verdicts[reply.say];
        },
      },
    },
    { user: 'u1' },
  );
  const fine = await answered(server, { error: 'NOT_FOUND', say: 'fine' });
  assert.equal(fine.success, true);
  const bad = await answered(server, { success: true, say: 'bad', code: 'MINE' });
  assert.deepEqual([bad.success, bad.error, bad.attempts], [false, 'MINE', 1]);
  const again = await answered(server, { success: true, say: 'again' });
  assert.deepEqual([again.success, again.error, again.attempts], [false, 'REFUSED', 2]);
  for (const say of ['unknown', 'nonsense', 'promise', 'throws']) {
    assert.equal((await answered(server, { success: true, say })).success, true, say);
    const refusal = await answered(server, { error: 'FORBIDDEN', say });
    assert.deepEqual([refusal.error, refusal.attempts], ['FORBIDDEN', 1], say);
  }
  assert.deepEqual(
    reported.map(({ message }) => message),
    [NONSENSE, NONSENSE, NONSENSE, NONSENSE, 'the verdict throws', 'the verdict throws'],
  );
  server.hooks.message = ({ ack, repeat }) => ack({ say: repeat < 4 ? 'later' : 'fine' });
  assert.equal((await settled(send({ text: 'a' }))).success, true);
});

test('message:sent with the id of a waiting message confirms it', async (t) => {
  const server = await start(t, { send: { ackTimeoutMs: 60_000 } }, { user: 'u1' });
  server.hooks.message = ({ id, socket }) => {
    socket.emit('message:sent', { _tempId: 'nobody' });
    socket.emit('message:sent', { messageId: 'm1', _tempId: id });
    socket.emit('message:sent', null);
  };
  const seen = [];
  api.onMessageSent((data) => seen.push(data));
  const result = await settled(send({ text: 'a' }));
  assert.equal(result.success, true);
  assert.equal(result.messageId, 'm1');
  await until(() => seen.length === 3, 'the helper hears of each too');
  assert.deepEqual(Object.keys(api.getSocket().acks), [], 'nobody waits for its acknowledgement');
});

test('an id in use joins an equal message, and is refused for a different one', async (t) => {
  const server = await start(t);
  const data = { _tempId: 'x', recipientId: 'bob', text: 'a' };
  const all = [send(data), send({ ...data }), send({ ...data, text: 'b' })];
  assert.deepEqual(
    all.map(({ calls }) => calls[0].queued ?? calls[0].error),
    [true, true, 'DUPLICATE_ID'],
  );
  api.initializeSocket('u1');
  const results = await Promise.all(all.map(settled));
  assert.deepEqual(
    results.map(({ success, _tempId }) => [success, _tempId]),
    [
      [true, 'x'],
      [true, 'x'],
      [false, 'x'],
    ],
  );
  assert.equal(server.received.length, 1);
  assert.equal((await settled(send({ ...data, text: 'b' }))).success, true, 'free once it settled');
});

test('an id that the server would refuse is refused before it is sent', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const result = await settled(send({ _tempId: 'x'.repeat(201), text: 'a' }));
  assert.deepEqual(
    [result.error, result.message, result.maybeDelivered],
    ['INVALID_MESSAGE_PAYLOAD', 'An id has 200 characters at most', false],
  );
  assert.equal((await settled(send({ _tempId: 'x'.repeat(200), text: 'a' }))).success, true);
  assert.equal(server.received.length, 1);
});

test('a callback that throws affects neither its promise nor others', async (t) => {
  const reported = collectReports(t);
  await start(t);
  const results = [];
  const thrower = api.sendMessage({ text: 'a' }, ({ queued }) => {
    throw new Error(queued ? 'at the notice' : 'at the end');
  });
  const beside = api.sendMessage({ text: 'b' }, (result) => results.push(result));
  const without = api.sendMessage({ text: 'c' });
  const odd = api.sendMessage({ text: 'd' }, 'no function');
  api.initializeSocket('u1');
  for (const sent of [thrower, beside, without, odd]) assert.equal((await sent).success, true);
  assert.equal(results.length, 2);
  assert.deepEqual(
    reported.map(({ message }) => message),
    ['at the notice', 'at the end'],
  );
});

test('a message that loses many links leaves no memory of missing answers', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const socket = api.getSocket();
  // Versions of socket.io-client before 4.7.5 do not do this.
  socket._clearAcks = () => {};
  server.hooks.message = ({ ack, repeat, save }) => repeat === 6 && ack(save());
  const sent = send({ text: 'a' });
  for (let link = 1; link <= 6; link += 1) {
    await until(() => server.received.length === link, `attempt ${link}`);
    // The client also asks who is online, and may have no answer to that yet.
    await until(() => Object.keys(socket.acks).length === 1, 'only the message has no answer');
    const lost = once(socket, 'disconnect');
    server.dropAll();
    await lost;
    assert.deepEqual(Object.keys(socket.acks), []);
  }
  assert.equal((await settled(sent)).success, true);
  assert.deepEqual(Object.keys(socket.acks), []);
});

test('an unanswered message is sent again with the same id after the link was lost', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  server.hooks.message = ({ ack, repeat, save }) => repeat > 0 && ack(save());
  const all = ['a', 'b', 'c'].map((text) => send({ recipientId: 'bob', text }));
  await until(() => server.received.length === 3, 'all have left');
  server.dropAll();
  for (const result of await Promise.all(all.map(settled))) assert.equal(result.success, true);
  await ready();
  const ids = server.received.map(({ id }) => id);
  assert.deepEqual(ids.slice(0, 3), ids.slice(3));
});

test('RATE_LIMITED without a time waits for 100 ms at least, whatever the backoff', async (t) => {
  const clock = freezeTime(t);
  const server = await start(t, { send: { backoffMs: 1 } }, { user: 'u1', server: NO_HEARTBEAT });
  server.hooks.message = ({ ack }) => ack({ error: { code: 'RATE_LIMITED' } });
  send({ text: 'a' });
  await until(() => server.received.length === 1, 'the first attempt');
  for (let n = 0; n < 10; n += 1) {
    clock.advance(9);
    await roundTrip(server);
  }
  assert.equal(server.received.length, 1);
  clock.advance(20);
  await until(() => server.received.length === 2, 'the second attempt');
});
