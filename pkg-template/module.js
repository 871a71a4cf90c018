/** The wasm module of `holdfast` and `holdfast/socket`: the whole engine. */

import text from 'holdfast:wasm';

/** @type {import('./shell/driver.js').Module} */
export const wasm = { text };
