// An example, copied out of this repository and started by its one command, and the story that each must survive.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { atEnd } from '../support/at-end.mjs';
import { launchBrowserFor, openPage } from '../support/browser.mjs';
import { stored } from '../support/kept.mjs';
import { pkg, root } from '../support/paths.mjs';
import { accepts, freePort } from '../support/process.mjs';
import { until } from '../support/until.mjs';

const execute = promisify(execFile);

/** Cargo compiles the server at its first start. */
const START_MS = 180_000;
const INSTALL_MS = 300_000;

/**
 * Starts an example by `npm install && npm start` and plays this in its page: a message is delivered; the server is
 * killed while a second one is on its way; a third one is written while no server is there; the page is reloaded; the
 * server comes back. Afterwards the page and a page of another user show each of the three once, in order.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} name a folder of `examples/`
 * @param {Record<string, string>} [env]
 */
export async function survives(t, name, env) {
  const example = await startExample(t, name, env);
  const browser = await launchBrowserFor({ after: (end) => atEnd(t, end) });
  const open = (user) => openPage(t, browser, `${example.url}/?user=${user}`);
  const page = await open('anna');

  await send(page, 'one');
  await shows(page, ['one delivered']);

  await send(page, 'two');
  await example.killServer();
  await send(page, 'three');
  await showsWaiting(page, 'three');
  await until(
    async () => JSON.stringify(await stored(page, 'segments')).includes('three'),
    'the third message is on disk',
  );

  await page.reload();
  await showsWaiting(page, 'three');
  await example.startServer();

  const ALL = ['one delivered', 'two delivered', 'three delivered'];
  await shows(page, ALL);
  await shows(await open('ben'), ALL);
  // A reload shows what the server has, and nothing waits any more.
  await page.reload();
  await shows(page, ALL);
}

/** Writes a message as a user does. */
async function send(page, text) {
  await page.fill('input[name=text]', text);
  await page.click('button[type=submit]');
}

/** Waits until the list is exactly this: the text and the status of each message. */
function shows(page, expected) {
  return until(
    async () => isDeepStrictEqual(await rows(page), expected),
    async () => `the page shows ${expected}; it shows ${await rows(page)}`,
    30_000,
  );
}

/** Waits until the list has a waiting message. What the server has may be in it or not. */
function showsWaiting(page, text) {
  return until(
    async () => (await rows(page)).filter((row) => row === `${text} waiting`).length === 1,
    async () => `the page shows that ${text} waits; it shows ${await rows(page)}`,
    30_000,
  );
}

const rows = (page) =>
  page.$$eval('li', (all) =>
    all.map((row) =>
      ['span', 'small'].map((part) => row.querySelector(part).textContent).join(' '),
    ),
  );

/** @returns {Promise<{ url: string, killServer: () => Promise<void>, startServer: () => Promise<void> }>} */
async function startExample(t, name, env) {
  const folder = await copyOf(t, name);
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const settings = {
    ...environment(),
    ...env,
    NO_COLOR: '1',
    // What npm has downloaded before is what the lock file names.
    npm_config_prefer_offline: 'true',
    // The page's port, where it is not Vite that looks for a free one.
    PORT: String(await freePort()),
    SERVER_PORT: String(port),
    VITE_SERVER_URL: url,
    NEXT_PUBLIC_SERVER_URL: url,
  };

  const lockFile = path.join(folder, 'package-lock.json');
  const lock = await readFile(lockFile, 'utf8');
  await execute('npm', ['install', '--no-audit', '--no-fund'], {
    cwd: folder,
    env: settings,
    timeout: INSTALL_MS,
  });
  assert.equal(await readFile(lockFile, 'utf8'), lock, `the lock file of ${name} is not current`);

  let printed = '';
  const start = (...args) => {
    spawnGroup(t, args, folder, settings, (text) => {
      printed += text;
    });
  };
  const found = (pattern, what) =>
    until(
      () => pattern.exec(printed)?.[1],
      () => `${name} prints ${what}; it printed ${printed}`,
      START_MS,
    );
  const untilListening = () =>
    until(
      () => accepts(port),
      () => `the server of ${name} listens; it printed ${printed}`,
      START_MS,
    );

  start('start');
  const page = await found(/Local:\s+(http:\/\/localhost:\d+)/, 'the address of its page');
  await untilListening();
  // Next compiles a page when it is first asked for it.
  await until(async () => (await fetch(page)).ok, `${name} serves its page`, START_MS);

  return {
    url: page,
    async killServer() {
      process.kill(Number(await found(/kill -9 (\d+)/, 'how its server is stopped')), 'SIGKILL');
      await until(async () => !(await accepts(port)), `the server of ${name} is gone`);
    },
    async startServer() {
      start('run', 'server');
      await untilListening();
    },
  };
}

/** The example beside the package and the crate, as in the repository, but where nothing of that is found by accident. */
async function copyOf(t, name) {
  const tree = await mkdtemp(path.join(tmpdir(), `holdfast-example-`));
  atEnd(t, () => rm(tree, { recursive: true, force: true, maxRetries: 3 }));
  const folder = path.join(tree, 'examples', name);
  await cp(path.join(root, 'examples', name), folder, {
    recursive: true,
    filter: (file) =>
      !/^(node_modules|target|\.venv|\.next|messages\..*)$/.test(path.basename(file)),
  });
  await cp(pkg, path.join(tree, 'pkg'), { recursive: true });
  await symlink(path.join(root, 'server-rs'), path.join(tree, 'server-rs'), 'dir');
  return folder;
}

/** Starts npm and all that it starts, which end together when the test is over. */
function spawnGroup(t, args, cwd, env, read) {
  const child = spawn('npm', args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const gone = new Promise((resolve) => child.once('close', resolve));
  const kill = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nothing of it runs any more.
    }
  };
  process.once('exit', kill);
  atEnd(t, async () => {
    process.off('exit', kill);
    kill();
    await gone;
  });
  child.stdout.setEncoding('utf8').on('data', read);
  child.stderr.setEncoding('utf8').on('data', read);
}

/** What the runner of this test tells its children is not for the example. */
function environment() {
  const { NODE_TEST_CONTEXT: _, FORCE_COLOR: __, ...own } = process.env;
  return own;
}
