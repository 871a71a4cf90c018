// Other people's Socket.IO servers as processes of their own: started, killed by SIGKILL, started again on the
// same port, and asked by their logs what they took. `tests/servers/README.md` says what each must do.

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

/** The kinds of server: how each is prepared and started. `prepare` resolves with why it cannot be, or false. */
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

/** Names of servers, for `prepareServer` and `startServer`. */
export const SERVERS = Object.keys(KINDS);

/** Built with the one above. */
const FEED_SERVER = join(target, 'rust-server/debug/feed-server');

const LINE = /^Server: (http:\/\/\S+)$/m;
const START_MS = 30_000;
const INSTALL_MS = 600_000;
const RESTARTS_FOR_PORT = 20;

/**
 * Brings what a kind of server needs onto this machine, once.
 *
 * @param {string} kind
 * @returns {Promise<string | false>} for the option `skip` of a test: false, or why this machine has no such server
 */
export async function prepareServer(kind) {
  return KINDS[kind].prepare();
}

/**
 * Starts a server with an empty log; both are gone when the test is over.
 *
 * @param {{ after: (end: () => unknown) => void }} t
 * @param {string} kind one of `SERVERS`, prepared
 * @param {Settings} settings
 * @returns {Promise<ServerProcess>}
 *
 * @typedef {object} Settings
 * @property {'acks' | 'silent'} mode whether `send_message` is acknowledged
 * @property {string[]} [transports] those that the server offers
 * @property {number} [pingIntervalMs]
 * @property {number} [pingTimeoutMs]
 * @property {number} [dieAfter] see `start`
 * @property {boolean} [deduplicates] `send_message` goes through a deduplicator; socketioxide alone has one
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
 * Starts a server with feeds, of socketioxide, which has to be prepared. It is gone when the test is over.
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
 * One line of the log: an event that a handler took.
 *
 * @typedef {object} Taken
 * @property {string} event
 * @property {string} id `_tempId` of its payload
 * @property {number} n the number that the test gave it
 * @property {number} life how often the server had been started before
 */

class ServerProcess {
  #child = null;
  #command;
  #env;
  #log;
  /** Bytes of the log at the end of each life. */
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
    /** Chosen by the system at the first start and kept at every later one. */
    this.port = 0;
    this.url = '';
    this.starts = 0;
  }

  /** What it printed since it was first started, for the message of a failing test. */
  get output() {
    return this.#output;
  }

  get running() {
    return this.#child !== null;
  }

  /**
   * Resolves when the server listens.
   *
   * @param {{ dieAfter?: number }} [life] `dieAfter`: SIGKILL strikes the server as soon as it has taken so many
   *   messages in this life, in the midst of whatever came with them
   */
  async start({ dieAfter = 0 } = {}) {
    for (let attempt = 0; ; attempt += 1) {
      const failure = await this.#spawn(dieAfter);
      if (!failure) return;
      // Between two lives of the server, the system may have lent its port to an outgoing connection.
      const isTaken = /EADDRINUSE|in use/i.test(failure);
      if (!isTaken || attempt === RESTARTS_FOR_PORT) throw new Error(failure);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  /** SIGKILL. Resolves when the process is gone; at once when it isn't running. */
  async kill() {
    const child = this.#child;
    if (!child) return;
    child.kill('SIGKILL');
    await child.gone;
  }

  /** SIGSTOP: its connections stay open, and it does nothing until `resume`. */
  pause() {
    this.#child?.kill('SIGSTOP');
  }

  resume() {
    this.#child?.kill('SIGCONT');
  }

  /** Resolves when the process is gone, by `kill` or `dieAfter`. */
  async untilGone() {
    await until(
      () => !this.running,
      () => `the server is gone; it printed ${this.#output}`,
      60_000,
    );
  }

  /** How many lives the server has had, every connection of each, and every event that a handler took, in order. */
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

  /** Resolves when so many lines of events stand in the log. */
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
    // The tests of the crate as well, so that what they need is built once with the same features.
    const all = ['--workspace', '--all-targets'];
    const failed = run(cargo, ['build', ...manifest, ...place, ...all]);
    if (failed) throw new Error(`tests/servers/rust does not compile: ${failed}`);
    return false;
  });
}

/** Does it in one process at a time: the file is the lock, and a process that died has none. */
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

/** Runs a program to its end: null, or the last line that it printed where it failed. */
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
