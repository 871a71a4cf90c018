// The memory that the deduplicator of holdfast/server keeps for the messages that it has seen.

import assert from 'node:assert/strict';
import test from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createDeduplicator } from '../../pkg/esm/server.mjs';
import { deferred } from '../support/until.mjs';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');

/** A text of 500 KB of its own. */
const long = (n) => JSON.parse(`"${String(n).padEnd(500_000, 'x')}"`);

function heapBytes() {
  gc();
  return process.memoryUsage().heapUsed;
}

test('a stored answer that quotes its message keeps only the quotation in memory', async () => {
  const once = createDeduplicator({ userId: () => 'ann' });
  const listener = once({ id: 's' }, ({ text }) => ({ success: true, preview: text.slice(0, 40) }));
  const before = heapBytes();
  for (let n = 0; n < 100; n += 1) {
    await new Promise((resolve) => listener({ _tempId: `n${n}`, text: long(n) }, resolve));
  }
  assert.ok(heapBytes() - before < 10_000_000, `${heapBytes() - before} bytes for 100 of 500 KB`);
});

test('waiting repeats keep none of their payload in memory', async () => {
  const gate = deferred();
  const once = createDeduplicator({ userId: () => 'ann' });
  const listener = once({ id: 's' }, () => gate.promise);
  const before = heapBytes();
  let answered = 0;
  const count = () => {
    answered += 1;
  };
  for (let n = 0; n < 100; n += 1) listener({ _tempId: 'a', text: long(0) }, count);
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(heapBytes() - before < 10_000_000, `${heapBytes() - before} bytes for 100 of 500 KB`);
  gate.resolve({ success: true });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(answered, 100);
});
