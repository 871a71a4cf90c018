// The demo's server as a child process that can be killed. It keeps its port across restarts.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from './at-end.mjs';
import { root } from './paths.mjs';
import { deferred } from './until.mjs';

const LINE = /^Demo: (http:\/\/\S+)$/m;
const START_MS = 15_000;
const RESTARTS_FOR_PORT = 20;

/**
 * Starts the demo with an empty database. Both are removed when the test is over.
 *
 * @param {import('node:test').TestContext} t
 * @param {{ env?: Record<string, string>, main?: string }} [options]
 * @returns {Promise<DemoServer>}
 */
export async function startDemo(t, { env = {}, main = 'js-demo/server/main.js' } = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-demo-'));
  const server = new DemoServer(main, { ...env, DATABASE: join(directory, 'demo.db') });
  atEnd(t, async () => {
    await server.kill();
    await rm(directory, { recursive: true, force: true });
  });
  await server.start();
  return server;
}

export class DemoServer {
  #child = null;
  #env;
  #main;
  #output = '';

  constructor(main, env) {
    this.#main = main;
    this.#env = env;
    this.database = env.DATABASE;
    /** null if the messages are in the database file. */
    this.mongoUrl = env.MONGODB_URL ?? null;
    /** Chosen by the system at the first start, and kept for every restart. */
    this.port = 0;
    this.url = '';
    this.starts = 0;
  }

  get running() {
    return this.#child !== null;
  }

  /** Everything that the server has printed, for the message of a failing test. */
  get output() {
    return this.#output;
  }

  /** Starts the server. Resolves when it has printed its URL. */
  async start() {
    for (let attempt = 0; ; attempt += 1) {
      const failure = await this.#spawn();
      if (!failure) return;
      // While the server was down, the system may have given its port to an outgoing connection.
      if (!/EADDRINUSE/.test(failure) || attempt === RESTARTS_FOR_PORT) throw new Error(failure);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  /** Logs in over REST, and resolves with the token. */
  async login(userId) {
    const response = await fetch(`${this.url}/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ userId }),
    });
    if (!response.ok) throw new Error(`login answered ${response.status}`);
    return (await response.json()).token;
  }

  /** Sends SIGKILL, and resolves when the process has ended. Does nothing if the server is not running. */
  async kill() {
    const child = this.#child;
    if (!child) return;
    child.kill('SIGKILL');
    await child.gone;
  }

  /** Sends SIGTERM, and resolves when the process has ended. `exit` then has its code and signal. */
  async stop() {
    const child = this.#child;
    if (!child) return;
    child.kill('SIGTERM');
    await child.gone;
  }

  /** Sends SIGSTOP: the process and its connections stay, and it does nothing. */
  pause() {
    this.#child?.kill('SIGSTOP');
  }

  /** Sends SIGCONT. */
  resume() {
    this.#child?.kill('SIGCONT');
  }

  async restart() {
    await this.kill();
    await this.start();
  }

  async #spawn() {
    const env = { ...process.env, HOST: '127.0.0.1', ...this.#env, PORT: String(this.port) };
    const child = spawn(process.execPath, [this.#main], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
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
      child.once('close', (code, signal) => {
        process.off('exit', onexit);
        if (this.#child === child) this.#child = null;
        listening.resolve(null);
        this.exit = { code, signal };
        resolve();
      });
      child.once('error', (error) => {
        printed += error.stack;
      });
    });
    const late = setTimeout(() => child.kill('SIGKILL'), START_MS);
    const url = await listening.promise;
    clearTimeout(late);
    if (!url) return `the demo did not start (${JSON.stringify(this.exit)}):\n${printed}`;
    this.url = url;
    this.port = Number(new URL(url).port);
    this.starts += 1;
    return null;
  }
}
