// On a narrow link, waiting messages leave as fast as the link allows, and none is repeated because its answer takes
// long.

import assert from 'node:assert/strict';
import test from 'node:test';
import { atEnd } from '../support/at-end.mjs';
import { launchBrowser } from '../support/browser.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import {
  assertEachDeliveredOnce,
  assertSavedOnceInOrder,
  configure,
  contents,
  openLab,
  untilSettled,
} from '../support/lab.mjs';
import { createProxy } from '../support/proxy.mjs';
import { until } from '../support/until.mjs';

const BITS_PER_SECOND = 256_000;
const MESSAGES = 1024;
/** Bytes of a message on the wire, including its id and event name. */
const BYTES = 290;

const browser = await launchBrowser();

for (const transport of ['websocket', 'polling']) {
  for (const storage of ['memory', 'indexeddb']) {
    test(`no message is sent twice over 256 kbit/s, by ${transport}, with storage '${storage}'`, async (t) => {
      const server = await startChatServer(t);
      const proxy = await createProxy({ target: { port: server.port } });
      atEnd(t, () => proxy.close());
      proxy.throttle(BITS_PER_SECOND);
      proxy.refuse();
      const page = await openLab(t, browser, server.url);
      // All deadlines have their defaults. Only the delay before the next attempt is short.
      const reconnect = { minMs: 50, maxMs: 500, spreadMs: 0 };
      const io = { transports: [transport] };
      await configure(page, { url: proxy.url, io, reconnect, queue: { storage } }, 'alice');
      const size = await page.evaluate(
        ([count, bytes]) => {
          const packet = (content) => {
            const _tempId = `temp_${'0'.repeat(24)}`;
            return `421000${JSON.stringify(['send_message', { recipientId: 'bob', content, _tempId }])}`;
          };
          const named = (n) => `m${String(n).padStart(4, '0')} `;
          const fill = 'x'.repeat(bytes - packet(named(0)).length);
          for (let n = 0; n < count; n += 1) {
            window.recorder.send({ recipientId: 'bob', content: named(n) + fill });
          }
          return packet(named(0) + fill).length;
        },
        [MESSAGES, BYTES],
      );
      assert.equal(size, BYTES);
      await until(() => proxy.counters.refused > 0, 'they wait for a link');
      const started = performance.now();
      proxy.refuse(false);
      const entries = await untilSettled(page, MESSAGES, 120_000);
      const seconds = (performance.now() - started) / 1000;
      t.diagnostic(`${seconds.toFixed(1)} s, ${server.handshakes.length} links`);
      assert.ok(seconds > (MESSAGES * BYTES * 8) / BITS_PER_SECOND, 'the link was narrow');

      assertEachDeliveredOnce(entries);
      assertSavedOnceInOrder(contents(server.saved), contents(entries));
      assert.equal(server.received.length, MESSAGES, 'each came once');
      assert.equal(server.handshakes.length, 1, 'one link');
      const told = page.problems.log.join('\n');
      assert.doesNotMatch(told, /nothing was heard|did not answer/);
    });
  }
}
