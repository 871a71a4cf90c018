// The memory of a client without references, destroyed or not: it leaves nothing in the page's memory, and nothing in the
// module's.

import assert from 'node:assert/strict';
import test from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startChatServer } from '../support/chat-server.mjs';
import { createClient, quick, until } from './shell-kit.mjs';

/** The module's memory; known once a client was made. */
let memory;
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, args) {
    const made = new target(...args);
    // The other module reads the text of this one.
    if (made.exports.driver_tell) memory = made.exports.memory;
    return made;
  },
});

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');

/** Objects that one collection finalizes can be freed by the next one only. */
async function bytes() {
  for (let n = 0; n < 4; n += 1) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return { heap: process.memoryUsage().heapUsed, module: memory.buffer.byteLength };
}

const options = { url: 'http://127.0.0.1:9', auth: {}, logger: null, queue: { storage: 'memory' } };

async function makeAndDestroy(count) {
  for (let n = 0; n < count; n += 1) {
    const made = createClient({ ...options, userId: `u${n}` });
    made.on('news', () => {});
    const sent = made.send('send_message', { text: 'x'.repeat(1000) });
    made.destroy();
    await assert.rejects(sent, { code: 'CLOSED' });
    if (n % 50 === 0) await bytes();
  }
}

test('a thousand clients that were created and destroyed leave no memory behind', async () => {
  await makeAndDestroy(200);
  const before = await bytes();
  await makeAndDestroy(1000);
  const after = await bytes();
  assert.ok(after.heap - before.heap < 2_000_000, `${after.heap - before.heap} bytes more`);
  assert.equal(after.module, before.module);
});

test('clients without references leave no memory behind, whether they were connected or not', async (t) => {
  const server = await startChatServer(t);
  const dropped = [];
  const drop = async (isConnected) => {
    const made = createClient(quick(server.url, { userId: 'u1' }));
    if (isConnected) {
      made.connect();
      await until(() => made.getState().isReady, 'ready');
      made.disconnect();
    }
    dropped.push(new WeakRef(made), new WeakRef(made.socket));
  };
  for (let n = 0; n < 10; n += 1) await drop(n % 2 > 0);
  await until(() => {
    gc();
    return dropped.every((one) => !one.deref());
  }, 'all are collected');
});
