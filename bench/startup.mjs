// The cost of importing `holdfast/socket` and of its first call, which creates the engine, compared with importing
// socket.io-client. Each measurement uses a new page and minified code, as in an app. The code is already in the page, so no
// network is measured.

import { build } from 'esbuild';
import { pkg, root } from '../tests/support/paths.mjs';
import { startBrowser } from './browser.mjs';
import { rotated, spread } from './statistics.mjs';

const WARM_UP = 2;
const SCRIPTS = {
  client: "import { io } from 'socket.io-client'; window.io = io;",
  clientCalled: `import { io } from 'socket.io-client';
    window.io = io;
    io('http://fake.invalid', { autoConnect: false });`,
  imported: `import { io } from 'socket.io-client';
    import { configureSocket } from 'holdfast/socket';
    window.io = io;
    window.configureSocket = configureSocket;`,
  both: `import { io } from 'socket.io-client';
    import { configureSocket } from 'holdfast/socket';
    window.io = io;
    configureSocket({ url: 'http://fake.invalid', auth: {}, onForceLogout() {} });`,
};

/**
 * @param {Parameters<typeof startBrowser>[0]} t
 * @param {{ rounds: number }} plan
 * @returns {Promise<{ ratio: import('./statistics.mjs').Spread,
 *   ms: Record<'client' | 'clientCall' | 'import' | 'call', import('./statistics.mjs').Spread> }>} what Holdfast
 *   adds, of what importing socket.io-client costs; and what each step takes: importing socket.io-client, its
 *   own first call, importing Holdfast beside it, and Holdfast's first call, which has socket.io-client's in it
 */
export async function runStartup(t, { rounds }) {
  const browser = await startBrowser(t);
  const codes = {};
  for (const [name, code] of Object.entries(SCRIPTS)) codes[name] = await minified(code);
  const pairs = [];
  for (let round = 0; round < rounds + WARM_UP; round += 1) {
    const times = {};
    for (const name of rotated(Object.keys(SCRIPTS), round)) {
      const page = await browser.open();
      await page.evaluate(settle);
      // The text differs each time, so that no compiled code is reused.
      times[name] = await page.evaluate(execute, `${codes[name]}\n// ${round}`);
      await page.context().close();
    }
    if (round >= WARM_UP) pairs.push(times);
  }
  return {
    ratio: spread(pairs.map(({ client, both }) => (both - client) / client)),
    ms: {
      client: spread(pairs.map(({ client }) => client)),
      clientCall: spread(pairs.map(({ client, clientCalled }) => clientCalled - client)),
      import: spread(pairs.map(({ client, imported }) => imported - client)),
      call: spread(pairs.map(({ imported, both }) => both - imported)),
    },
  };
}

/** Runs in the page: waits until the browser has finished its work for opening a page, in other processes too. */
const settle = () =>
  new Promise((resolve) => setTimeout(() => requestIdleCallback(() => resolve()), 300));

/** Runs in the page: executes a script as a page does, including its compilation. */
function execute(code) {
  const script = document.createElement('script');
  script.textContent = code;
  const started = performance.now();
  document.head.append(script);
  const ms = performance.now() - started;
  if (!window.io) throw new Error('the script failed');
  return ms;
}

async function minified(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    minify: true,
    write: false,
    logLevel: 'warning',
    alias: { 'holdfast/socket': `${pkg}/esm/socket.mjs` },
  });
  return outputFiles[0].text;
}
