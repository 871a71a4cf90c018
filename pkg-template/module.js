/** The module of `holdfast` and `holdfast/socket`: all of the engine. */

import text from 'holdfast:wasm';

/** @type {import('./shell/driver.js').Module} */
export const wasm = { text };
