// The packed package in an app that uses Jest with jsdom.

import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { playInJest } from '../alias/kit.mjs';
import { install, run } from './consumer.mjs';
import { followGuide } from './guide.mjs';

let folder;
before(async () => {
  folder = await install('jest');
});

test('an app that tests with Jest and jsdom can load and use the package', async () => {
  // Jest needs this flag to load ES modules. It does not affect the other tests.
  const env = { NODE_OPTIONS: '--experimental-vm-modules --no-warnings' };
  await run(folder, 'node_modules/jest/bin/jest.js', { args: ['--ci', '--runInBand'], env });
});

test('the recipe for Jest in docs/alias.md makes socket.io-client deliver', async (t) => {
  await playInJest(t, folder, 'jest.config.cjs');
});

test('the test of docs/guides/testing.md passes in Jest, with its server', async () => {
  assert.equal(await followGuide(folder, 'tests/consumers/jest.test.mjs'), 4);
  const args = ['--ci', '--config', 'jest.config.cjs', 'test/send'];
  await run(folder, 'node_modules/jest/bin/jest.js', { args });
});
