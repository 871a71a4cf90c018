// Invalid input of the app is refused with a code and affects nothing else.

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

test('a payload that cannot be sent is refused, and the messages around it arrive', async (t) => {
  const { server, page } = await setUp(t);
  const names = await page.evaluate(() => {
    const cycle = { recipientId: 'bob', content: 'cycle' };
    cycle.self = { deep: [cycle] };
    const bad = {
      cycle,
      bigint: { recipientId: 'bob', content: 'bigint', amount: 10n },
      function: () => {},
      node: document.createElement('p'),
    };
    window.recorder.send({ recipientId: 'bob', content: 'first' });
    for (const data of Object.values(bad)) window.recorder.send(data);
    window.recorder.send({ recipientId: 'bob', content: 'last' });
    return Object.keys(bad);
  });
  const entries = await untilSettled(page, names.length + 2);
  for (const [i, name] of names.entries()) {
    const { calls, promised } = entries[i + 1];
    const told = `${name} was told ${JSON.stringify(calls)}`;
    assert.equal(calls.length, 1, told);
    assert.equal(calls[0].success, false, told);
    assert.equal(calls[0].error, 'INVALID_MESSAGE_PAYLOAD', told);
    assert.equal(calls[0].maybeDelivered, false, told);
    assert.equal(typeof calls[0].message, 'string', told);
    assert.equal(promised?.error, 'INVALID_MESSAGE_PAYLOAD', told);
  }
  const good = [entries[0], entries.at(-1)];
  assertEachDeliveredOnce(good);
  assertSavedOnceInOrder(contents(server.saved), contents(good));
});

test('values that JSON cannot represent are encoded as socket.io encodes them', async (t) => {
  const { server, page } = await setUp(t);
  await page.evaluate(() => {
    const node = document.createElement('p');
    window.recorder.send({ recipientId: 'bob', content: 'odd', f() {}, node, list: [() => {}] });
  });
  assertEachDeliveredOnce(await untilSettled(page, 1));
  const { _tempId, ...arrived } = server.received[0].data;
  assert.deepEqual(arrived, { recipientId: 'bob', content: 'odd', node: {}, list: [null] });
});

test('a payload that cannot be sent does not break reconnecting', async (t) => {
  // An event that a component emitted itself has no callback, so its loss is reported as an error.
  const { server, page } = await setUp(t, { allow: [/RangeError: Maximum call stack|circular/] });
  await page.evaluate(() => {
    const cycle = { recipientId: 'bob' };
    cycle.self = cycle;
    // A component's own emit, which socket.io buffers while disconnected.
    window.holdfast.disconnectSocket();
    window.holdfast.getSocket().emit('anything', cycle);
    window.recorder.send(cycle);
    window.recorder.send({ recipientId: 'bob', content: 'after' });
    window.holdfast.initializeSocket('alice');
  });
  const entries = await untilSettled(page, 2);
  assertEachDeliveredOnce(entries.slice(1));
  assert.deepEqual(contents(server.saved), ['after']);
});

test('a full queue refuses messages with a code, and delivers those that it accepted', async (t) => {
  const server = await startChatServer(t);
  const page = await openLab(t, browser, server.url);
  await configure(page, { url: server.url, queue: { capacity: 3 }, ...QUICK });
  await page.evaluate(() => {
    window.holdfast.disconnectSocket();
    window.recorder.sendMany(5);
  });
  await untilSettled(page, 2);
  await page.evaluate(() => window.holdfast.initializeSocket('alice'));
  const entries = await untilSettled(page, 5);
  for (const { calls, content } of entries.slice(3)) {
    const told = `${content} was told ${JSON.stringify(calls)}`;
    assert.equal(calls.length, 1, told);
    assert.equal(calls[0].error, 'QUEUE_FULL', told);
    assert.equal(calls[0].maybeDelivered, false, told);
  }
  const taken = entries.slice(0, 3);
  assertEachDeliveredOnce(taken);
  assertSavedOnceInOrder(contents(server.saved), contents(taken));
});

test('a callback or listener that throws is reported and does not affect the others', async (t) => {
  const { server, page } = await setUp(t, { allow: [/boom/] });
  await page.evaluate(() => {
    const { holdfast, recorder } = window;
    window.heard = [];
    const socket = holdfast.getSocket();
    socket.on('message:new', () => {
      throw new Error('boom raw');
    });
    holdfast.onNewMessage(() => {
      throw new Error('boom helper');
    });
    holdfast.onNewMessage((message) => window.heard.push(message.content));
    socket.on('message:new', (message) => window.heard.push(`raw ${message.content}`));
    recorder.send({ recipientId: 'alice', content: 'a' });
    holdfast.sendMessage({ recipientId: 'alice', content: 'b' }, () => {
      throw new Error('boom callback');
    });
    recorder.send({ recipientId: 'alice', content: 'c' });
  });
  assertEachDeliveredOnce(await untilSettled(page, 2));
  assert.deepEqual(contents(server.saved), ['a', 'b', 'c']);
  const expected = ['a', 'b', 'c', 'raw a', 'raw b', 'raw c'];
  await until(
    async () => (await page.evaluate(() => window.heard)).length === expected.length,
    async () =>
      `each other listener receives each message, got ${await page.evaluate(() => window.heard)}`,
  );
  assert.deepEqual((await page.evaluate(() => window.heard)).sort(), expected);
  for (const where of ['raw', 'helper', 'callback']) {
    const reported = page.problems.errors.filter((error) => error.includes(`boom ${where}`));
    const times = where === 'callback' ? 1 : 3;
    assert.equal(reported.length, times, `boom ${where} is reported ${times} times`);
  }
});

async function setUp(t, { allow, ...options } = {}) {
  const server = await startChatServer(t);
  const page = await openLab(t, browser, server.url, { allow });
  await configure(page, { url: server.url, ...QUICK, ...options }, 'alice');
  await untilReady(page);
  return { server, page };
}
