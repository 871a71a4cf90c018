// The page's lifecycle: offline and online, into the back-forward cache and out of it, left, hidden and shown again.

import assert from 'node:assert/strict';
import test from 'node:test';
import { atEnd } from '../support/at-end.mjs';
import { launchBrowser } from '../support/browser.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import {
  assertEachDeliveredOnce,
  assertSavedOnceInOrder,
  configure,
  contents,
  openLab,
  QUICK,
  untilDown,
  untilReady,
  untilSettled,
  untilUpgraded,
} from '../support/lab.mjs';
import { createProxy } from '../support/proxy.mjs';
import { until } from '../support/until.mjs';

/** Longer than any test waits. */
const LONG_MS = 2_000_000_000;

const browser = await launchBrowser();

/** A page that is connected as alice. `heard` records the events of its Socket. */
async function setUp(t, options = {}) {
  const server = await startChatServer(t);
  const proxy = await createProxy({ target: { port: server.port } });
  atEnd(t, () => proxy.close());
  const left = [];
  server.io.on('connection', (socket) => socket.on('disconnect', (reason) => left.push(reason)));
  const page = await openLab(t, browser, server.url);
  await configure(page, { url: proxy.url, ...QUICK, ...options }, 'alice');
  await page.evaluate(() => {
    const socket = window.holdfast.getSocket();
    window.heard = [];
    for (const event of ['connect', 'disconnect', 'online_users']) {
      socket.on(event, () => window.heard.push(event));
    }
  });
  await untilReady(page);
  await until(() => page.evaluate(() => window.heard.includes('online_users')), 'presence');
  await untilUpgraded(server);
  return { server, proxy, page, left };
}

/** Dispatches the event that the browser fires when the page enters or leaves the back-forward cache. */
const transition = (page, event, persisted) =>
  page.evaluate(
    ([name, value]) => window.dispatchEvent(new PageTransitionEvent(name, { persisted: value })),
    [event, persisted],
  );

const sendMany = (page, count) => page.evaluate((n) => window.recorder.sendMany(n), count);

/** Sends a message and waits for its answer, so that everything earlier has arrived. */
async function roundTrip(page, settled) {
  await sendMany(page, 1);
  await untilSettled(page, settled);
}

test('a client that waits for its next attempt connects when the network is back', async (t) => {
  // After a stable link, the first delay is drawn from this whole span.
  const reconnect = { ...QUICK.reconnect, stableMs: 0, spreadMs: LONG_MS };
  const { server, proxy, page } = await setUp(t, { reconnect });
  await page.context().setOffline(true);
  proxy.cut();
  await untilDown(page);
  await page.context().setOffline(false);
  await untilReady(page, 5_000);
  await roundTrip(page, 1);
  assert.equal(server.handshakes.length, 2);
});

test('a page closes its link when it enters the back-forward cache, and connects again when it is back', async (t) => {
  const { server, page, left } = await setUp(t);
  server.hooks.message = () => {};
  await sendMany(page, 5);
  await until(() => server.received.length === 5, 'all have left, unanswered');
  await transition(page, 'pagehide', true);
  assert.equal(await page.evaluate(() => window.holdfast.isSocketConnected()), false);
  await until(() => left.length === 1, 'the server knows');
  assert.deepEqual(left, ['client namespace disconnect']);
  assert.equal(server.clients.length, 0);

  server.hooks.message = ({ ack, save }) => ack(save());
  await transition(page, 'pageshow', true);
  await untilReady(page);
  await sendMany(page, 5);
  const entries = await untilSettled(page, 10);
  assertEachDeliveredOnce(entries);
  assertSavedOnceInOrder(contents(server.saved), contents(entries));
  assert.equal(server.handshakes.length, 2);
  assert.equal(server.clients.length, 1);

  await transition(page, 'pageshow', true);
  await roundTrip(page, 11);
  assert.equal(server.handshakes.length, 2, 'shown again, it goes on');
});

