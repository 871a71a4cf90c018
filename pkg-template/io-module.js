/** The wasm module of `holdfast/io` and `holdfast/alias`: the engine for followed Sockets only. */

import text from 'holdfast:io-wasm';

/** @type {import('./shell/driver.js').Module} */
export const wasm = { text };
