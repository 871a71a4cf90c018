// Links that look alive but are dead, and joins without a confirmation.

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
  untilProven,
  untilReady,
  untilSettled,
} from '../support/lab.mjs';
import { createProxy } from '../support/proxy.mjs';
import { until } from '../support/until.mjs';

const HEALTH = { intervalMs: 300, timeoutMs: 900, probeMs: 400 };
const DEFAULTS = { timeoutMs: 30_000, probeMs: 5_000 };
const STEP_MS = 500;
/** The engine counts whole milliseconds. */
const ROUNDING_MS = 1;
const FALLBACK_MS = 3_000;

const browser = await launchBrowser();

for (const transport of ['websocket', 'polling']) {
  test(`a half-open ${transport} link is noticed and replaced`, async (t) => {
    const { server, proxy, page } = await setUp(t, {
      health: HEALTH,
      io: { transports: [transport] },
    });
    await send(page, 5);
    await untilSettled(page, 5);
    await untilProven(page);

    const joins = server.joins.length;
    proxy.hang({ newToo: false });
    await send(page, 20);
    await until(() => server.joins.length > joins, 'a new link joined', 15_000);
    const entries = await untilSettled(page, 25);
    assertEachDeliveredOnce(entries);

    // The bytes that the dead link held arrive late, after the new link delivered the messages.
    proxy.resume();
    await send(page, 5);
    const all = await untilSettled(page, 30);
    assertEachDeliveredOnce(all);
    assertSavedOnceInOrder(contents(server.saved), contents(all));
    assert.deepEqual(
      server.firstEntries,
      server.saved.map((message) => message._tempId),
    );
  });
}

for (const transport of ['websocket', 'polling']) {
  for (const [what, event, span] of [
    ['silence', null, DEFAULTS.timeoutMs],
    ['the probe', 'visibilitychange', DEFAULTS.probeMs],
  ]) {
    test(`a half-open ${transport} link is given up in time by ${what}, with the default health options`, async (t) => {
      // engine.io's own heartbeat would also notice, after 45 s.
      const server = await startChatServer(t, { io: { pingInterval: 300_000 } });
      const proxy = await createProxy({ target: { port: server.port } });
      atEnd(t, () => proxy.close());
      const page = await openLab(t, browser, server.url);
      await page.clock.install();
      await configure(page, { url: proxy.url, ...QUICK, io: { transports: [transport] } }, 'alice');
      await untilReady(page);
      await page.evaluate(() => {
        const { engine } = window.holdfast.getSocket().io;
        const heard = () => {
          window.since = performance.now();
        };
        engine.on('packet', heard);
        engine.on('drain', () => engine.transport.name === 'polling' && heard());
      });
      // From here on, only the test moves the time in the page.
      await page.clock.pauseAt(await page.evaluate(() => Date.now() + 1_000));
      await send(page, 1);
      await untilSettled(page, 1);
      proxy.hang();
      await page.evaluate((name) => {
        window.holdfast.getSocket().on('disconnect', () => {
          window.lostAfter = performance.now() - window.since;
        });
        if (!name) return;
        window.since = performance.now();
        document.dispatchEvent(new Event(name));
      }, event);
      const lostAfter = () => page.evaluate(() => window.lostAfter);
      for (let waited = 0; waited <= 2 * span && !(await lostAfter()); waited += STEP_MS) {
        await page.clock.runFor(STEP_MS);
      }
      // Measured from the last sign of life, or from the probe.
      const after = await lostAfter();
      assert.ok(Math.abs(after - span) <= ROUNDING_MS, `given up after ${after} ms`);

      proxy.resume();
      await page.clock.resume();
      await send(page, 5);
      assertEachDeliveredOnce(await untilSettled(page, 6));
      assert.equal(server.handshakes.length, 2);
    });
  }
}

test('a link recovers after it hung in both directions, for new connections too', async (t) => {
  const { proxy, page, server } = await setUp(t, {
    health: HEALTH,
    reconnect: { ...QUICK.reconnect, connectTimeoutMs: 500 },
  });
  await untilProven(page);
  const before = proxy.counters.connections;
  proxy.hang();
  await send(page, 20);
  // Several attempts, because each attempt that hangs is given up.
  await until(
    () => proxy.counters.connections >= before + 3,
    () => `three attempts, so far ${proxy.counters.connections - before}`,
    20_000,
  );
  proxy.cut();
  proxy.resume();
  const entries = await untilSettled(page, 20);
  assertEachDeliveredOnce(entries);
  assertSavedOnceInOrder(contents(server.saved), contents(entries));
});

