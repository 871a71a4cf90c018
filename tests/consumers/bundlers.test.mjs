// The fastest bundlers of the matrix (`cargo xtask consumers` runs all). The app is built, opened in a browser, and sends
// messages to a real server.

import test from 'node:test';
import { attempt, ROWS } from '../matrix/rows.mjs';

for (const name of ['esbuild', 'rollup', 'webpack']) {
  const row = ROWS.find((one) => one.name === name);
  test(`an app that ${name} builds contains each part once, and its messages arrive`, (t) =>
    attempt(t, row));
}
