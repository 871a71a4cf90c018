// The recipe of docs/alias.md for webpack, which also works for Rspack.

import path from 'node:path';
import test from 'node:test';
import { install, run } from '../consumers/consumer.mjs';
import { launchBrowser } from '../support/browser.mjs';
import { addSources, assertDelivers, follow, serve } from './kit.mjs';

const browser = await launchBrowser();

const TOOLS = {
  webpack: ['node_modules/webpack/bin/webpack.js'],
  rspack: ['node_modules/@rspack/cli/bin/rspack.js', 'build'],
};

for (const [name, [file, ...command]] of Object.entries(TOOLS)) {
  test(`${name} builds an app whose messages arrive`, async (t) => {
    const folder = await install(`../alias/${name}`);
    await addSources(folder);
    await follow(folder, 'webpack.config.mjs', `${name}.config.mjs`);
    for (const mode of ['production', 'development']) {
      const args = [...command, '--mode', mode, '--entry', './src/main.js'];
      await run(folder, file, { args });
      await assertDelivers(t, browser, await serve(t, path.join(folder, 'dist')));
    }
  });
}