for (const transports of [undefined, ['websocket', 'polling']]) {
  const order = transports?.join(' first, then ') ?? 'the default transports';
  test(`a WebSocket that hangs is replaced by polling: ${order}`, async (t) => {
    const server = await startChatServer(t);
    const proxy = await createProxy({ target: { port: server.port } });
    atEnd(t, () => proxy.close());
    proxy.hangUpgrade();
    const page = await openLab(t, browser, server.url);
    const reconnect = { ...QUICK.reconnect, connectTimeoutMs: 1_000, upgradeTimeoutMs: 500 };
    await configure(page, { url: proxy.url, reconnect, io: { transports } }, 'alice');
    await send(page, 20);
    const entries = await untilSettled(page, 20);
    assertEachDeliveredOnce(entries);
    assertSavedOnceInOrder(contents(server.saved), contents(entries));
    assert.ok(proxy.counters.upgradesHung >= 1, 'a websocket was tried');
    assert.equal(server.clients[0].conn.transport.name, 'polling');
  });
}

test('without a confirmation of the join, the link is ready after the fallback, and the queue is sent', async (t) => {
  const server = await startChatServer(t, { hooks: { join: () => 'ignore' } });
  const page = await openLab(t, browser, server.url);
  await watchReady(page, { url: server.url, ...QUICK });
  await send(page, 20);
  const entries = await untilSettled(page, 20);
  const { connects, readies } = await page.evaluate(() => window.times);
  const waited = readies[0] - connects[0];
  assert.ok(waited > FALLBACK_MS - 50 && waited < FALLBACK_MS + 1_500, `ready after ${waited} ms`);
  assert.equal(
    server.joins.length,
    2,
    'the join was sent once more when its confirmation was missed',
  );
  assertEachDeliveredOnce(entries);
  assertSavedOnceInOrder(contents(server.saved), contents(entries));
  assert.equal(connects.length, 1);
});

test('the join fallback of a lost link does not make the next link ready', async (t) => {
  const server = await startChatServer(t, { hooks: { join: () => 'ignore' } });
  const page = await openLab(t, browser, server.url);
  await watchReady(page, { url: server.url, ...QUICK });
  await send(page, 20);
  await until(() => server.joins.length === 1, 'the first join came');
  await server.restart();
  const entries = await untilSettled(page, 20);
  const { connects, readies } = await page.evaluate(() => window.times);
  assert.equal(connects.length, 2);
  assert.equal(readies.length, 1);
  const waited = readies[0] - connects[1];
  assert.ok(waited > FALLBACK_MS - 50, `ready ${waited} ms after the second connect`);
  assertEachDeliveredOnce(entries);
  assertSavedOnceInOrder(contents(server.saved), contents(entries));
});

test('a join that a restarting server missed is repeated', async (t) => {
  const server = await startChatServer(t, { hooks: { join: () => 'ignore' } });
  const page = await openLab(t, browser, server.url);
  await watchReady(page, { url: server.url, ...QUICK });
  await send(page, 20);
  await until(() => server.joins.length === 1, 'the first join came');
  server.hooks.join = () => 'confirm';
  await server.restart();
  const entries = await untilSettled(page, 20);
  const { connects, readies } = await page.evaluate(() => window.times);
  assert.ok(readies[0] - connects[1] < FALLBACK_MS - 1_000, 'ready by the confirmation');
  assertEachDeliveredOnce(entries);
  assertSavedOnceInOrder(contents(server.saved), contents(entries));
});

test('a refused join is reported and tried again', async (t) => {
  const join = ({ count }) => (server.joins.length > 2 ? 'confirm' : `not yet (${count})`);
  const server = await startChatServer(t, { hooks: { join } });
  const page = await openLab(t, browser, server.url);
  await page.evaluate(
    (options) => {
      window.reported = [];
      const onError = (error) => window.reported.push(String(error?.message ?? error));
      window.holdfast.configureSocket({ ...options, onError });
      window.holdfast.initializeSocket('alice');
    },
    { url: server.url, ...QUICK },
  );
  await send(page, 5);
  assertEachDeliveredOnce(await untilSettled(page, 5));
  const reported = await page.evaluate(() => window.reported);
  assert.ok(reported.length >= 1, 'onError was told');
});

function send(page, count) {
  return page.evaluate((n) => window.recorder.sendMany(n), count);
}

async function setUp(t, options) {
  const server = await startChatServer(t);
  const proxy = await createProxy({ target: { port: server.port } });
  atEnd(t, () => proxy.close());
  const page = await openLab(t, browser, server.url);
  await configure(page, { url: proxy.url, ...QUICK, ...options }, 'alice');
  await untilReady(page);
  return { server, proxy, page };
}

/** Configures and connects. Records in `window.times` when the link connected and became ready. */
function watchReady(page, options) {
  return page.evaluate((options) => {
    const { holdfast } = window;
    window.times = { connects: [], readies: [] };
    holdfast.configureSocket(options);
    holdfast.getSocket().on('connect', () => window.times.connects.push(performance.now()));
    let ready = false;
    setInterval(() => {
      if (holdfast.isConnectionReady() && !ready) window.times.readies.push(performance.now());
      ready = holdfast.isConnectionReady();
    }, 10);
    holdfast.initializeSocket('alice');
  }, options);
}
