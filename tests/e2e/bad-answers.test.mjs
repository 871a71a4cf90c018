// A server that answers late, twice, malformed or not at all, and tokens that cannot be parsed. None of them causes an
// exception or blocks the queue.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launchBrowser } from '../support/browser.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import {
  assertEachDeliveredOnce,
  assertSavedOnceInOrder,
  configure,
  contents,
  openLab,
  QUICK,
  untilReady,
  untilSettled,
} from '../support/lab.mjs';
import { until } from '../support/until.mjs';

const browser = await launchBrowser();

test('late and repeated acknowledgements settle a message once', async (t) => {
  const { server, page } = await setUp(t, {
    send: { ackTimeoutMs: 300, retries: 3, ...QUICK.send },
  });
  const acks = [];
  server.hooks.message = ({ save, ack, repeat }) => {
    const answer = save();
    acks.push(() => ack(answer));
    // At the retry, the first attempt is answered: late, and then repeatedly.
    if (repeat > 0) for (const late of acks) for (let i = 0; i < 3; i += 1) late();
  };
  await page.evaluate(() => window.recorder.sendMany(5));
  assertEachDeliveredOnce(await untilSettled(page, 5));
  server.hooks.message = ({ save, ack }) => ack(save());
  await page.evaluate(() => window.recorder.sendMany(5));
  const entries = await untilSettled(page, 10);
  assertEachDeliveredOnce(entries);
  assertSavedOnceInOrder(contents(server.saved), contents(entries));
  assert.equal(await page.evaluate(() => window.recorder.settled), 10);
});

test('malformed acknowledgements settle their message or are retried, and the queue continues', async (t) => {
  const { server, page } = await setUp(t, { send: { ...QUICK.send, retries: 1 } });
  const answers = [
    [],
    [null],
    ...[42, 'ok', true, [], {}].map((answer) => [answer]),
    ...[{ success: 'yes' }, { success: true, _tempId: 7 }, { error: {} }, { error: 17 }].map(
      (a) => [a],
    ),
    [{ error: 'RATE_LIMITED', retryAfterMs: 'soon' }],
    [{ status: 'error' }],
    [{ success: false, code: ['odd'] }],
    [{ a: 1 }, 'and', 'more'],
    [new Uint8Array([1, 2, 3])],
  ];
  let next = 0;
  const given = new Map();
  server.hooks.message = ({ save, ack, id, socket, data }) => {
    if (data.content === 'last') return ack(save());
    if (!given.has(id)) given.set(id, answers[next++]);
    // First, an acknowledgement for no message.
    socket.packet({ type: 3, id: 999_999, data: ['whose?'] });
    // A rate limit does not use up a retry. The server accepts the second attempt.
    if (
      given.get(id)[0]?.error === 'RATE_LIMITED' &&
      server.firstEntries.length < server.received.length
    ) {
      return ack(save());
    }
    return ack(...given.get(id));
  };
  await page.evaluate((count) => window.recorder.sendMany(count), answers.length);
  await page.evaluate(() => window.recorder.send({ recipientId: 'bob', content: 'last' }));
  const entries = await untilSettled(page, answers.length + 1, 60_000);
  for (const { calls, content } of entries) {
    const finals = calls.filter(({ queued }) => !queued);
    assert.equal(finals.length, 1, `${content} was told ${JSON.stringify(calls)}`);
    assert.equal(
      typeof finals[0].success,
      'boolean',
      `${content} was told ${JSON.stringify(calls)}`,
    );
    assert.equal(
      typeof finals[0]._tempId,
      'string',
      `${content} was told ${JSON.stringify(calls)}`,
    );
  }
  assertEachDeliveredOnce(entries.slice(-1));
  for (const [i, answer] of answers.entries()) {
    const finals = entries[i].calls.filter(({ queued }) => !queued);
    const refused =
      answer[0]?.error !== undefined || answer[0]?.success === false || answer[0]?.status;
    if (answer[0]?.error === 'RATE_LIMITED') continue;
    assert.equal(
      finals[0].success,
      !refused,
      `${JSON.stringify(answer)} became ${JSON.stringify(finals)}`,
    );
  }
});

test('events without data and invalid frames change nothing', async (t) => {
  const { server, page } = await setUp(t);
  const events = [
    ...[
      'message:new',
      'message:sent',
      'message:error',
      'notification:new',
      'room:joined',
      'room:error',
    ],
    ...[
      'online_users',
      'user_online',
      'user_offline',
      'presence:update',
      'user_typing',
      'typing',
      'pong',
    ],
    ...['friend_request_received', 'friend_request_accepted'],
  ];
  const values = [
    undefined,
    null,
    0,
    '',
    'text',
    [],
    [null],
    {},
    { userId: null },
    { notification: null },
  ];
  await page.evaluate(() => {
    const h = window.holdfast;
    for (const on of Object.keys(h).filter((name) => /^on[A-Z]/.test(name))) h[on](() => {});
  });
  const [client] = server.clients;
  for (const event of events) {
    client.emit(event);
    for (const value of values) client.emit(event, value);
  }
  await page.evaluate(() => window.recorder.sendMany(3));
  await untilSettled(page, 3);
  // A frame that socket.io's parser refuses only costs the connection.
  const joins = server.joins.length;
  server.clients[0].conn.write('2not json');
  await until(() => server.joins.length > joins, 'joined again after a frame that is no packet');
  await page.evaluate(() => window.recorder.sendMany(3));
  const entries = await untilSettled(page, 6);
  assertEachDeliveredOnce(entries);
  assertSavedOnceInOrder(contents(server.saved), contents(entries));
});

for (const token of ['garbage', 'a.b.c', 'e30.e30.e30', '', 17, null, { not: 'a string' }]) {
  test(`a token that is no JWT reaches the server unchanged: ${JSON.stringify(token)}`, async (t) => {
    const server = await startChatServer(t);
    const page = await openLab(t, browser, server.url);
    await configure(page, { url: server.url, auth: { token }, ...QUICK });
    await page.evaluate(() => window.holdfast.initializeSocket());
    await untilReady(page);
    await page.evaluate(() => window.recorder.sendMany(2));
    assertEachDeliveredOnce(await untilSettled(page, 2));
    assert.deepEqual(server.joins, [], 'without a user there is no join');
    assert.deepEqual(server.handshakes, [{ token }], 'the token reached the server as it is');
  });
}

async function setUp(t, options = {}) {
  const server = await startChatServer(t);
  const page = await openLab(t, browser, server.url);
  await configure(page, { url: server.url, ...QUICK, ...options }, 'alice');
  await untilReady(page);
  return { server, page };
}
