/** The module of `holdfast/io` and `holdfast/alias`, without what a client needs that makes its links itself. */

import text from 'holdfast:io-wasm';

/** @type {import('./shell/driver.js').Module} */
export const wasm = { text };
