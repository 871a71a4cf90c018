// socket.io-client's option `retries` and its effect on messages, compared with the package, which never uses it.
// speed.test.mjs measures that `retries` sends one message at a time, and what this costs.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launchBrowser } from '../../support/browser.mjs';
import { assertEachDeliveredOnce, contents, QUICK, untilSettled } from '../../support/lab.mjs';
import { until } from '../../support/until.mjs';
import {
  connectOurs,
  connectPlain,
  handled,
  LONG_MS,
  oursSend,
  pass,
  plainSend,
  stopClock,
  told,
  twoWorlds,
} from './kit.mjs';

const browser = await launchBrowser();
const io = { transports: ['websocket'] };
const RETRIES = { ...io, retries: 3, ackTimeout: LONG_MS };

const MESSAGES = 40;

/** Records in `left` the content and the time of each message that is sent over a WebSocket. */
const noteWhatLeaves = (page) =>
  page.evaluate(() => {
    const { send } = WebSocket.prototype;
    window.left = [];
    WebSocket.prototype.send = function (frame) {
      const content = /"content":"([^"]*)"/.exec(frame)?.[1];
      if (content) window.left.push([content, Date.now()]);
      return send.call(this, frame);
    };
  });

/** Messages in separate conversations. */
const sendMany = (page) =>
  page.evaluate((count) => {
    for (let i = 0; i < count; i += 1) {
      window.recorder.send({ recipientId: `user${i}`, content: `ours${i}` });
    }
  }, MESSAGES);

/** Lets a server answer. @param {any} server @param {(message: any, nth: number) => unknown} answer `nth` of its id, from 0 */
function answerWith(server, answer) {
  server.hooks.message = (message) => answer(message, message.repeat);
}

for (const how of ['asleep', 'throttled']) {
  test(`after a time ${how} no message is duplicated, and none is lost when the link breaks again`, async (t) => {
    const { page, plain, ours } = await twoWorlds(t, browser);
    /** The server saved all messages except the first B, which was lost with its link. */
    const processed = ({ server }) => {
      const done = [];
      answerWith(server, ({ data, ack, save, socket }, nth) => {
        if (data.content === 'B' && nth === 0) return socket.conn.close(true);
        done.push(data.content);
        return ack(save());
      });
      return done;
    };
    const [byPlain, byOurs] = [processed(plain), processed(ours)];
    await connectPlain(page, plain, RETRIES);
    await connectOurs(page, ours, { io });
    await pass(page, 600_000, how);

    await plainSend(page, 'A', 'B', 'C', 'D');
    await until(() => byPlain.includes('D'), 'the last message');
    await until(async () => (await told(page)).length === 4, 'four answers');
    assert.deepEqual(byPlain, ['A', 'A', 'C', 'D'], 'the first is doubled, the second lost');
    assert.deepEqual(
      (await told(page)).map(([content]) => content),
      ['A', 'A', 'C', 'D'],
      'one message has two results, and one has none',
    );

    await oursSend(page, 'A', 'B', 'C', 'D');
    const entries = await untilSettled(page, 4);
    assertEachDeliveredOnce(entries);
    assert.deepEqual(byOurs, ['A', 'B', 'C', 'D']);
  });
}

test('an answer is no error if the app set no deadline', async (t) => {
  const hooks = () => ({ message: ({ ack }) => ack('ok') });
  const { page, plain, ours } = await twoWorlds(t, browser, { hooks });
  await connectPlain(page, plain, { ...io, retries: 3 });
  await plainSend(page, 'A');
  await until(async () => (await told(page)).length === 1, 'its answer');
  assert.deepEqual(await told(page), [['A', 'ok']], 'the answer where an error would be');
  assert.deepEqual(handled(plain), ['A', 'A', 'A', 'A'], 'and the message four times');

  await connectOurs(page, ours, { io: { ...io, retries: 3 } });
  await oursSend(page, 'A', 'B');
  assertEachDeliveredOnce(await untilSettled(page, 2));
  assert.deepEqual(handled(ours), ['A', 'B']);
});

