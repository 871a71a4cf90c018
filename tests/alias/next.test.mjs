// The recipe of docs/alias.md for Next.js, with each of its bundlers, built and in development mode.

import test, { before } from 'node:test';
import { install, run, startTool } from '../consumers/consumer.mjs';
import { launchBrowser } from '../support/browser.mjs';
import { addSources, assertDelivers, follow } from './kit.mjs';

const NEXT = 'node_modules/next/dist/bin/next';
const HERE = ['-H', '127.0.0.1', '-p', '0'];
const env = { NEXT_TELEMETRY_DISABLED: '1' };

const browser = await launchBrowser();
let folder;
before(async () => {
  folder = await install('../alias/next');
  await addSources(folder);
  await follow(folder, 'next.config.mjs');
});

for (const bundler of ['turbopack', 'webpack']) {
  test(`Next with ${bundler} builds an app whose messages arrive`, async (t) => {
    await run(folder, NEXT, { args: ['build', `--${bundler}`], env, timeoutMs: 300_000 });
    await assertDelivers(t, browser, await startTool(t, folder, [NEXT, 'start', ...HERE]));
  });

  test(`Next with ${bundler} serves an app in development mode whose messages arrive`, async (t) => {
    const url = await startTool(t, folder, [NEXT, 'dev', `--${bundler}`, ...HERE]);
    await assertDelivers(t, browser, url);
  });
}
