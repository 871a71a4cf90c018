// The documented options are those of the code, and docs/options.md is what its generator writes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { disagreements, markdown, page } from '../../docs/generate.mjs';
import { entries, undocumented } from '../../docs/types.mjs';

test('every option has a doc comment, with the default that the code has', () => {
  assert.deepEqual(disagreements(), []);
});

test('every export of every entry has a doc comment', () => {
  for (const entry of entries()) assert.deepEqual(undocumented(entry), [], `${entry}.d.ts`);
});

test('docs/options.md is what its generator writes', () => {
  assert.equal(readFileSync(page, 'utf8'), markdown(), 'run `node docs/generate.mjs`');
});
