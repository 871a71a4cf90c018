// Shared by the tests of the recipes in docs/alias.md: the recipes, an app that imports `socket.io-client`, and a server that
// loses what the app sends.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { Server } from 'socket.io';
import { run } from '../consumers/consumer.mjs';
import { atEnd } from '../support/at-end.mjs';
import { openPage } from '../support/browser.mjs';
import { root } from '../support/paths.mjs';

const sources = fileURLToPath(new URL('src', import.meta.url));

/** The code block of docs/alias.md that begins with this comment. @param {string} title */
export async function recipe(title) {
  const text = await readFile(`${root}docs/alias.md`, 'utf8');
  const blocks = [...text.matchAll(/^```js[^\n]*\n(.*?)^```$/gms)].map(([, code]) => code);
  const found = blocks.filter((code) => code.startsWith(`// ${title}\n`));
  assert.equal(found.length, 1, `recipes of ${title}`);
  return found[0];
}

/** Writes a recipe to where its tool looks for it. */
export async function follow(folder, title, file = title) {
  await writeFile(path.join(folder, file), await recipe(title));
}

/** The app's sources; `cjs` as a test runner needs them that transforms nothing. @param {string} folder @param {'cjs'} [format] */
export async function addSources(folder, format) {
  const to = path.join(folder, 'src');
  await mkdir(to, { recursive: true });
  for (const name of await readdir(sources)) {
    const code = await readFile(path.join(sources, name), 'utf8');
    const { code: written } = format ? await transform(code, { format }) : { code };
    await writeFile(path.join(to, name), written);
  }
}

/** The results of `tell` if everything is delivered, and with socket.io-client alone. */
export const DELIVERED = { isFollowed: true, came: ['first', 'lost', 'last'] };
export const PLAIN = { isFollowed: false, came: ['first', 'last'] };

/**
 * A server behind a connection that is cut once for each name: after `first`, nothing from the client passes, and when the
 * client has sent its long note, the connection breaks. Returns the server's URL.
 *
 * @param {import('node:test').TestContext} t
 */
export async function startServer(t) {
  const server = new Server({ transports: ['websocket'] });
  const behind = http.createServer();
  server.attach(behind);
  await listening(behind);
  /** By the ports that the server sees: the client's end. @type {Map<number, () => void>} */
  const cuts = new Map();
  const wire = net.createServer((client) => {
    const upstream = net.connect(behind.address().port, '127.0.0.1');
    let isMute = false;
    let swallowed = 0;
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    upstream.on('connect', () => cuts.set(upstream.localPort, () => (isMute = true)));
    upstream.on('data', (bytes) => client.write(bytes));
    client.on('data', (bytes) => {
      if (!isMute) return upstream.write(bytes);
      swallowed += bytes.length;
      return swallowed < 5_000 || end();
    });
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end);
  });
  await listening(wire);

  /** The events that arrived, by name, each once. @type {Map<string, Set<string>>} */
  const came = new Map();
  server.on('connection', (socket) => {
    const { name } = socket.handshake.query;
    if (!came.has(name)) came.set(name, new Set());
    const notes = came.get(name);
    socket.on('note', (text) => {
      const note = text.trim();
      if (note === 'first' && !notes.has(note)) {
        cuts.get(socket.request.socket.remotePort)();
        socket.emit('cut');
      }
      notes.add(note);
      if (note === 'last') socket.emit('came', [...notes]);
    });
  });
  atEnd(t, async () => {
    wire.close();
    await server.close();
  });
  return `http://127.0.0.1:${wire.address().port}`;
}

async function listening(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

/** The page is the app: both of its Sockets are delivered for. */
export async function assertDelivers(t, browser, url, expected = DELIVERED) {
  const server = await startServer(t);
  const page = await openPage(t, browser, url);
  await page.waitForFunction(() => typeof globalThis.tell === 'function');
  const told = await page.evaluate((where) => globalThis.tell(where), server);
  assert.deepEqual(told, [expected, expected]);
}

const TYPES = { '.html': 'text/html', '.js': 'text/javascript' };
const PAGE =
  '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/main.js"></script>';

/** Serves the output of a bundler as a site. If it has no page, a page that loads `main.js` is added. */
export async function serve(t, folder) {
  const server = http.createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const file = path.join(folder, pathname === '/' ? 'index.html' : pathname);
    const body = await readFile(file).catch(() => (pathname === '/' ? PAGE : null));
    const type = TYPES[path.extname(file)] ?? 'application/octet-stream';
    response.writeHead(body ? 200 : 404, { 'content-type': type });
    response.end(body);
  });
  await listening(server);
  atEnd(t, () => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}/`;
}

/** The page that loads the sources as they are, for tools that begin with a page. */
export const addPage = (folder) =>
  writeFile(path.join(folder, 'index.html'), PAGE.replace('/main.js', '/src/main.js'));

/** The story in the app's Jest, whose tests assert what they are told. */
export async function playInJest(t, folder, title) {
  await addSources(folder, 'cjs');
  await follow(folder, title, 'jest.config.cjs');
  await writeFile(path.join(folder, 'alias-story.test.js'), STORY);
  await writeFile(path.join(folder, 'alias-jsdom.test.js'), IN_JSDOM);
  const args = ['--ci', '--runInBand', '--config', 'jest.config.cjs', 'alias-'];
  const env = { SERVER: await startServer(t), EXPECTED: JSON.stringify([DELIVERED, DELIVERED]) };
  await run(folder, 'node_modules/jest/bin/jest.js', { args, env });
}

const STORY = `
const { tell } = require('./src/main.js');
test('what was lost arrives', async () => {
  expect(await tell(process.env.SERVER)).toEqual(JSON.parse(process.env.EXPECTED));
});
`;

const IN_JSDOM = `/** @jest-environment jsdom */
const io = require('socket.io-client');
test('what is required is io, and its Sockets are followed', () => {
  const socket = io('http://127.0.0.1:1', { autoConnect: false });
  expect(Object.hasOwn(socket, 'emit')).toBe(true);
  expect(socket).toBeInstanceOf(io.Socket);
});
`;
