// The packed package in an app that Vite builds, opened in a real browser.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import test, { before } from 'node:test';
import { encode } from '../../pkg-template/wasm-text.js';
import { launchBrowser, openPage } from '../support/browser.mjs';
import { install, run } from './consumer.mjs';

let folder;
before(async () => {
  folder = await install('vite');
  await run(folder, 'node_modules/vite/bin/vite.js', { args: ['build', '--logLevel', 'warn'] });
});

test('the page can use every function right after the import', async (t) => {
  const url = await serve(t, path.join(folder, 'dist'));
  const page = await openPage(t, await launchBrowser(), url);
  await page.waitForFunction(() => document.body.textContent !== '');
  assert.deepEqual(JSON.parse(await page.textContent('body')), []);
});

test('the app contains each module of the package and socket.io-client once', async () => {
  const app = await scripts(path.join(folder, 'dist/assets'));
  const copies = (text) => app.split(text).length - 1;
  const modules = await Promise.all(['module', 'io-module'].map(wasmOf));
  assert.deepEqual(modules.map(copies), [1, 1], 'copies of the two modules');
  assert.equal(copies(WASM), 2, 'modules in all');
  assert.equal(copies(DECODER), 1, 'copies of socket.io-client');
});

/** The WebAssembly as it is encoded in a part of the package. */
async function wasmOf(part) {
  const file = path.join(folder, `node_modules/holdfast/esm/${part}.mjs`);
  const [, text] = /"([^"]*)"/.exec(await readFile(file, 'utf8'));
  assert.ok(text.startsWith(WASM), `${part} has no wasm`);
  return text;
}

/** The beginning of every WebAssembly module in the package's encoding: the magic number and the version. */
const WASM = encode(Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00));

/** A text of socket.io's decoder that no minifier changes. */
const DECODER = 'got plaintext data when reconstructing a packet';

/** The strictest policy that still allows WebAssembly. */
const POLICY = [
  "default-src 'self' data:",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src 'self' http://127.0.0.1:1 ws://127.0.0.1:1",
].join('; ');

const TYPES = { '.html': 'text/html', '.js': 'text/javascript' };

async function serve(t, directory) {
  const server = http.createServer(async (request, response) => {
    const name = new URL(request.url, 'http://localhost').pathname;
    const file = path.join(directory, name === '/' ? 'index.html' : name);
    const body = await readFile(file).catch(() => null);
    response.writeHead(body ? 200 : 404, {
      'content-security-policy': POLICY,
      'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream',
    });
    response.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}/`;
}

async function scripts(directory) {
  const names = (await readdir(directory)).filter((name) => /\.m?js$/.test(name));
  const texts = await Promise.all(
    names.map((name) => readFile(path.join(directory, name), 'utf8')),
  );
  return texts.join('\n');
}
