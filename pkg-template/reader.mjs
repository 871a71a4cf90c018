// Assembles `reader.wat`, for the build and for tests.

import { readFile } from 'node:fs/promises';
import binaryen from 'binaryen';

/** @returns {Promise<Uint8Array>} the module */
export async function assembleReader() {
  const file = new URL('reader.wat', import.meta.url);
  const module = binaryen.parseText(await readFile(file, 'utf8'));
  if (!module.validate()) throw new Error(`${file.pathname} is no valid module`);
  binaryen.setOptimizeLevel(2);
  binaryen.setShrinkLevel(2);
  module.optimize();
  return module.emitBinary();
}
