// The packed package in an app's Jest with jsdom.

import test from 'node:test';
import { install, run } from './consumer.mjs';

test('an app that tests with Jest and jsdom can load and use the package', async () => {
  const folder = await install('jest');
  // The flag is what Jest asks for to load ES modules; it changes nothing for the others.
  const env = { NODE_OPTIONS: '--experimental-vm-modules --no-warnings' };
  await run(folder, 'node_modules/jest/bin/jest.js', { args: ['--ci', '--runInBand'], env });
});
