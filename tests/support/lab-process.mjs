// The demo with its lab (js-demo/lab) as a child process.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from './at-end.mjs';
import { root } from './paths.mjs';
import { until } from './until.mjs';

/**
 * Starts the lab with an empty database. Both are removed when the test is over.
 *
 * @param {import('node:test').TestContext} t
 * @param {{ env?: Record<string, string> }} [options]
 */
export async function startLab(t, { env = {} } = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-lab-'));
  const database = join(directory, 'demo.db');
  const child = spawn(process.execPath, ['js-demo/lab/main.js'], {
    cwd: root,
    env: { ...process.env, PORT: '0', ...env, DATABASE: database },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (data) => {
      output += data;
    });
  }
  const gone = new Promise((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal })),
  );
  const stop = (signal = 'SIGTERM') => {
    child.kill(signal);
    return gone;
  };
  atEnd(t, async () => {
    await stop();
    await rm(directory, { recursive: true, force: true });
  });
  const find = (name) => new RegExp(`^${name}: (http://\\S+)$`, 'm').exec(output)?.[1];
  await until(() => find('Lab') || child.exitCode !== null, 'the lab is up', 30_000);
  if (!find('Lab')) throw new Error(`the lab did not start:\n${output}`);

  const url = find('Demo');
  const labUrl = find('Lab');
  const { socketUrl } = await (await fetch(`${url}/config.json`)).json();
  return {
    url,
    labUrl,
    socketUrl,
    database,
    stop,
    get output() {
      return output;
    },

    /** Sends a command to the lab and returns the answer's status, body and headers. */
    async order(name, body, { method = 'POST', headers = {} } = {}) {
      const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
      const response = await fetch(`${labUrl}/${name}`, { method, headers, body: text });
      return { status: response.status, body: await response.json(), headers: response.headers };
    },

    async state() {
      return (await fetch(`${labUrl}/state`)).json();
    },

    async login(userId) {
      const body = JSON.stringify({ userId });
      const response = await fetch(`${url}/login`, { method: 'POST', body });
      return (await response.json()).token;
    },
  };
}
