// The Vitest half of docs/guides/testing.md, as it stands there.

import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { install, run } from './consumer.mjs';
import { followGuide } from './guide.mjs';

let folder;
before(async () => {
  folder = await install('testing');
});

test("the guide's tests with Vitest pass, with a fake and with a server", async () => {
  assert.equal(await followGuide(folder, 'tests/consumers/testing.test.mjs'), 5);
  await run(folder, 'node_modules/vitest/vitest.mjs', { args: ['run'] });
});
