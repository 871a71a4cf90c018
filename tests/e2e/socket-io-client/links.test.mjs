// Dead links that look alive, and links that cannot be made. socket.io-client loses what is written to them, and stays on
// them. The package does neither. half-open.test.mjs has more tests of the package alone.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launchBrowser } from '../../support/browser.mjs';
import {
  assertEachDeliveredOnce,
  assertSavedOnceInOrder,
  configure,
  contents,
  QUICK,
  untilReady,
  untilSettled,
} from '../../support/lab.mjs';
import { until } from '../../support/until.mjs';
import {
  connectOurs,
  connectPlain,
  handled,
  LONG_MS,
  openPlain,
  oursSend,
  pass,
  plainSend,
  stopClock,
  told,
  twoWorlds,
  untilPlain,
} from './kit.mjs';

const browser = await launchBrowser();

/** Resolves when the plain client is connected again, and everything that it sent before has arrived. */
async function plainRoundTrip(page) {
  await untilPlain(page, true);
  await page.evaluate(() => new Promise((resolve) => window.plain.emit('ping', () => resolve())));
}

for (const transport of ['websocket', 'polling']) {
  test(`messages on a dead ${transport} link arrive over the next one`, async (t) => {
    const COUNT = 10;
    const io = { transports: [transport] };
    const { page, plain, ours } = await twoWorlds(t, browser);
    await connectPlain(page, plain, io);
    await connectOurs(page, ours, { io });
    for (const { proxy } of [plain, ours]) proxy.hang();
    const state = await page.evaluate((count) => {
      for (let i = 0; i < count; i += 1) {
        window.plainSend(`asked ${i}`);
        window.plain.emit('send_message', { content: `told ${i}` });
      }
      window.recorder.sendMany(2 * count);
      return [window.plain.connected, window.plain.sendBuffer.length];
    }, COUNT);
    assert.deepEqual(state, [true, 0], 'taken for sent');
    for (const { proxy } of [plain, ours]) proxy.cut();
    for (const { proxy } of [plain, ours]) proxy.resume();

    await until(() => plain.server.handshakes.length === 2, 'the plain client is back');
    await plainRoundTrip(page);
    assert.deepEqual(handled(plain), [], 'all are lost');
    assert.deepEqual(await told(page), [], 'and no callback is told');

    const entries = await untilSettled(page, 2 * COUNT);
    assertEachDeliveredOnce(entries);
    assertSavedOnceInOrder(contents(ours.server.saved), contents(entries));
  });
}

test('messages that are sent while the link is closing arrive over the next one', async (t) => {
  const io = { transports: ['websocket'] };
  const { page, plain, ours } = await twoWorlds(t, browser);
  await connectPlain(page, plain, io);
  await connectOurs(page, ours, { io });
  await page.evaluate(() => {
    for (const socket of [window.plain, window.holdfast.getSocket()]) {
      socket.io.engine.transport.ws.close();
    }
    window.plainSend('A');
    window.recorder.send({ recipientId: 'bob', content: 'A' });
  });
  assertEachDeliveredOnce(await untilSettled(page, 1));
  assert.deepEqual(contents(ours.server.saved), ['A']);
  await until(() => plain.server.handshakes.length === 2, 'the plain client is back');
  await plainRoundTrip(page);
  assert.deepEqual(handled(plain), []);
  assert.deepEqual(await told(page), []);
});

