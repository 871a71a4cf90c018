// Apps that install the package as it would be published: packed, and outside of this repository, so
// that nothing is found that a user would not have.

import { execFile, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { atEnd } from '../support/at-end.mjs';
import { pkg } from '../support/paths.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const start = promisify(execFile);

/**
 * Copies the app `name` to a folder of its own and installs it there, with the package.
 *
 * @param {string} name a folder beside this file, or in one
 */
export async function install(name) {
  const folder = await installFrom(path.join(here, name));

  // The same checks for apps that import and for apps that require.
  const checks = await readFile(path.join(here, 'checks.mjs'), 'utf8');
  await writeFile(path.join(folder, 'checks.mjs'), checks);
  const { code } = await transform(checks, { format: 'cjs' });
  await writeFile(path.join(folder, 'checks.cjs'), code);
  return folder;
}

/**
 * Copies an app to a folder of its own and installs it there, with the package.
 *
 * @param {string} source a folder with a package.json and its lock file
 */
export async function installFrom(source) {
  const folder = await temporary(path.basename(source));
  const { file } = await pack();
  await cp(source, folder, { recursive: true, filter: isSource });
  await npm(folder, 'ci');
  await npm(folder, 'install', '--no-save', '--no-package-lock', file);
  return folder;
}

/** Packs `pkg/`: the tarball, and the names of what is in it. */
export async function pack() {
  const folder = await temporary('pack');
  const { stdout } = await npm(pkg, 'pack', '--json', '--pack-destination', folder);
  // An array up to npm 11, from 12 on an object with a member for each package.
  const [{ filename, files }] = Object.values(JSON.parse(stdout));
  return { file: path.join(folder, filename), names: files.map((entry) => entry.path) };
}

/**
 * Runs a program of the app to its end. A failure, or no end in time, carries all that it printed.
 *
 * @param {string} folder
 * @param {string} file relative to the app
 * @param {{ args?: string[], env?: Record<string, string>, timeoutMs?: number }} [options]
 */
export function run(folder, file, { args = [], ...options } = {}) {
  return execute(process.execPath, [path.join(folder, file), ...args], folder, options);
}

/**
 * Runs a script of the app's package.json to its end.
 *
 * @param {string} folder
 * @param {string} name
 * @param {{ env?: Record<string, string>, timeoutMs?: number }} [options]
 */
export function runScript(folder, name, options) {
  return execute(NPM, ['run', name, '--silent'], folder, options);
}

/**
 * Starts a script of the app's package.json, which runs until the test is over.
 *
 * @param {{ after: (end: () => unknown) => void }} t
 * @param {string} folder
 * @param {string} name
 * @param {Record<string, string>} [env]
 * @returns {Promise<string>} the address that it prints, without a slash at its end
 */
export function startScript(t, folder, name, env) {
  return startServing(t, folder, NPM, ['run', name, '--silent'], env);
}

/**
 * The same for a program of the app.
 *
 * @param {string[]} args for Node
 */
export function startTool(t, folder, args) {
  return startServing(t, folder, process.execPath, args);
}

async function startServing(t, folder, program, args, env = {}) {
  // A group of its own: npm starts a shell, and that the program. Without colors: where `CI` is set some of them print
  // colors into a pipe too, in the middle of the address.
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...environment(), NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const gone = new Promise((resolve) => child.once('close', resolve));
  const kill = () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGKILL');
  };
  process.once('exit', kill);
  atEnd(t, async () => {
    process.off('exit', kill);
    kill();
    await gone;
  });
  let printed = '';
  return new Promise((resolve, reject) => {
    const fail = (reason) =>
      reject(new Error(`${[program, ...args].join(' ')} ${reason}\n${printed}`));
    const late = setTimeout(fail, START_MS, `printed no address within ${START_MS} ms`);
    gone.then((code) => fail(`ended with ${code}`));
    const read = (chunk) => {
      printed += chunk;
      const found = /http:\/\/(127\.0\.0\.1|localhost):\d+(?=\D)/.exec(printed);
      if (!found) return;
      clearTimeout(late);
      resolve(found[0]);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
  });
}

const START_MS = 60_000;

function npm(folder, ...args) {
  const flags = ['--no-audit', '--no-fund', '--loglevel=error'];
  return execute(NPM, [...args, ...flags], folder, { timeoutMs: INSTALL_MS });
}

const NPM = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** Create React App installs 1,300 packages. */
const INSTALL_MS = 300_000;

async function execute(program, args, cwd, { env = {}, timeoutMs = 120_000 } = {}) {
  try {
    return await start(program, args, {
      cwd,
      env: { ...environment(), ...env },
      timeout: timeoutMs,
    });
  } catch (error) {
    const reason = error.killed ? `did not end within ${timeoutMs} ms` : 'failed';
    throw new Error(`${program} ${args.join(' ')} ${reason}\n${error.message}\n${error.stdout}`);
  }
}

/** What the runner of this test tells its children is not for the app's tools. */
function environment() {
  const { NODE_TEST_CONTEXT: _, FORCE_COLOR: __, ...own } = process.env;
  return own;
}

async function temporary(name) {
  const folder = await mkdtemp(path.join(tmpdir(), `holdfast-${name}-`));
  // Not with the runner's `after`: called from a hook, it ends with the hook.
  if (folders.length === 0) process.once('exit', () => folders.forEach(remove));
  folders.push(folder);
  return folder;
}

/** Those that were made. @type {string[]} */
const folders = [];

const remove = (folder) => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });

function isSource(file) {
  return path.basename(file) !== 'node_modules';
}