test('a message that is never answered delays no other message', async (t) => {
  const hooks = () => ({
    message: ({ data, ack, save }) => data.content !== 'stuck' && ack(save()),
  });
  const { page, plain, ours } = await twoWorlds(t, browser, { hooks });
  await connectPlain(page, plain, RETRIES);
  await plainSend(page, 'stuck', 'next');
  // An event outside of the queue, sent after everything else.
  await page.evaluate(
    () => new Promise((resolve) => window.plain.volatile.emit('ping', () => resolve())),
  );
  assert.deepEqual(handled(plain), ['stuck']);

  await connectOurs(page, ours, { io, send: { ackTimeoutMs: LONG_MS } });
  await oursSend(page, 'stuck', 'next');
  await page.evaluate(() => window.recorder.send({ recipientId: 'carol', content: 'elsewhere' }));
  const entries = await untilSettled(page, 2);
  assertEachDeliveredOnce(entries.filter(({ content }) => content !== 'stuck'));
  assert.deepEqual(handled(ours), ['stuck', 'next', 'elsewhere']);
});

test('without receipts a frozen server gets repeats after growing random delays, and saves each message once', async (t) => {
  const { page, plain, ours } = await twoWorlds(t, browser);
  await page.clock.install();
  await noteWhatLeaves(page);
  await connectPlain(page, plain, { ...RETRIES, ackTimeout: 200 });
  const send = { ackTimeoutMs: 200, retries: 3, backoffMs: 1000 };
  await connectOurs(page, ours, { io, send, health: false, receipts: false });
  plain.proxy.hang();
  ours.proxy.hang();
  await stopClock(page);
  await plainSend(page, 'plain');
  await sendMany(page);
  // Shorter than the heartbeat's deadline, which would end the links.
  await page.clock.runFor(20_000);
  const entries = await untilSettled(page, MESSAGES);

  const left = await page.evaluate(() => window.left);
  const waits = (content) => {
    const times = left.filter(([name]) => name === content).map(([, at]) => at);
    return times.slice(1).map((at, i) => at - times[i] - 200);
  };
  assert.deepEqual(waits('plain'), [0, 0, 0], 'again at once, every time');
  const ourWaits = entries.map(({ content }) => waits(content));
  assert.ok(ourWaits.every((all) => all.length === 3));
  const mean = (nth) => ourWaits.reduce((sum, all) => sum + all[nth], 0) / MESSAGES;
  for (const [nth, cap] of [1000, 2000, 4000].entries()) {
    const all = ourWaits.map((each) => each[nth]);
    // A timer may fire a millisecond late.
    assert.ok(Math.max(...all) <= cap + 1, `wait ${nth} of ${Math.max(...all)} ms`);
    // At least three quarters of 40 uniform draws from as many milliseconds are distinct.
    assert.ok(new Set(all).size > (MESSAGES * 3) / 4, `wait ${nth} is spread: ${all}`);
  }
  assert.ok(mean(0) < mean(1) && mean(1) < mean(2), `${mean(0)}, ${mean(1)}, ${mean(2)} ms`);

  plain.proxy.resume();
  ours.proxy.resume();
  await until(() => plain.server.received.length === 4, 'the plain copies');
  assert.deepEqual(await told(page), [['plain', 'operation has timed out']]);
  await until(() => ours.server.received.length === 4 * MESSAGES, 'our copies');
  assert.equal(ours.server.saved.length, MESSAGES, 'all copies have one id');
  for (const { calls } of entries) {
    const { success, error, maybeDelivered } = calls.at(-1);
    assert.deepEqual([success, error, maybeDelivered], [false, 'ACK_TIMEOUT', true]);
  }
});

test('a frozen server with receipts is asked for them, and gets each message once', async (t) => {
  const { page, ours } = await twoWorlds(t, browser);
  await page.clock.install();
  await noteWhatLeaves(page);
  const send = { ackTimeoutMs: 200, retries: 3, backoffMs: 1000 };
  await connectOurs(page, ours, { io, send, health: false });
  await stopClock(page);
  ours.proxy.hang();
  await sendMany(page);
  await page.clock.runFor(20_000);
  assert.equal(await page.evaluate(() => window.recorder.settled), 0, 'nobody knows yet');
  ours.proxy.resume();
  assertEachDeliveredOnce(await untilSettled(page, MESSAGES));
  assert.equal(await page.evaluate(() => window.left.length), MESSAGES);
  assert.equal(ours.server.received.length, MESSAGES);
});

