// Assembles `reader.wat`, for the build and the tests.

import { readFile } from 'node:fs/promises';
import binaryen from 'binaryen';

/** @returns {Promise<string>} the module, as base64 */
export async function assembleReader() {
  const file = new URL('reader.wat', import.meta.url);
  const module = binaryen.parseText(await readFile(file, 'utf8'));
  if (!module.validate()) throw new Error(`${file.pathname} is no valid module`);
  binaryen.setOptimizeLevel(2);
  binaryen.setShrinkLevel(2);
  module.optimize();
  return Buffer.from(module.emitBinary()).toString('base64');
}
