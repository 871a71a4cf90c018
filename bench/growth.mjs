// Whether ten times as many waiting messages cost ten times as much: time and memory of 10,000 and of 100,000 messages that
// are queued without a link.

import { bundlePage, startBrowser } from './browser.mjs';
import { median, rotated } from './statistics.mjs';

const COUNTS = [10_000, 100_000];
const NAMES = ['holdfast', 'plain'];

/**
 * @param {Parameters<typeof startBrowser>[0]} t
 * @param {{ runs: number, memoryRuns?: number, counts?: number[] }} plan of each the least time counts, and the median size
 * @returns {Promise<Record<string, Growth>>} by contender
 *
 * @typedef {object} Growth
 * @property {number[]} ms for each count
 * @property {number[]} bytes for each count: the heap after a collection, and the engine's memory
 * @property {number} timeRatio
 * @property {number} memoryRatio
 */
export async function runGrowth(t, { runs, memoryRuns = 3, counts = COUNTS }) {
  const { code } = await bundlePage('growth-page.mjs', { isFake: true });
  const browser = await startBrowser(t);
  const page = await browser.open(code);
  const queue = (page, name, count) =>
    page.evaluate(([name, count]) => window.queueOffline(name, count), [name, count]);
  const result = Object.fromEntries(NAMES.map((name) => [name, { ms: [], bytes: [] }]));

  for (const name of NAMES) {
    await queue(page, name, 3 * counts[0]);
    const times = new Map(counts.map((count) => [count, []]));
    for (let run = 0; run < runs; run += 1) {
      for (const count of rotated(counts, run)) {
        times.get(count).push(await queue(page, name, count));
      }
    }
    result[name].ms = counts.map((count) => Math.min(...times.get(count)));
  }

  for (const name of NAMES) {
    for (const count of counts) {
      const sizes = [];
      for (let run = 0; run < memoryRuns; run += 1) {
        // In a new page, because the engine's memory never shrinks.
        const fresh = await browser.open(code);
        await queue(fresh, name, 1);
        const before = await sizeOf(fresh);
        await queue(fresh, name, count);
        sizes.push((await sizeOf(fresh)) - before);
        await fresh.context().close();
      }
      result[name].bytes.push(median(sizes));
    }
    const { ms, bytes } = result[name];
    result[name].timeRatio = ms[1] / ms[0];
    result[name].memoryRatio = bytes[1] / bytes[0];
  }
  return result;
}

async function sizeOf(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize + (await page.evaluate(() => window.moduleBytes()));
}
