// The consumers: how each is built or run. The folder with its name has its dependencies.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { installFrom } from '../consumers/consumer.mjs';
import { ALL, ALL_OF_SERVER, bundled, compiled, fastRefresh, ofNext, ran } from './kinds.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {string} [app] the folder next to this file, if its name differs from the row's
 * @property {string} tool the package whose version the table shows
 * @property {(t: import('./kinds.mjs').T, folder: string) => Promise<void>} attempt fails if something is wrong
 */

const IN_BOTH = { jsdom: ALL, node: ALL_OF_SERVER };
const jest = ran(['exercise.test.cjs'], IN_BOTH);
const node = ran(['import.mjs', 'require.cjs'], { import: ALL_OF_SERVER, require: ALL_OF_SERVER });

/** The ways of TypeScript to resolve modules, but for node10, and a `module` that each goes with. */
const NEWER = { node16: 'node16', nodenext: 'nodenext', bundler: 'esnext' };

/**
 * webpack replaces an optional dependency of `ws` by an empty module. `ws` then throws for each frame of 48 bytes or more,
 * which engine.io-client ignores: plain socket.io-client loses what a server component sends.
 */
const WS = { WS_NO_BUFFER_UTIL: '1' };

/** @type {Row[]} */
export const ROWS = [
  { name: 'vite', tool: 'vite', attempt: bundled() },
  { name: 'fast-refresh', tool: '@vitejs/plugin-react', attempt: fastRefresh },
  { name: 'webpack', tool: 'webpack', attempt: bundled({ script: 'main.js' }) },
  { name: 'create-react-app', tool: 'react-scripts', attempt: bundled({ output: 'build' }) },
  { name: 'next-turbopack', app: 'next', tool: 'next', attempt: ofNext('turbopack') },
  { name: 'next-webpack', app: 'next', tool: 'next', attempt: ofNext('webpack', WS) },
  { name: 'parcel', tool: 'parcel', attempt: bundled() },
  { name: 'esbuild', tool: 'esbuild', attempt: bundled({ script: 'index.js' }) },
  { name: 'rollup', tool: 'rollup', attempt: bundled({ script: 'index.js' }) },
  { name: 'rspack', tool: '@rspack/core', attempt: bundled({ script: 'main.js' }) },
  { name: 'jest-27', tool: 'jest', attempt: jest },
  { name: 'jest-30', tool: 'jest', attempt: jest },
  { name: 'vitest', tool: 'vitest', attempt: ran(['exercise.test.mjs'], IN_BOTH) },
  { name: 'node-20', tool: 'node', attempt: node },
  { name: 'node-22', tool: 'node', attempt: node },
  { name: 'node-24', tool: 'node', attempt: node },
  { name: 'typescript-5', tool: 'typescript', attempt: compiled({ node10: 'commonjs', ...NEWER }) },
  {
    name: 'typescript-6',
    tool: 'typescript',
    // TypeScript 6 warns about node10, which TypeScript 7 no longer has.
    attempt: compiled({ node10: 'commonjs', ...NEWER }, ['--ignoreDeprecations', '6.0']),
  },
  { name: 'typescript-7', tool: 'typescript', attempt: compiled(NEWER) },
];

/** The version of a row's tool, as its package.json pins it. @param {Row} row */
export async function versionOf({ name, app = name, tool }) {
  const manifest = JSON.parse(await readFile(path.join(here, app, 'package.json'), 'utf8'));
  return { ...manifest.dependencies, ...manifest.devDependencies }[tool];
}

/** Installs a row's app and tries it. @param {import('./kinds.mjs').T} t @param {Row} row */
export async function attempt(t, row) {
  await row.attempt(t, await installFrom(path.join(here, row.app ?? row.name)));
}
