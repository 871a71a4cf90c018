// What may never be lost again of the package's speed and size: bytes, counts, and ratios that the bench
// takes within one page, never seconds. The limits are wide enough for a machine that does other work; the
// narrow ones are the bench's own (bench/measures.mjs).

import assert from 'node:assert/strict';
import test from 'node:test';
import { runGrowth } from '../../bench/growth.mjs';
import { runIdle } from '../../bench/idle.mjs';
import { runMicro } from '../../bench/micro.mjs';
import { weighIo, weighSocket } from '../../pkg-template/weigh.mjs';
import { pkg } from '../support/paths.mjs';

const MOST_BYTES = { socket: 61_500, io: 42_000 };
/**
 * What a message adds to a fake socket, of what it adds with the plain-JS queue: the time in a burst and one
 * by one, of the least rounds, since what else the machine does only ever adds; and what is allocated.
 */
const MOST_OF_PLAIN = { burst: 2.6, singly: 2.4, allocated: 1.9 };
/** Of 30,000 messages that wait to 3,000; a step that looks at all of them makes it a hundred. */
const MOST_GROWTH = { time: 40, memory: 13 };
const COUNTS = [3_000, 30_000];
/** Where a machine is so busy that a figure is off, the next one is not: a slow path always is. */
const TRIES = 3;

test('all that holdfast/socket loads keeps to its size', async () => {
  const { gzipped } = await weighSocket(pkg);
  assert.ok(gzipped <= MOST_BYTES.socket, `${gzipped} bytes gzipped`);
});

test('all that holdfast/io loads keeps to its size', async () => {
  const { gzipped } = await weighIo(pkg);
  assert.ok(gzipped <= MOST_BYTES.io, `${gzipped} bytes gzipped`);
});

test('a message costs its page what it did, in the time and memory of a plain-JS queue', async (t) => {
  await withinBudget(t, MOST_OF_PLAIN, async () => {
    const { burst, singly, allocated } = await runMicro(t, { rounds: 15 });
    return {
      burst: burst.leastRatio,
      singly: singly.leastRatio,
      allocated: allocated.ratio.median,
    };
  });
});

test('ten times as many messages that wait cost no more than ten times as much', async (t) => {
  await withinBudget(t, MOST_GROWTH, async () => {
    const { holdfast } = await runGrowth(t, { runs: 5, memoryRuns: 1, counts: COUNTS });
    return { time: holdfast.timeRatio, memory: holdfast.memoryRatio };
  });
});

test('a page with a ready link and nothing to send wakes up for pings alone', async (t) => {
  const { pings, wakeUps, minutes } = await runIdle(t);
  assert.ok(pings >= minutes, `${pings} pings in ${minutes} minutes`);
  assert.equal(wakeUps, 0);
});

/** Measures until each figure is within its budget, and fails where that never is so. */
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
