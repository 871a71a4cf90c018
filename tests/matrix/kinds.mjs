// How a row of the matrix is tested, by the kind of its consumer.

import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { encode } from '../../pkg-template/wasm-text.js';
import { run, runScript, startScript } from '../consumers/consumer.mjs';
import { launchBrowserFor, openPage } from '../support/browser.mjs';
import { until } from '../support/until.mjs';
import { startServer } from './server.mjs';
import { EXPECTED } from './shared/exercise.mjs';

const shared = fileURLToPath(new URL('shared/', import.meta.url));

/** @typedef {{ after: (end: () => unknown) => void }} T */

/**
 * An app that a bundler builds from `src/index.js` with the script `build`, opened in a browser.
 *
 * @param {object} [how]
 * @param {string} [how.output] the folder that the bundler leaves
 * @param {string} [how.script] the page's script, where the bundler leaves no page
 */
export const bundled =
  ({ output = 'dist', script } = {}) =>
  async (t, folder) => {
    const source = path.join(folder, 'src');
    await mkdir(source, { recursive: true });
    for (const name of ['index.js', 'exercise.mjs']) {
      await cp(path.join(shared, name), path.join(source, name));
    }
    const page = await readFile(path.join(shared, 'index.html'), 'utf8');
    await writeFile(path.join(folder, 'index.html'), page);
    await runScript(folder, 'build', { timeoutMs: BUILD_MS });

    const destination = path.join(folder, output);
    if (script) {
      const own = page.replace('./src/index.js', `./${script}`);
      await writeFile(path.join(destination, 'index.html'), own);
    }
    await hasEachOnce(destination);
    const server = await startServer(t, destination);
    await openAndCompare(t, server, server.url);
  };

/** Next takes half a minute for a build where the machine has nothing else to do. */
const BUILD_MS = 300_000;

/**
 * An app in TypeScript, compiled with each module resolution of its compiler, and run in Node.
 *
 * @param {Record<string, string>} modules the option `module` for each `moduleResolution`
 * @param {string[]} [more] options of the compiler
 */
export const compiled =
  (modules, more = []) =>
  async (t, folder) => {
    await cp(path.join(shared, 'app.tsx'), path.join(folder, 'app.tsx'));
    const begin = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];
    const common = [...begin, ...COMPILER, ...more, 'app.tsx'];
    for (const [resolution, module] of Object.entries(modules)) {
      const out = path.join(folder, resolution);
      const how = ['--moduleResolution', resolution, '--module', module, '--outDir', out];
      await run(folder, 'node_modules/typescript/bin/tsc', { args: [...how, ...common] });
      const isModule = module === 'esnext';
      await writeFile(
        path.join(out, 'package.json'),
        JSON.stringify({ type: isModule ? 'module' : 'commonjs' }),
      );
      const server = await startServer(t);
      await run(folder, path.join(resolution, 'app.js'), { env: { HOLDFAST_SERVER: server.url } });
      assert.deepEqual(server.came, ALL_OF_SERVER, resolution);
    }
  };

const COMPILER = ['--target', 'es2022', '--jsx', 'react-jsx', '--types', 'node,react'];

/**
 * An app of Next with its two bundlers: a built page in which a server component renders the provider; a server component
 * that sends at each request; and a route of the edge runtime that sends.
 *
 * @param {string} script of the app, which builds it
 * @param {Record<string, string>} [startEnv] what the app is started with
 */
export const ofNext = (script, startEnv) => async (t, folder) => {
  await cp(path.join(shared, 'exercise.mjs'), path.join(folder, 'exercise.mjs'));
  const env = { NEXT_TELEMETRY_DISABLED: '1' };
  await runScript(folder, script, { env, timeoutMs: BUILD_MS });
  await hasEachOnce(path.join(folder, '.next/static'));
  const made = await readFile(path.join(folder, '.next/server/app/index.html'), 'utf8');
  assert.match(made, /made by the build: function/);
  assert.match(made, /<p id="phase">idle<\/p>/);

  const app = await startScript(t, folder, 'start', { ...env, ...startEnv });
  const server = await startServer(t);
  await openAndCompare(t, server, `${app}/?server=${server.url}`);
  for (const [name, read] of [
    ['sent', textOfResult],
    ['edge', (text) => text],
  ]) {
    const { url, came } = await startServer(t);
    const response = await fetch(`${app}/${name}?server=${url}`);
    const text = await response.text();
    const { react: _, ...expected } = EXPECTED;
    assert.equal(response.status, 200, text);
    assert.deepEqual(JSON.parse(read(text)), expected, name);
    assert.deepEqual(came, ALL_OF_SERVER, name);
  }
};

const textOfResult = (html) => {
  const [, text] = /<pre id="result">(.*?)<\/pre>/.exec(html);
  return text.replaceAll('&quot;', '"');
};

/**
 * Components that are edited while the page is open: their lists keep the sent messages, and the connections stay. One app
 * uses the configured client, and one next to it has its own client.
 */
