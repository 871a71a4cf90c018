// The recipes of docs/alias.md for the tools that install quickly. `tests/alias` tests the others.

import { rm } from 'node:fs/promises';
import path from 'node:path';
import test, { before } from 'node:test';
import { addPage, addSources, assertDelivers, follow, PLAIN, serve } from '../alias/kit.mjs';
import { launchBrowser } from '../support/browser.mjs';
import { install, run, startTool } from './consumer.mjs';

const browser = await launchBrowser();
const VITE = 'node_modules/vite/bin/vite.js';

let folder;
before(async () => {
  folder = await install('alias');
  await addSources(folder);
});

/** Builds into an empty folder, and serves the result. */
async function build(t, file, args) {
  const built = path.join(folder, 'dist');
  await rm(built, { recursive: true, force: true });
  await run(folder, file, { args });
  return serve(t, built);
}

test('without the alias a message is lost with its connection', async (t) => {
  await addPage(folder);
  const url = await build(t, VITE, ['build', '--logLevel', 'warn']);
  await assertDelivers(t, browser, url, PLAIN);
});

test('Vite builds an app whose messages arrive', async (t) => {
  await follow(folder, 'vite.config.mjs');
  const url = await build(t, VITE, ['build', '--logLevel', 'warn']);
  await assertDelivers(t, browser, url);
});

test("Vite's dev server and its optimizer serve an app whose messages arrive", async (t) => {
  await follow(folder, 'vite.config.mjs');
  const url = await startTool(t, folder, [VITE, '--host', '127.0.0.1']);
  await assertDelivers(t, browser, url);
});

test('esbuild builds an app whose messages arrive', async (t) => {
  await follow(folder, 'build.mjs');
  await assertDelivers(t, browser, await build(t, 'build.mjs', []));
});

test('Rollup builds an app whose messages arrive', async (t) => {
  await follow(folder, 'rollup.config.mjs');
  const args = ['--config', '--silent', '--failAfterWarnings'];
  await assertDelivers(t, browser, await build(t, 'node_modules/rollup/dist/bin/rollup', args));
});