test('links that break one after the other use up no attempts', async (t) => {
  const hooks = () => ({
    message({ ack, save, socket, repeat }) {
      if (repeat < 5) socket.conn.close(true);
      else ack(save());
    },
  });
  const { page, plain, ours } = await twoWorlds(t, browser, { hooks });
  await connectPlain(page, plain, RETRIES);
  await plainSend(page, 'A');
  await until(async () => (await told(page)).length === 1, 'given up');
  assert.deepEqual(await told(page), [['A', 'socket has been disconnected']]);
  assert.equal(plain.server.saved.length, 0);

  await connectOurs(page, ours, { io, send: { ...QUICK.send, retries: 3 } });
  await oursSend(page, 'A');
  assertEachDeliveredOnce(await untilSettled(page, 1));
  assert.deepEqual(contents(ours.server.saved), ['A']);
});

test('a refused message settles as refused', async (t) => {
  const refusal = { error: 'FORBIDDEN' };
  const hooks = () => ({ message: ({ ack }) => ack(refusal) });
  const { page, plain, ours } = await twoWorlds(t, browser, { hooks });
  await connectPlain(page, plain, RETRIES);
  await plainSend(page, 'A');
  await until(async () => (await told(page)).length === 1, 'its answer');
  assert.deepEqual(await told(page), [['A', null, refusal]], 'no error');

  await connectOurs(page, ours, { io });
  await oursSend(page, 'A');
  const [{ calls, promised }] = await untilSettled(page, 1);
  for (const { success, error } of [calls.at(-1), promised]) {
    assert.deepEqual([success, error], [false, 'FORBIDDEN']);
  }
  assert.deepEqual(handled(ours), ['A'], 'and final: asked once');
});

test('a logout calls the callback of an emit with retries once', async (t) => {
  const { page, ours } = await twoWorlds(t, browser);
  const options = { ...io, retries: 3, ackTimeout: 60_000 };
  await connectOurs(page, ours, { io: options });
  const told = await page.evaluate(async () => {
    const all = [];
    const socket = window.holdfast.getSocket();
    for (const n of [1, 2]) socket.emit('unheard', n, (error) => all.push([n, error.message]));
    await window.holdfast.disconnectSocketForLogout();
    return all;
  });
  assert.deepEqual(told, [
    [1, 'socket has been disconnected'],
    [2, 'socket has been disconnected'],
  ]);
});

test("what a component emits by itself is sent once, whatever the app's options say of retries", async (t) => {
  const { page, plain, ours } = await twoWorlds(t, browser);
  const notes = ({ server }) => {
    const heard = [];
    // Like most servers, it does not acknowledge notes.
    server.io.on('connection', (socket) => socket.on('note', (note) => heard.push(note)));
    return heard;
  };
  const [byPlain, byOurs] = [notes(plain), notes(ours)];
  const options = { ...io, retries: 3, ackTimeout: 50 };
  await connectPlain(page, plain, options);
  await page.evaluate(() => window.plain.emit('note', 'once'));
  await until(() => byPlain.length === 4, 'its repeats');

  await connectOurs(page, ours, { io: options });
  const { given, emitted } = await page.evaluate(() => {
    const socket = window.holdfast.getSocket();
    socket.emit('note', 'once');
    const { retries, ackTimeout } = socket._opts;
    return { given: [retries, ackTimeout], emitted: socket._queue.length };
  });
  assert.deepEqual(given, [3, 50], 'for what asks for an acknowledgement');
  assert.equal(emitted, 0, 'nothing is in its queue of retries');
  // Sent after the note, over the same link.
  await oursSend(page, 'A');
  assertEachDeliveredOnce(await untilSettled(page, 1));
  assert.deepEqual(byOurs, ['once']);
});