test('a client that was disconnected before the page was cached stays disconnected', async (t) => {
  const { server, page } = await setUp(t);
  const isActive = () => page.evaluate(() => window.holdfast.getSocket().active);
  await page.evaluate(() => window.holdfast.disconnectSocket());
  await transition(page, 'pagehide', true);
  await transition(page, 'pageshow', true);
  assert.equal(await isActive(), false);
  await until(() => server.clients.length === 0, 'nobody is left');
  await page.evaluate(() => window.holdfast.initializeSocket('alice'));
  await untilReady(page);
  await untilUpgraded(server);
  await transition(page, 'pagehide', true);
  await page.evaluate(() => window.holdfast.disconnectSocketForLogout());
  await transition(page, 'pageshow', true);
  assert.equal(await isActive(), false);
  await until(() => server.clients.length === 0, 'nobody is left after the logout');
});

test('a page keeps its link after a pagehide without caching, if it stays', async (t) => {
  const { server, page, left } = await setUp(t);
  await transition(page, 'pagehide', false);
  await transition(page, 'pageshow', false);
  await roundTrip(page, 1);
  assert.deepEqual(await page.evaluate(() => window.heard), ['connect', 'online_users']);
  assert.deepEqual(left, []);
  assert.equal(server.handshakes.length, 1);
});

test('a page that is shown again probes its link, and keeps a live one', async (t) => {
  const { server, page, left } = await setUp(t);
  const pings = server.pings;
  let answer;
  server.hooks.ping = (ack) => {
    answer = ack;
  };
  const show = (state) =>
    page.evaluate((value) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, value });
      document.dispatchEvent(new Event('visibilitychange'));
      return [window.holdfast.isSocketConnected(), window.holdfast.isConnectionReady()];
    }, state);
  assert.deepEqual(await show('hidden'), [true, true]);
  assert.deepEqual(await show('visible'), [true, false], 'in doubt until it answers');
  await until(() => answer, 'the probe');
  assert.equal(server.pings, pings + 1, 'one, and none for being hidden');
  answer();
  await untilReady(page);
  await roundTrip(page, 1);
  assert.deepEqual(await page.evaluate(() => window.heard), ['connect', 'online_users']);
  assert.deepEqual(left, []);
  assert.equal(server.handshakes.length, 1);
});

test('a page that is shown or resumed replaces a dead link', async (t) => {
  const { server, proxy, page } = await setUp(t, {
    health: { intervalMs: LONG_MS, timeoutMs: LONG_MS, probeMs: 300 },
    // With polling, the browser would reuse one of the hanging connections.
    io: { transports: ['websocket'] },
  });
  const state = (event) => async () => {
    const health = await page.evaluate(() => window.holdfast.getConnectionHealth());
    return `a new link after ${event}; ${server.handshakes.length} so far, ${JSON.stringify(health)}`;
  };
  for (const [event, links] of [
    ['visibilitychange', 2],
    ['resume', 3],
  ]) {
    proxy.hang({ newToo: false });
    await page.evaluate((name) => document.dispatchEvent(new Event(name)), event);
    await until(() => server.handshakes.length >= links, state(event), 15_000);
    await untilReady(page, 15_000);
  }
  await roundTrip(page, 1);
});

test('a dead link is replaced after a probe, even if only the clock shows the sleep', async (t) => {
  const { server, proxy, page } = await setUp(t, {
    // The clock jumps past all of these deadlines.
    authTimeoutMs: 30_000,
    join: { fallbackMs: 30_000 },
    reconnect: { ...QUICK.reconnect, connectTimeoutMs: 30_000 },
    send: { ...QUICK.send, ackTimeoutMs: 30_000 },
    health: { intervalMs: 30_000, timeoutMs: 30_000, probeMs: 300 },
    io: { transports: ['websocket'] },
  });
  proxy.hang({ newToo: false });
  await page.evaluate(() => {
    const { now } = Date;
    Date.now = () => now() + 35_000;
    window.recorder.sendMany(1);
  });
  await until(() => server.handshakes.length === 2, 'a new link', 15_000);
  await untilSettled(page, 1, 15_000);
});
