// Other people's servers (databases) as child processes of a test.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until.mjs';

const START_MS = 30_000;

/** Whether a program is installed: `question` is an option that it answers and ends. */
export function isInstalled(program, question) {
  return spawnSync(program, [question], { stdio: 'ignore' }).status === 0;
}

/**
 * Starts a program that listens on a port, in a folder of its own; both are gone when the test is over.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} program
 * @param {(at: { port: number, folder: string }) => string[]} options
 * @returns {Promise<{ port: number, kill: () => Promise<void> }>}
 */
export async function startService(t, program, options) {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-service-'));
  const port = await freePort();
  const child = spawn(program, options({ port, folder }), {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (data) => {
      output += data;
    });
  }
  const gone = new Promise((resolve) => child.once('close', resolve));
  const kill = async () => {
    child.kill('SIGKILL');
    await gone;
  };
  const onexit = () => child.kill('SIGKILL');
  process.once('exit', onexit);
  t.after(async () => {
    await kill();
    process.off('exit', onexit);
    await rm(folder, { recursive: true, force: true });
  });
  await until(
    async () => {
      if (child.exitCode !== null) return 'it ended';
      return await accepts(port);
    },
    () => `${program} listens; it printed ${output}`,
    START_MS,
  );
  if (child.exitCode !== null) throw new Error(`${program} ended: ${output}`);
  return { port, kill };
}

async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
