/** The wasm module of `holdfast/io` and `holdfast/alias`: the engine without what only a client with its own links needs. */

import text from 'holdfast:io-wasm';

/** @type {import('./shell/driver.js').Module} */
export const wasm = { text };
