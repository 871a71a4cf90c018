// Ends a test file in which no test begins or ends for minutes, and prints which test was running. The test runner's
// own timeout kills the file without that information. `cargo xtask test` loads this module into each test file.

import { afterEach, beforeEach } from 'node:test';
import { isMainThread } from 'node:worker_threads';

/** Three times as long as the longest test takes on a busy machine. */
const SILENCE_MS = 240_000;

// The original functions, because a test may replace the globals.
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

// Neither in the runner itself nor in processes that a test file starts.
if (process.env.NODE_TEST_CONTEXT && isMainThread) {
  const own = process.execArgv.findIndex((option) => option.includes('watchdog.mjs'));
  process.execArgv.splice(own, 1);
  note('before the first test');
  beforeEach((t) => note(`in "${t.name}"`));
  afterEach((t) => note(`after "${t.name}"`));
}
