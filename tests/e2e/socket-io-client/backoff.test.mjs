// The delays before reconnecting, over hours of simulated time.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launchBrowser } from '../../support/browser.mjs';
import { configure } from '../../support/lab.mjs';
import { until } from '../../support/until.mjs';
import { openPlain, stopClock, twoWorlds } from './kit.mjs';

const browser = await launchBrowser();

/**
 * Records in `window.waits` the delay of each client between a loss or failure and its next attempt, by the page's clock.
 * The package is the second client.
 */
const watchWaits = (page) =>
  page.evaluate(() => {
    window.waits = [window.plain, window.holdfast.getSocket()].map((socket) => {
      const waits = [];
      let since;
      for (const event of ['disconnect', 'connect_error']) {
        socket.on(event, () => {
          since = Date.now();
        });
      }
      socket.io.on('reconnect_attempt', () => waits.push(Date.now() - since));
      return waits;
    });
  });

const waits = (page) => page.evaluate(() => window.waits);

test('after hours offline each delay is still random, and none is zero', async (t) => {
  const HOURS = 3;
  const [MIN_MS, MAX_MS] = [1_000, 30_000];
  /** A timer of 0 ms fires after 1 ms. */
  const SLACK_MS = 1;
  const { page, plain, ours } = await twoWorlds(t, browser);
  await page.clock.install();
  // Without a network, every request fails at once.
  await page.evaluate(() => {
    window.XMLHttpRequest = class {
      status = 0;
      open() {}
      setRequestHeader() {}
      abort() {}
      send() {
        this.readyState = 4;
        this.onreadystatechange();
      }
    };
  });
  const io = { transports: ['polling'] };
  const defaults = { reconnectionDelay: 1_000, reconnectionDelayMax: 5_000 };
  await openPlain(page, plain, { ...io, ...defaults });
  const reconnect = { minMs: MIN_MS, maxMs: MAX_MS };
  await configure(page, { url: ours.proxy.url, io, reconnect, logger: null });
  await watchWaits(page);
  await page.evaluate(() => window.holdfast.initializeSocket('alice'));
  await page.clock.runFor(HOURS * 3_600_000);

  const [byPlain, byOurs] = await waits(page);
  // From the fourth attempt on, all delays of socket.io-client are at its cap, without jitter.
  const atTheCap = byPlain.slice(5, 1_000);
  assert.equal(Math.min(...atTheCap), Math.max(...atTheCap), 'not one differs from the others');
  const none = byPlain.slice(1_030).filter((wait) => wait <= SLACK_MS).length;
  assert.ok(none > 100, `of ${byPlain.length} attempts of the plain client ${none} without a wait`);

  assert.ok(byOurs.length > (HOURS * 3_600_000) / MAX_MS - 1, `${byOurs.length} attempts`);
  assert.ok(Math.min(...byOurs) >= MIN_MS, `a wait of ${Math.min(...byOurs)} ms`);
  assert.ok(Math.max(...byOurs) <= MAX_MS + SLACK_MS, `a wait of ${Math.max(...byOurs)} ms`);
  // Delays are uniform in the upper two thirds of the cap, so their mean is two thirds of the cap. The mean of 100 delays
  // deviates by at most six standard deviations.
  const MEAN_MS = (MAX_MS * 2) / 3;
  const OFF_MS = (6 * MEAN_MS) / Math.sqrt(12 * 100);
  for (const waits of [byOurs.slice(10, 110), byOurs.slice(-100)]) {
    // Hardly any two of 20,000 delays are equal.
    assert.ok(new Set(waits).size > 90, `jitter: ${waits}`);
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    assert.ok(Math.abs(mean - MEAN_MS) < OFF_MS, `a mean of ${mean} ms`);
  }
});

test('a server that accepts and then drops connections is not flooded with attempts', async (t) => {
  const ATTEMPTS = 12;
  const { page, plain, ours } = await twoWorlds(t, browser);
  for (const { server } of [plain, ours]) {
    server.io.on('connection', (socket) => socket.conn.close(true));
  }
  await page.clock.install();
  // A seeded generator, so that every run draws the same numbers.
  await page.evaluate(() => {
    Math.random = () => 0.5;
  });
  const io = { transports: ['websocket'] };
  const delays = { reconnectionDelay: 100, reconnectionDelayMax: 10_000 };
  await openPlain(page, plain, { ...io, ...delays, autoConnect: false });
  const reconnect = { minMs: 100, maxMs: 10_000, spreadMs: 100 };
  await configure(page, { url: ours.proxy.url, io, reconnect, logger: null });
  await watchWaits(page);
  await stopClock(page);
  await page.evaluate(() => {
    window.plain.connect();
    window.holdfast.initializeSocket('alice');
  });
  const counts = async () => (await waits(page)).map(({ length }) => length);
  const goOn = async () => {
    await page.clock.runFor(250);
    return (await counts()).every((count) => count >= ATTEMPTS);
  };
  await until(goOn, async () => `${ATTEMPTS} attempts of each: ${await counts()}`, 30_000, 2);

  const [byPlain, byOurs] = (await waits(page)).map((all) => all.slice(0, ATTEMPTS));
  const late = ATTEMPTS - 4;
  t.diagnostic(JSON.stringify({ byPlain, byOurs }));
  assert.equal(Math.max(...byPlain), Math.min(...byPlain), 'it never waits longer');
  assert.ok(Math.max(...byOurs.slice(late)) > 3_000, `the package does: ${byOurs}`);
  assert.ok(Math.min(...byOurs) >= 100, `and at least its minimum: ${byOurs}`);
});
