// Short runs of the chaos test (tests/chaos), with one fault of each kind.

import assert from 'node:assert/strict';
import test from 'node:test';
import { runBoth } from '../chaos/both/run.mjs';
import { runChaos } from '../chaos/run.mjs';

test('with every kind of fault, no message is lost, duplicated, out of order or left behind', async (t) => {
  const plan = { seed: 7, messages: 300, faults: 17, tabs: 1, reloads: 0 };
  const { figures, violations, trace, seconds } = await runChaos(t, plan);
  t.diagnostic(`${JSON.stringify(figures)} in ${seconds.all.toFixed(1)} s`);
  assert.deepEqual(violations, [], trace.join('\n'));
  assert.ok(figures['told delivered'] > 200, 'hardly anything was sent: the run proved nothing');
});

test('with every kind of fault, the page receives each published item once and in order', async (t) => {
  const plan = { seed: 7, messages: 300, faults: 14, reloads: 0 };
  const { rows, violations, trace, seconds } = await runBoth(t, plan);
  t.diagnostic(`${JSON.stringify(rows)} in ${seconds.all.toFixed(1)} s`);
  assert.deepEqual(violations, [], trace.join('\n'));
  const [, plain] = rows;
  assert.ok(plain.missed > 0, 'plain Socket.IO missed nothing: the run proved nothing');
});