export const fastRefresh = async (t, folder) => {
  const server = await startServer(t);
  const app = await startScript(t, folder, 'start');
  const page = await openPage(t, await launchBrowserFor(t), `${app}/?server=${server.url}`);
  const shows = (selector, text) =>
    page.waitForFunction(
      ([where, what]) => document.querySelector(where)?.textContent === what,
      [selector, text],
    );
  const listsAre = async (chat, ofClient) => {
    await shows('#chat p', chat);
    await shows('#of-client p', ofClient);
  };
  await page.evaluate(() => {
    window.isThisPage = true;
  });
  await page.click('#chat button');
  await page.click('#of-client button');
  await listsAre('chat 0: sent', 'client 0: sent');
  assert.equal(server.links(), 2);

  for (const [name, selector] of [
    ['Chat', '#chat h2'],
    ['OfClient', '#of-client h2'],
    ['App', 'h1'],
  ]) {
    const file = path.join(folder, `src/${name}.jsx`);
    const text = await readFile(file, 'utf8');
    // Saved repeatedly until the server notices, because nothing shows when it has begun to watch the files. Written at once, so
    // that it never reads half of the file.
    const save = async () => {
      await writeFile(`${file}.new`, text.replace(`${name} 1`, `${name} 2`));
      await rename(`${file}.new`, file);
    };
    const isShown = async () => (await page.textContent(selector)) === `${name} 2`;
    const saved = async () => {
      await save();
      return isShown();
    };
    await until(saved, `${name} is edited in the page`, EDIT_MS, SAVE_EVERY_MS);
    await listsAre('chat 0: sent', 'client 0: sent');
  }
  await page.click('#chat button');
  await page.click('#of-client button');
  await listsAre('chat 0: sent,chat 1: sent', 'client 0: sent,client 1: sent');
  assert.equal(await page.evaluate(() => window.isThisPage), true, 'the page was not reloaded');
  assert.equal(server.links(), 2, 'connections that were made');
};

const EDIT_MS = 60_000;
const SAVE_EVERY_MS = 1000;

/** Opens a page that runs `exercise` and shows what it answers. */
export async function openAndCompare(t, server, url) {
  const page = await openPage(t, await launchBrowserFor(t), url);
  const shown = page.waitForFunction(
    () => document.querySelector('#result')?.textContent || undefined,
  );
  const text = await shown
    .then((handle) => handle.jsonValue())
    .catch((error) => {
      throw new Error(`${error.message}\n${JSON.stringify(page.problems)}\ncame: ${server.came}`);
    });
  assert.deepEqual(JSON.parse(text), EXPECTED);
  assert.deepEqual(server.came, ALL);
  return page;
}

/**
 * An app whose own scripts send, to the server with the URL `HOLDFAST_SERVER`.
 *
 * @param {string[]} sources of `shared/`
 * @param {Record<string, string[]>} scripts by name, the messages that the server gets from each
 */
export const ran = (sources, scripts) => async (t, folder) => {
  await writeExercise(folder);
  for (const name of sources) {
    // Jest finds no tests in files that end with `.cjs`.
    const own = name.replace('.test.cjs', '.test.js');
    await cp(path.join(shared, name), path.join(folder, own));
  }
  for (const [script, came] of Object.entries(scripts)) {
    const server = await startServer(t);
    await runScript(folder, script, { env: { HOLDFAST_SERVER: server.url } });
    assert.deepEqual(server.came, came, script);
  }
};

/** The same lines for apps that import and for apps that require. */
async function writeExercise(folder) {
  const text = await readFile(path.join(shared, 'exercise.mjs'), 'utf8');
  await writeFile(path.join(folder, 'exercise.mjs'), text);
  const { code } = await transform(text, { format: 'cjs', target: 'es2020' });
  await writeFile(path.join(folder, 'exercise.cjs'), code);
}

/** The messages of one whole `exercise`, in order. */
export const ALL = [EXPECTED.send.messageId, 'by sendMessage', EXPECTED.emit, EXPECTED.react];

/** Those of an `exercise` that mounts nothing. */
export const ALL_OF_SERVER = ALL.filter((text) => text !== EXPECTED.react);

/** Fails unless what a bundler left has each module, that of clients and that of `io`, and socket.io-client once. */
export async function hasEachOnce(directory) {
  const names = await readdir(directory, { recursive: true });
  const scripts = names.filter((name) => /\.m?js$/.test(name));
  const texts = await Promise.all(
    scripts.map((name) => readFile(path.join(directory, name), 'utf8')),
  );
  const app = texts.join('\n');
  const modules = app.split(MARKS.wasm).slice(1);
  assert.equal(modules.length, 2, 'modules in the bundle');
  assert.notEqual(...modules.map((text) => text.slice(0, 1_000)), 'each of the two');
  assert.equal(app.split(MARKS.decoder).length - 1, 1, 'copies of socket.io-client');
}

const MARKS = {
  /** How any wasm begins, as the package writes it: the magic number and the version. */
  wasm: encode(Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00)),
  /** Words of socket.io's decoder that no minifier may change. */
  decoder: 'got plaintext data when reconstructing a packet',
};
