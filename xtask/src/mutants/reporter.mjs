// Ends a file of tests at the first that fails, or hangs, and names it.

import { writeSync } from 'node:fs';

/** Many times what a test takes. */
const PATIENCE_MS = 20_000;

/** Those of now: tests replace them by clocks of their own. */
const { setTimeout, clearTimeout } = globalThis;

/** @param {AsyncIterable<{ type: string, data: any }>} events of the test runner */
export default async function* report(events) {
  let patience;
  for await (const { type, data } of events) {
    if (data.nesting !== 0) continue;
    clearTimeout(patience);
    if (type === 'test:fail') end(`caught by ${data.name}`);
    if (type === 'test:dequeue') {
      patience = setTimeout(end, PATIENCE_MS, `caught by (it hangs) ${data.name}`);
      patience.unref();
    }
  }
  yield 'all passed';
}

function end(line) {
  writeSync(1, `${line}\n`);
  process.exit(1);
}
