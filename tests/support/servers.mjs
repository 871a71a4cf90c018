// Socket.IO servers of other projects as child processes. A test kills and restarts them, and reads their logs to see
// what arrived. `tests/servers/README.md` says what each server must do.

import { spawn, spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from './at-end.mjs';
import { root } from './paths.mjs';
import { deferred, until } from './until.mjs';

const folder = join(root, 'tests/servers');
const target = join(root, 'target');
const crate = join(root, 'server-rs');
const venv = join(target, 'python-servers');
const bin = process.platform === 'win32' ? 'Scripts' : 'bin';

/** How each kind of server is prepared and started. `prepare` resolves with false, or with the reason why it cannot be. */
const KINDS = {
  'socket.io': {
    prepare: async () => false,
    command: () => [process.execPath, join(folder, 'socket-io.mjs')],
  },
  'python-socketio asgi': {
    prepare: preparePython,
    command: () => [join(venv, bin, 'python'), join(folder, 'python/server.py'), 'asgi'],
  },
  'python-socketio threading': {
    prepare: preparePython,
    command: () => [join(venv, bin, 'python'), join(folder, 'python/server.py'), 'threading'],
  },
  socketioxide: {
    prepare: prepareRust,
    command: () => [join(target, 'rust-server/debug/rust-server')],
  },
};

/** The kinds of servers, for `prepareServer` and `startServer`. */
export const SERVERS = Object.keys(KINDS);

/** Built together with the server of socketioxide. */
const FEED_SERVER = join(target, 'rust-server/debug/feed-server');

const LINE = /^Server: (http:\/\/\S+)$/m;
const START_MS = 30_000;
const INSTALL_MS = 600_000;
const RESTARTS_FOR_PORT = 20;

/**
 * Installs or builds a kind of server, unless that is done already.
 *
 * @param {string} kind
 * @returns {Promise<string | false>} for a test's option `skip`: false, or the reason why the server cannot run here
 */
export async function prepareServer(kind) {
  return KINDS[kind].prepare();
}

/**
 * Starts a server with an empty log. Both are removed when the test is over.
 *
 * @param {{ after: (end: () => unknown) => void }} t
 * @param {string} kind one of `SERVERS`; it has to be prepared
 * @param {Settings} settings
 * @returns {Promise<ServerProcess>}
 *
 * @typedef {object} Settings
 * @property {'acks' | 'silent'} mode whether `send_message` is acknowledged
 * @property {string[]} [transports] the transports that the server offers
 * @property {number} [pingIntervalMs]
 * @property {number} [pingTimeoutMs]
 * @property {number} [dieAfter] see `start`
 * @property {boolean} [deduplicates] whether `send_message` goes through a deduplicator; socketioxide only
 */
export async function startServer(t, kind, settings) {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-server-'));
  const server = new ServerProcess(kind, settings, join(directory, 'log'));
  atEnd(t, async () => {
    await server.kill();
    await rm(directory, { recursive: true, force: true });
  });
  await server.start(settings);
  return server;
}

/**
 * Starts the socketioxide server with feeds, which has to be prepared. It is killed when the test is over.
 *
 * @param {{ after: (end: () => unknown) => void }} t
 * @returns {Promise<{ url: string }>}
 */
export async function startFeedServer(t) {
  const child = spawn(FEED_SERVER, { env: { PORT: '0' }, stdio: ['ignore', 'pipe', 'inherit'] });
  const onexit = () => child.kill('SIGKILL');
  process.once('exit', onexit);
  const gone = new Promise((resolve) => child.once('close', resolve).once('error', resolve));
  atEnd(t, async () => {
    process.off('exit', onexit);
    child.kill('SIGKILL');
    await gone;
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (data) => {
    printed += data;
  });
  await until(
    () => LINE.test(printed),
    () => `the feed server listens; it printed ${printed}`,
    START_MS,
    2,
  );
  return { url: LINE.exec(printed)[1] };
}

/**
 * One line of the log: an event that a handler received.
 *
 * @typedef {object} Taken
 * @property {string} event
 * @property {string} id `_tempId` of its payload
 * @property {number} n the number that the test gave it
 * @property {number} life the number of restarts before it
 */

class ServerProcess {
  #child = null;
  #command;
  #env;
  #log;
  /** The size of the log in bytes at the end of each life. */
  #ends = [];
  #output = '';

  constructor(kind, settings, log) {
    this.#command = KINDS[kind].command();
    this.#log = log;
    this.#env = {
      MODE: settings.mode,
      DEDUPLICATES: settings.deduplicates ? 'yes' : 'no',
      LOG: log,
      TRANSPORTS: settings.transports?.join(',') ?? '',
      PING_INTERVAL_MS: String(settings.pingIntervalMs ?? 25_000),
      PING_TIMEOUT_MS: String(settings.pingTimeoutMs ?? 20_000),
    };
    /** Chosen by the system at the first start, and kept for every restart. */
    this.port = 0;
    this.url = '';
    this.starts = 0;
  }

  /** Everything that the server has printed, for the message of a failing test. */
  get output() {
    return this.#output;
  }

  get running() {
    return this.#child !== null;
  }

  /**
   * Starts the server, and resolves when it listens.
   *
   * @param {{ dieAfter?: number }} [life] `dieAfter`: the server kills itself with SIGKILL as soon as it has received
     so many messages in this life, even between two messages of one packet
   */
  async start({ dieAfter = 0 } = {}) {
    for (let attempt = 0; ; attempt += 1) {
      const failure = await this.#spawn(dieAfter);
      if (!failure) return;
      // While the server was down, the system may have given its port to an outgoing connection.
      const isTaken = /EADDRINUSE|in use/i.test(failure);
      if (!isTaken || attempt === RESTARTS_FOR_PORT) throw new Error(failure);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  /** Sends SIGKILL, and resolves when the process has ended. Does nothing if the server is not running. */
  async kill() {
    const child = this.#child;
    if (!child) return;
    child.kill('SIGKILL');
    await child.gone;
  }

  /** Sends SIGSTOP: its connections stay open, and it does nothing until `resume`. */
  pause() {
    this.#child?.kill('SIGSTOP');
  }

  resume() {
    this.#child?.kill('SIGCONT');
  }

  /** Resolves when the process has ended, by `kill` or `dieAfter`. */
  async untilGone() {
    await until(
      () => !this.running,
      () => `the server is gone; it printed ${this.#output}`,
      60_000,
    );
  }

  /** Reads the log: the events that a handler received, in order, and the number of connections. */
  async read() {
    const text = await readFile(this.#log, 'utf8').catch(() => '');
    const taken = [];
    let connections = 0;
    let at = 0;
    for (const line of text.split('\n').slice(0, -1)) {
      const life = this.#ends.filter((end) => end <= at).length;
      at += line.length + 1;
      const [event, id, n] = line.split(' ');
      if (event === '+') connections += 1;
      else taken.push({ event, id, n: Number(n), life });
    }
    return { taken, connections };
  }

  /** Resolves when the log has `count` events. */
  untilTaken(count, deadlineMs = 30_000) {
    const size = async () => (await this.read()).taken.length;
    return until(
      async () => (await size()) >= count,
      async () => `${count} events are taken, so far ${await size()}`,
      deadlineMs,
      2,
    );
  }

  async #spawn(dieAfter) {
    const [program, ...options] = this.#command;
    const env = { ...process.env, ...this.#env, PORT: String(this.port), DIE_AFTER: `${dieAfter}` };
    const child = spawn(program, options, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    const onexit = () => child.kill('SIGKILL');
    process.once('exit', onexit);
    const listening = deferred();
    let printed = '';
    const read = (data) => {
      printed += data;
      this.#output += data;
      const line = LINE.exec(printed);
      if (line) listening.resolve(line[1]);
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.gone = new Promise((resolve) => {
      child.once('close', async (code, signal) => {
        process.off('exit', onexit);
        const log = await readFile(this.#log).catch(() => '');
        this.#ends.push(log.length);
        if (this.#child === child) this.#child = null;
        printed += ` (${signal ?? code})`;
        listening.resolve(null);
        resolve();
      });
      child.once('error', (error) => {
        printed += error.stack;
      });
    });
    const late = setTimeout(() => child.kill('SIGKILL'), START_MS);
    const url = await listening.promise;
    clearTimeout(late);
    if (!url) return `the server did not start:\n${printed}`;
    this.url = url;
    this.port = Number(new URL(url).port);
    this.starts += 1;
    return null;
  }
}

async function preparePython() {
  const list = join(folder, 'python/requirements.txt');
  const stamp = join(venv, 'installed.txt');
  return once('python-servers', async () => {
    if ((await text(stamp)) === (await text(list))) return false;
    const python = onPath(['python3', 'python']);
    if (!python) return 'python3 is not installed';
    await rm(venv, { recursive: true, force: true });
    const made = run(python, ['-m', 'venv', venv]);
    if (made) return `python3 makes no virtual environment (on Debian: python3-venv): ${made}`;
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-input'];
    const pip = join(venv, bin, 'python');
    const failed = run(pip, ['-m', 'pip', 'install', ...quiet, '--requirement', list]);
    if (failed) return `pip could not install python-socketio: ${failed}`;
    await copyFile(list, stamp);
    return false;
  });
}

async function prepareRust() {
  return once('rust-server', async () => {
    const cargo = process.env.CARGO ?? 'cargo';
    const manifest = ['--manifest-path', join(crate, 'Cargo.toml'), '--locked', '--quiet'];
    const unfetched = run(cargo, ['fetch', ...manifest]);
    if (unfetched) return `cargo could not fetch socketioxide: ${unfetched}`;
    const place = ['--offline', '--target-dir', join(target, 'rust-server')];
    // Also build the crate's tests, so that the shared dependencies are built once, with the same features.
    const all = ['--workspace', '--all-targets'];
    const failed = run(cargo, ['build', ...manifest, ...place, ...all]);
    if (failed) throw new Error(`tests/servers/rust does not compile: ${failed}`);
    return false;
  });
}

/** Runs `install` in one process at a time. The lock file has the process id; the lock of a dead process is removed. */
async function once(name, install) {
  await mkdir(target, { recursive: true });
  const lock = join(target, `${name}.lock`);
  const take = async () => {
    const file = await open(lock, 'wx').catch(() => null);
    if (file) {
      await file.writeFile(String(process.pid));
      await file.close();
      return true;
    }
    const owner = Number(await text(lock));
    if (owner && !isAlive(owner)) await rm(lock, { force: true });
    return false;
  };
  await until(take, `another process installs ${name}: ${lock}`, INSTALL_MS, 100);
  try {
    return await install();
  } finally {
    await rm(lock, { force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Runs a program to its end. Returns null, or the last line that it printed if it failed. */
function run(program, options) {
  const { status, error, stderr } = spawnSync(program, options, { cwd: root, encoding: 'utf8' });
  if (status === 0) return null;
  return stderr?.trim().split('\n').at(-1) || String(error ?? `ended with ${status}`);
}

function onPath(names) {
  const isThere = (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0;
  return names.find(isThere);
}

async function text(file) {
  return readFile(file, 'utf8').catch(() => null);
}
