// Measures what recording costs: 10,000 messages at once on loopback, by a client that is recorded and by one that is not.

import { build } from 'esbuild';
import { pkg, root } from '../tests/support/paths.mjs';
import { runInPlainBrowser } from '../tests/support/plain-browser.mjs';
import { startServer } from './network.mjs';
import { spread } from './statistics.mjs';

const MESSAGES = 10_000;
const DEADLINE_MS = 600_000;

/**
 * @param {{ after: (end: () => unknown) => void }} t ends the server and the browser
 * @param {{ rounds: number }} plan
 * @returns {Promise<{ throughput: import('./statistics.mjs').Spread }>} the recorded client's throughput, relative to the other's
 */
export async function runRecording(t, { rounds }) {
  const bundles = await Promise.all([bundle(false), bundle(true)]);
  const plan = { url: `http://127.0.0.1:${await startServer(t)}`, rounds, messages: MESSAGES };
  const flags = ['--js-flags=--expose-gc'];
  const times = await runInPlainBrowser(t, bundles.join('\n'), plan, DEADLINE_MS, flags);
  return { throughput: spread(times.map(([plain, recorded]) => plain / recorded)) };
}

/** Bundles the page with its own copy of the package. @param {boolean} isRecorded */
async function bundle(isRecorded) {
  const { outputFiles } = await build({
    entryPoints: [`${root}bench/recording-page.mjs`],
    bundle: true,
    format: 'iife',
    target: 'es2022',
    write: false,
    logLevel: 'warning',
    alias: {
      holdfast: `${pkg}/esm/index.mjs`,
      'holdfast/inspector': isRecorded
        ? `${pkg}/esm/inspector.mjs`
        : `${root}bench/not-recorded.mjs`,
    },
  });
  return outputFiles[0].text;
}
