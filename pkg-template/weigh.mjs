// Measures what the package adds to an app, for the build's budgets and the bench.

import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/**
 * The syntax that ships: webpack 5 from its first version, Jest 27, Create React App 5, and every browser that runs
 * WebAssembly can parse it.
 */
export const SYNTAX = 'es2020';

/** All that `holdfast/socket` adds to an app. @param {string} folder of the package */
export const weighSocket = (folder) => weigh(folder, 'socket');

/** All that `holdfast/io` adds to an app. @param {string} folder of the package */
export const weighIo = (folder) => weigh(folder, 'io');

/**
 * Bundles an app's file that re-exports an entry, without socket.io-client.
 *
 * @param {string} folder
 * @param {string} entry
 * @returns {Promise<{ raw: number, gzipped: number }>} bytes, minified
 */
async function weigh(folder, entry) {
  const { outputFiles } = await build({
    stdin: {
      contents: `export * from 'holdfast/${entry}'; export { default } from 'holdfast/${entry}';`,
      resolveDir: folder,
    },
    alias: { [`holdfast/${entry}`]: path.join(folder, `esm/${entry}.mjs`) },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: SYNTAX,
    minify: true,
    external: ['socket.io-client'],
    write: false,
    logLevel: 'warning',
  });
  const { contents } = outputFiles[0];
  return { raw: contents.length, gzipped: compressed(contents) };
}

/** @param {Uint8Array} bytes */
export const compressed = (bytes) => gzipSync(bytes, { level: 9 }).length;
