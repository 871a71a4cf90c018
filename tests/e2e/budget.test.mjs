// Limits for the package's size and speed: bytes, counts, and ratios that the bench measures within one page, but no
// absolute times. The limits are wide enough for a machine under load. bench/measures.mjs has the narrow limits.

import assert from 'node:assert/strict';
import test from 'node:test';
import { runGrowth } from '../../bench/growth.mjs';
import { runIdle } from '../../bench/idle.mjs';
import { runMicro } from '../../bench/micro.mjs';
import { weighIo, weighSocket } from '../../pkg-template/weigh.mjs';
import { pkg } from '../support/paths.mjs';

const MOST_BYTES = { socket: 61_500, io: 42_000 };
/**
 * The cost of a message on a fake socket, relative to the plain-JS queue: the time in a burst and one by one, each of
 * the fastest round, because other load only adds time; and the allocated memory.
 */
const MOST_OF_PLAIN = { burst: 2.6, singly: 2.4, allocated: 1.9 };
/** The cost with 30,000 waiting messages relative to 3,000. A step that visits all messages would multiply it by 100. */
const MOST_GROWTH = { time: 40, memory: 13 };
const COUNTS = [3_000, 30_000];
/** A busy machine can spoil one measurement. A slow path exceeds the limit every time. */
const TRIES = 3;

test('everything that holdfast/socket loads fits its size limit', async () => {
  const { gzipped } = await weighSocket(pkg);
  assert.ok(gzipped <= MOST_BYTES.socket, `${gzipped} bytes gzipped`);
});

test('everything that holdfast/io loads fits its size limit', async () => {
  const { gzipped } = await weighIo(pkg);
  assert.ok(gzipped <= MOST_BYTES.io, `${gzipped} bytes gzipped`);
});

test('the cost of a message stays within its limits, relative to a plain-JS queue', async (t) => {
  await withinBudget(t, MOST_OF_PLAIN, async () => {
    const { burst, singly, allocated } = await runMicro(t, { rounds: 15 });
    return {
      burst: burst.leastRatio,
      singly: singly.leastRatio,
      allocated: allocated.ratio.median,
    };
  });
});

test('the cost grows at most linearly with the number of waiting messages', async (t) => {
  await withinBudget(t, MOST_GROWTH, async () => {
    const { holdfast } = await runGrowth(t, { runs: 5, memoryRuns: 1, counts: COUNTS });
    return { time: holdfast.timeRatio, memory: holdfast.memoryRatio };
  });
});

test('an idle page with a ready link wakes up for pings only', async (t) => {
  const { pings, wakeUps, minutes } = await runIdle(t);
  assert.ok(pings >= minutes, `${pings} pings in ${minutes} minutes`);
  assert.equal(wakeUps, 0);
});

/** Measures until each figure is within its limit, and fails if none of the tries is. */
async function withinBudget(t, most, measure) {
  for (let left = TRIES; left > 0; left -= 1) {
    const found = await measure();
    const text = Object.entries(found).map(([name, ratio]) => `${name} ${ratio.toFixed(2)}`);
    t.diagnostic(text.join(', '));
    const over = Object.keys(most).filter((name) => !(found[name] <= most[name]));
    if (over.length === 0) return;
    assert.ok(left > 1, `over budget in ${over.join(', ')}: ${text.join(', ')}`);
  }
}
