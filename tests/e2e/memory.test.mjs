// Memory does not grow with the number of delivered messages: the WebAssembly memory and the page's heap, each after a
// garbage collection. `HOLDFAST_MESSAGES=1000000` is the full run.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launchBrowser, openPage } from '../support/browser.mjs';
import { bundle } from '../support/bundle.mjs';
import { startChatServer } from '../support/chat-server.mjs';

const MESSAGES = Number(process.env.HOLDFAST_MESSAGES ?? 100_000);
/** After this many messages, every bounded structure has reached its bound. */
const FIRST = 10_000;
const MOST_GROWTH = 1.1;

const browser = await launchBrowser();

for (const storage of ['memory', 'indexeddb']) {
  test(`memory after ${MESSAGES} messages is what it was after ${FIRST}, with storage '${storage}'`, async (t) => {
    const server = await startChatServer(t);
    const page = await openPage(t, browser, `${server.url}/socket.io/?transport=none`);
    await page.evaluate(await bundle("import './tests/support/memory-page.mjs';"));
    await page.evaluate((kind) => window.start(kind), storage);
    const devtools = await page.context().newCDPSession(page);

    const sendAndMeasure = async (count) => {
      const counts = await page.evaluate((n) => window.send(n), count);
      // Objects that one collection finalizes can be freed by the next one only.
      for (let n = 0; n < 3; n += 1) await devtools.send('HeapProfiler.collectGarbage');
      const { usedSize, backingStorageSize = 0 } = await devtools.send('Runtime.getHeapUsage');
      return { ...counts, heap: usedSize, backing: backingStorageSize };
    };
    const before = await sendAndMeasure(FIRST);
    const started = performance.now();
    const after = await sendAndMeasure(MESSAGES - FIRST);
    const took = ((performance.now() - started) / 1000).toFixed(1);
    t.diagnostic(`${storage}: ${JSON.stringify({ before, after })} in ${took} s`);
    assert.equal(after.DELIVERED, MESSAGES);
    assert.equal(after.waiting, 0);
    for (const what of ['wasm', 'heap', 'backing']) {
      const ratio = after[what] / before[what];
      assert.ok(ratio <= MOST_GROWTH, `${what}: ${before[what]} grew to ${after[what]}`);
    }
  });
}
