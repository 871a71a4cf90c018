// Counts the wake-ups of a page with a ready link and nothing to do, in virtual time: every timer, interval, animation frame
// and idle callback that runs, except those in which the package pings.

import { bundlePage, startBrowser } from './browser.mjs';

/** Time for timers of the startup to fire. */
const SETTLE_MS = 120_000;
const WATCH_MS = 600_000;

/**
 * @param {Parameters<typeof startBrowser>[0]} t
 * @returns {Promise<{ minutes: number, pings: number, wakeUps: number }>}
 */
export async function runIdle(t) {
  const { code } = await bundlePage('idle-page.mjs', { isFake: true });
  const browser = await startBrowser(t);
  const page = await browser.open();
  await page.clock.install();
  await page.addScriptTag({ content: code });
  await page.evaluate(() => window.settle());
  await page.clock.runFor(SETTLE_MS);
  const before = await page.evaluate(() => window.count());
  await page.clock.runFor(WATCH_MS);
  const after = await page.evaluate(() => window.count());
  return {
    minutes: WATCH_MS / 60_000,
    pings: after.pings - before.pings,
    wakeUps: after.wakeUps - before.wakeUps,
  };
}
