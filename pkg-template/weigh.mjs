// What the package adds to an app, for the build's budget and the bench.

import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/**
 * What every tool that has to read the package can parse: webpack 5 from its first version, Jest 27
 * and Create React App 5, and every browser that runs the module.
 */
export const SYNTAX = 'es2020';

/** All that `holdfast/socket` adds to an app. @param {string} folder where the package is */
export const weighSocket = (folder) => weigh(folder, 'socket');

/** All that `holdfast/io` adds to an app. @param {string} folder where the package is */
export const weighIo = (folder) => weigh(folder, 'io');

/**
 * What a bundler makes of the file that an app keeps for its socket, without socket.io-client.
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