test('a page that only listens notices its dead link when it wakes', async (t) => {
  const io = { transports: ['websocket'] };
  const { page, plain, ours } = await twoWorlds(t, browser);
  await page.clock.install();
  await connectPlain(page, plain, io);
  // With the default options of health.
  await connectOurs(page, ours, { io });
  await page.evaluate(() => {
    window.heard = [];
    window.plain.on('message:new', () => window.heard.push('plain'));
    window.holdfast.onNewMessage(() => window.heard.push('ours'));
  });
  await stopClock(page);
  for (const { proxy } of [plain, ours]) proxy.hang({ newToo: false });
  await pass(page, 3_600_000);
  // The next ping is sent within 15 s, and a link in doubt has 5 more. The heartbeat's deadline is later.
  const isBack = () => ours.server.handshakes.length === 2;
  let awakeMs = 0;
  for (; awakeMs < 25_000 && !isBack(); awakeMs += 500) await page.clock.runFor(500);
  await until(isBack, `a new link within ${awakeMs} ms of being awake`, 1_000);
  await page.clock.resume();
  await untilReady(page);
  for (const { server } of [plain, ours]) server.io.emit('message:new', { _id: 1 });
  await until(() => page.evaluate(() => window.heard.length), 'the message');
  const { heard, connected } = await page.evaluate(() => ({
    heard: window.heard,
    connected: window.plain.connected,
  }));
  assert.deepEqual(heard, ['ours']);
  assert.equal(connected, true, 'the plain client takes its dead link for a live one');
});

test('a polling page that returns from the back-forward cache receives events', async (t) => {
  const io = { transports: ['polling'] };
  const { page, plain, ours } = await twoWorlds(t, browser);
  await connectPlain(page, plain, io);
  await connectOurs(page, ours, { io });
  await page.evaluate(() => {
    window.heard = [];
    window.plain.on('message:new', () => window.heard.push('plain'));
    window.holdfast.onNewMessage(() => window.heard.push('ours'));
    for (const event of ['pagehide', 'pageshow']) {
      window.dispatchEvent(new PageTransitionEvent(event, { persisted: true }));
    }
  });
  await untilReady(page);
  for (const { server } of [plain, ours]) server.io.emit('message:new', { _id: 1 });
  await until(() => page.evaluate(() => window.heard.includes('ours')), 'the message');
  await plainSend(page, 'A');
  await until(() => plain.server.saved.length === 1, 'the plain client still speaks');
  await oursSend(page, 'A');
  assertEachDeliveredOnce(await untilSettled(page, 1));
  assert.deepEqual(await page.evaluate(() => window.heard), ['ours']);
  assert.deepEqual(await told(page), [], 'and hears no answer');
  assert.equal(await page.evaluate(() => window.plain.connected), true);
});

const OBSTACLES = {
  'is refused': { io: { transports: ['polling'] }, plain: {} },
  // The client's own fallback works if the WebSocket is refused, but not if there is no answer.
  'gets no answer': { hang: true, plain: { tryAllTransports: true, timeout: 200 } },
};

for (const [what, obstacle] of Object.entries(OBSTACLES)) {
  test(`a WebSocket that ${what} is replaced by polling, even if WebSocket is the first transport`, async (t) => {
    const io = { transports: ['websocket', 'polling'] };
    const { page, plain, ours } = await twoWorlds(t, browser, { io: obstacle.io });
    if (obstacle.hang) for (const { proxy } of [plain, ours]) proxy.hangUpgrade();
    const polls = [];
    plain.server.http.on('request', ({ url }) => {
      if (url.includes('transport=polling')) polls.push(url);
    });
    await openPlain(page, plain, { ...io, ...obstacle.plain, autoConnect: false });
    await page.evaluate(() => {
      window.failures = 0;
      window.plain.on('connect_error', () => {
        window.failures += 1;
      });
      window.plain.connect();
    });
    await until(() => page.evaluate(() => window.failures >= 4), 'four attempts in vain');
    assert.deepEqual(polls, [], 'it never polls');
    await page.evaluate(() => window.plain.disconnect());

    const reconnect = { ...QUICK.reconnect, upgradeTimeoutMs: 200, connectTimeoutMs: LONG_MS };
    await configure(page, { url: ours.proxy.url, ...QUICK, reconnect, io }, 'alice');
    await oursSend(page, 'A');
    assertEachDeliveredOnce(await untilSettled(page, 1));
    assert.equal(ours.server.clients[0].conn.transport.name, 'polling');
  });
}
