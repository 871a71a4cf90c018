// The quickest bundlers of the matrix (`cargo xtask consumers` tries all): built, opened in a browser, and with messages
// to a real server.

import test from 'node:test';
import { attempt, ROWS } from '../matrix/rows.mjs';

for (const name of ['esbuild', 'rollup', 'webpack']) {
  const row = ROWS.find((one) => one.name === name);
  test(`an app that ${name} builds has each part once, and its messages arrive`, (t) =>
    attempt(t, row));
}
