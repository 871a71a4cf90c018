// For `node --import`: disables WebAssembly in this process and loads the engine's JavaScript build.

import { pathToFileURL } from 'node:url';
import { pkg } from './paths.mjs';

WebAssembly.Module = class {
  constructor() {
    throw new WebAssembly.CompileError('unsafe-eval is not allowed');
  }
};
await import(pathToFileURL(`${pkg}/esm/without-wasm.mjs`).href);
