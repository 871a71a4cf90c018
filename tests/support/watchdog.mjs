// Ends a test file in which nothing begins or ends for minutes, and says where it stood: the runner, which kills it
// later, cannot know. `cargo xtask test` has each test file load this first.

import { afterEach, beforeEach } from 'node:test';
import { isMainThread } from 'node:worker_threads';

/** The longest test, on a busy machine, takes a third of this. */
const SILENCE_MS = 240_000;

// The real ones, whatever a test puts in their place.
const { setTimeout, clearTimeout } = globalThis;

let timer;

function note(last) {
  clearTimeout(timer);
  timer = setTimeout(give, SILENCE_MS, last).unref();
}

function give(last) {
  const open = process.getActiveResourcesInfo().join(', ');
  console.error(`nothing began or ended for ${SILENCE_MS} ms, ${last}; open: ${open}`);
  process.exit(1);
}

// Not in the runner itself, nor in what a test file starts.
if (process.env.NODE_TEST_CONTEXT && isMainThread) {
  const own = process.execArgv.findIndex((option) => option.includes('watchdog.mjs'));
  process.execArgv.splice(own, 1);
  note('before the first test');
  beforeEach((t) => note(`in "${t.name}"`));
  afterEach((t) => note(`after "${t.name}"`));
}
