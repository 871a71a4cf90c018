// `holdfast/alias`: its exports, and an app that uses it as `socket.io-client` together with the other entries.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { startChatServer } from '../support/chat-server.mjs';
import { pkg, root } from '../support/paths.mjs';
import { closing, connected, QUICK, until } from './io-kit.mjs';
import { quick } from './shell-kit.mjs';

const plain = await import('socket.io-client');
const require = createRequire(import.meta.url);
const alias = await import(pathToFileURL(`${pkg}/esm/alias.mjs`).href);
const app = await bundled();

/** An app for Node with the alias, and all that it imports. */
async function bundled() {
  const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-alias-'));
  after(() => rm(folder, { recursive: true }));
  const outfile = path.join(folder, 'app.cjs');
  const entry = (name) => path.join(pkg, 'esm', `${name}.mjs`);
  await build({
    stdin: {
      contents: `
        export * as client from 'socket.io-client';
        export * as io from 'holdfast/io';
        export { createClient } from 'holdfast';
      `,
      resolveDir: root,
    },
    alias: {
      'holdfast/io': entry('io'),
      holdfast: entry('index'),
      'socket.io-client': entry('alias'),
      'socket.io-client/debug': 'socket.io-client/debug',
    },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    outfile,
    logLevel: 'warning',
  });
  return require(outfile);
}

const REPLACED = ['io', 'connect', 'default', 'Manager'];

test('it exports everything that socket.io-client exports', () => {
  for (const name of Object.keys(plain)) {
    if (REPLACED.includes(name)) assert.equal(typeof alias[name], 'function', name);
    else assert.equal(alias[name], plain[name], name);
  }
  for (const name of ['io', 'connect']) assert.equal(alias[name], alias.default);
  for (const name of Object.keys(plain.io)) assert(name in alias.io, name);
});

test('require returns io, with everything that socket.io-client has', () => {
  const [required, its] = [require(`${pkg}/alias.js`), require('socket.io-client')];
  assert.equal(typeof required, 'function');
  for (const name of ['io', 'connect', 'default']) assert.equal(required[name], required);
  for (const name of Object.keys(its)) {
    if (!REPLACED.includes(name)) assert.equal(required[name], its[name], name);
  }
  assert.notEqual(required.Manager, its.Manager);
});

test('a plain emit arrives when the server is killed before it has read it', async (t) => {
  const server = await startChatServer(t);
  const options = { forceNew: true, transports: ['websocket'], ...QUICK };
  const socket = closing(t, app.client.io(server.url, options));
  for (let n = 0; n < 50; n += 1) {
    socket.emit('note', n);
    if (n === 10) await connected(socket);
    if (n === 30) await server.restart();
  }
  const notes = () => server.came.filter(({ event }) => event === 'note').map(({ args: [n] }) => n);
  await until(() => new Set(notes()).size === 50, 'all of them');
  assert.deepEqual(
    [...new Set(notes())],
    Array.from({ length: 50 }, (_, n) => n),
  );
});

test('holdfast/io used beside it is the same io, and its option applies', async (t) => {
  assert.equal(app.io.io, app.client.io);
  assert.equal(app.io.Manager, app.client.Manager);
  const server = await startChatServer(t);
  const holdfast = { receipts: false, logger: null };
  const options = { forceNew: true, transports: ['websocket'], ...QUICK, holdfast };
  const socket = await connected(closing(t, app.io.io(server.url, options)));
  socket.emit('note', 1);
  await socket.emitWithAck('ping');
  assert.deepEqual(server.namespacePackets, [], 'no receipts are asked for');
});

test('the Socket of a client is controlled by its client only', async (t) => {
  const server = await startChatServer(t);
  const client = app.createClient(quick(server.url, { userId: 'alice', receipts: false }));
  t.after(() => client.destroy());
  client.connect();
  const messages = [0, 1, 2, 3].map((n) => ({ n }));
  await client.send('send_message', messages[0]);
  // Joins and other emits of the app's, on the Socket that it is given: said once, asked about never.
  client.socket.emit('join_room', 'lobby');
  client.socket.emit('note', 'while there is a link');
  await client.socket.emitWithAck('ping');
  const rest = messages.slice(1).map((message) => client.send('send_message', message));
  await server.restart();
  await Promise.all(rest);
  await client.socket.emitWithAck('ping');
  const cameOf = (name) =>
    server.came.filter(({ event }) => event === name).map(({ args: [one] }) => one);
  assert.deepEqual(cameOf('note'), ['while there is a link']);
  assert.deepEqual(cameOf('join_room'), ['lobby']);
  assert.deepEqual(
    server.saved.map(({ n }) => n),
    [0, 1, 2, 3],
  );
  assert.deepEqual(
    server.namespacePackets,
    [],
    'the client asks for no receipts, and nobody else does',
  );
});
