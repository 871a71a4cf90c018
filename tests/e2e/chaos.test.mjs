// A short run of the proving ground (tests/chaos), with one fault of each kind.

import assert from 'node:assert/strict';
import test from 'node:test';
import { runChaos } from '../chaos/run.mjs';

test('every kind of fault, and nothing is lost, doubled, out of order or left', async (t) => {
  const plan = { seed: 7, messages: 300, faults: 17, tabs: 1, reloads: 0 };
  const { figures, violations, trace, seconds } = await runChaos(t, plan);
  t.diagnostic(`${JSON.stringify(figures)} in ${seconds.all.toFixed(1)} s`);
  assert.deepEqual(violations, [], trace.join('\n'));
  assert.ok(figures['told delivered'] > 200, 'hardly anything was sent: the run proved nothing');
});
