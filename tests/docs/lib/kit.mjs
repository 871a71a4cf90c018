// What the preludes share. A prelude is a program that passes when it calls `pass`.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { ChatServer } from '../../support/chat-server.mjs';
import { until as untilWithin } from '../../support/until.mjs';

export { assert };

/** Several programs run side by side, beside other tests: nothing here is about speed. */
export const until = (fn, what) => untilWithin(fn, what, 40_000);

/** Ends the program: the sample has done what it is for. */
export const pass = () => process.exit(0);

/** Where a server is that listens on port 3000. */
export const port = Number(process.env.HOLDFAST_DOCS_PORT);
export const url = `http://localhost:${port}`;

/**
 * A server that answers as most chat servers do: `send_message` is saved and acknowledged, `join` is confirmed.
 * @param {Partial<import('../../support/chat-server.mjs').Hooks>} [hooks]
 */
export async function startChat(hooks = {}) {
  const server = new ChatServer({ hooks, port });
  await server.listen();
  return server;
}

/**
 * Starts a file of the sample in Node: the server, or a client of it.
 * @returns {Promise<{ kill(): Promise<void> }>} once a server listens on port 3000
 */
export async function startFile(file) {
  const code = await readFile(file, 'utf8');
  await writeFile(file, code.replaceAll('http://localhost:3000', url));
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'inherit', 'inherit'] });
  process.once('exit', () => child.kill('SIGKILL'));
  const answers = () => fetch(`${url}/socket.io/?EIO=4&transport=polling`).then(({ ok }) => ok);
  await until(() => child.exitCode !== null || answers(), `${file} listens`);
  assert.equal(child.exitCode, null, `${file} has ended`);
  return {
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}
