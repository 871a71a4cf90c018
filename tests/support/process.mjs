// Servers of other projects (databases) as child processes of a test.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from './at-end.mjs';
import { until } from './until.mjs';

const START_MS = 30_000;
// While the program was not running, the system may have given its port to an outgoing connection of another test.
const RESTARTS_FOR_PORT = 20;

/** Whether a program is installed. `question` is an option with which the program prints something and exits. */
export function isInstalled(program, question) {
  return spawnSync(program, [question], { stdio: 'ignore' }).status === 0;
}

/**
 * Starts a program that listens on a port, in an empty folder. Both are removed when the test is over.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} program
 * @param {(at: { port: number, folder: string }) => string[]} options
 * @returns {Promise<{ port: number, stop: () => Promise<void>, start: () => Promise<void> }>} `stop` sends SIGKILL,
 *   `start` starts the program on the same port again
 */
export async function startService(t, program, options) {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-service-'));
  const port = await freePort();
  let child;

  async function start() {
    for (let attempt = 0; ; attempt += 1) {
      const failure = await launch();
      if (!failure) return;
      const isTaken = /address already in use|EADDRINUSE/i.test(failure);
      if (!isTaken || attempt === RESTARTS_FOR_PORT) throw new Error(failure);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  /** Resolves with null when the program listens, or with its output if it ended. */
  async function launch() {
    child = spawn(program, options({ port, folder }), {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (data) => {
        output += data;
      });
    }
    const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
    const isUp = async () => hasEnded() || (await accepts(port));
    await until(isUp, () => `${program} listens; it printed ${output}`, START_MS);
    return hasEnded() ? `${program} ended: ${output}` : null;
  }

  async function stop() {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  const onexit = () => child?.kill('SIGKILL');
  process.once('exit', onexit);
  atEnd(t, async () => {
    await stop();
    process.off('exit', onexit);
    await rm(folder, { recursive: true, force: true });
  });
  await start();
  return { port, start, stop };
}

export async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export function accepts(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
