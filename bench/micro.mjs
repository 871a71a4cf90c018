// The microbench: the cost of a message in its page, from `sendMessage` to its callback, with a fake socket. Without network
// and encoding, only the sender's own work is left.

import { bundlePage, startBrowser } from './browser.mjs';
import { rotated, spread } from './statistics.mjs';

const NAMES = ['bare', 'plain', 'holdfast'];
const MESSAGES = { burst: 10_000, singly: 5_000 };
/** Rounds until frequent code is compiled. */
const WARM_UP = 4;
/** Bytes between two samples of the allocations: a thousandth of the allocations of a round. */
const SAMPLE_BYTES = 4_096;

/**
 * @param {Parameters<typeof startBrowser>[0]} t
 * @param {{ rounds: number, allocationRounds?: number }} plan
 * @returns {Promise<Micro>} ratios are of the work added to the bare socket's, Holdfast's to the plain
 *   queue's; the other numbers are for one message
 *
 * @typedef {import('./statistics.mjs').Spread} Spread
 * @typedef {Record<'burst' | 'singly', { ratio: Spread, microseconds: Record<string, Spread> }> & {
 *   allocated: { ratio: Spread, bytes: Record<string, Spread> } }} Micro
 */
export async function runMicro(t, { rounds, allocationRounds = 7 }) {
  const { code } = await bundlePage('micro-page.mjs', { isFake: true });
  const browser = await startBrowser(t);
  const page = await browser.open(code);
  await page.evaluate(() => window.setUp('memory'));
  const result = {};
  for (const way of ['burst', 'singly']) {
    const run = (name) =>
      page.evaluate(([way, name, count]) => window[way](name, count), [way, name, MESSAGES[way]]);
    const times = await inTurn(rounds, WARM_UP, run);
    const each = (name) => times[name].map((ms) => (ms * 1_000) / MESSAGES[way]);
    result[way] = {
      ratio: ratioOfAdded(times),
      leastRatio: ratioOfLeast(times),
      microseconds: perName(each),
    };
  }
  const session = await page.context().newCDPSession(page);
  const bytes = await inTurn(allocationRounds, 2, async (name) => {
    await session.send('HeapProfiler.startSampling', {
      samplingInterval: SAMPLE_BYTES,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
    await page.evaluate(([name, count]) => window.burst(name, count), [name, MESSAGES.burst]);
    const { profile } = await session.send('HeapProfiler.stopSampling');
    return sizeOf(profile.head);
  });
  const each = (name) => bytes[name].map((total) => total / MESSAGES.burst);
  result.allocated = {
    ratio: ratioOfAdded(bytes),
    leastRatio: ratioOfLeast(bytes),
    bytes: perName(each),
  };
  return result;
}

/** Runs all contenders in each round, in rotated order. The first rounds do not count. */
async function inTurn(rounds, warmUp, run) {
  const numbers = Object.fromEntries(NAMES.map((name) => [name, []]));
  for (let round = 0; round < rounds + warmUp; round += 1) {
    for (const name of rotated(NAMES, round)) {
      const number = await run(name);
      if (round >= warmUp) numbers[name].push(number);
    }
  }
  return numbers;
}

const ratioOfAdded = ({ bare, plain, holdfast }) =>
  spread(bare.map((base, round) => (holdfast[round] - base) / (plain[round] - base)));

/** The ratio of the fastest rounds, because other load on the machine only adds time. */
const ratioOfLeast = ({ bare, plain, holdfast }) => {
  const [base, other, ours] = [bare, plain, holdfast].map((all) => Math.min(...all));
  return (ours - base) / (other - base);
};

const perName = (each) => Object.fromEntries(NAMES.map((name) => [name, spread(each(name))]));

const sizeOf = ({ selfSize, children }) =>
  children.reduce((sum, child) => sum + sizeOf(child), selfSize);
