// For `node --import`: WebAssembly cannot run in this process, and the engine is the one in JavaScript.

import { pathToFileURL } from 'node:url';
import { pkg } from './paths.mjs';

WebAssembly.Module = class {
  constructor() {
    throw new WebAssembly.CompileError('unsafe-eval is not allowed');
  }
};
await import(pathToFileURL(`${pkg}/esm/without-wasm.mjs`).href);
