// Apps that install the package as users do: packed, and outside of this repository, so that no file is found that a user
// would not have.

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
 * Copies the app `name` to a temporary folder, and installs its dependencies and the package there.
 *
 * @param {string} name a folder beside this file, or in one
 */
export async function install(name) {
  const folder = await installFrom(path.join(here, name));

  // The same checks for apps with `import` and for apps with `require`.
  const checks = await readFile(path.join(here, 'checks.mjs'), 'utf8');
  await writeFile(path.join(folder, 'checks.mjs'), checks);
  const { code } = await transform(checks, { format: 'cjs' });
  await writeFile(path.join(folder, 'checks.cjs'), code);
  return folder;
}

/**
 * Copies an app to a temporary folder, and installs its dependencies and the package there.
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

/** Packs `pkg/`. Returns the path of the tarball, and the names of its files. */
export async function pack() {
  const folder = await temporary('pack');
  const { stdout } = await npm(pkg, 'pack', '--json', '--pack-destination', folder);
  // npm 11 and older print an array, npm 12 prints an object with a member for each package.
  const [{ filename, files }] = Object.values(JSON.parse(stdout));
  return { file: path.join(folder, filename), names: files.map((entry) => entry.path) };
}

/**
 * Runs a program of the app to its end. If it fails or does not end in time, the error contains its output.
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
 * Starts a script of the app's package.json, which is ended when the test is over.
 *
 * @param {{ after: (end: () => unknown) => void }} t
 * @param {string} folder
 * @param {string} name
 * @param {Record<string, string>} [env]
 * @returns {Promise<string>} the address that it prints, without a trailing slash
 */
export function startScript(t, folder, name, env) {
  return startServing(t, folder, NPM, ['run', name, '--silent'], env);
}

/**
 * Starts a program of the app, like `startScript`.
 *
 * @param {string[]} args for Node
 */
export function startTool(t, folder, args) {
  return startServing(t, folder, process.execPath, args);
}

async function startServing(t, folder, program, args, env = {}) {
  // In a process group of its own, because npm starts a shell, which starts the program. Without colors: if `CI` is set,
  // some programs print color codes even into a pipe, in the middle of the address.
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

/** Enough for Create React App, which installs 1,300 packages. */
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

/** The environment without the variables that the test runner sets for its child processes. */
function environment() {
  const { NODE_TEST_CONTEXT: _, FORCE_COLOR: __, ...own } = process.env;
  return own;
}

async function temporary(name) {
  const folder = await mkdtemp(path.join(tmpdir(), `holdfast-${name}-`));
  // Not with the runner's `after`: if it is called in a hook, it runs at the end of that hook.
  if (folders.length === 0) process.once('exit', () => folders.forEach(remove));
  folders.push(folder);
  return folder;
}

/** The temporary folders. @type {string[]} */
const folders = [];

const remove = (folder) => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });

function isSource(file) {
  return path.basename(file) !== 'node_modules';
}
