// The server of every row: it acknowledges messages, serves the app's files, and reports what arrived.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { Server } from 'socket.io';

/**
 * @param {{ after: (end: () => unknown) => void }} t
 * @param {string} [directory] what a bundler left
 */
export async function startServer(t, directory) {
  const server = http.createServer((request, response) => serve(directory, request, response));
  const io = new Server(server, { cors: { origin: true } });
  /** The texts of all messages, as they came. @type {string[]} */
  const came = [];
  let links = 0;
  io.on('connection', (socket) => {
    links += 1;
    socket.on('join', (userId) => socket.emit('room:joined', { userId }));
    socket.on('ping', (ack) => ack());
    socket.on('send_message', ({ content }, ack) => {
      came.push(content);
      ack({ success: true, messageId: content });
    });
    socket.on('note', (text) => {
      came.push(text);
      socket.emit('noted', text);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    io.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${server.address().port}`;
  return { url, came, /** The number of connections so far. */ links: () => links };
}

async function serve(directory, request, response) {
  const { pathname } = new URL(request.url, 'http://localhost');
  const file = directory && path.join(directory, pathname === '/' ? 'index.html' : pathname);
  const body = file && (await readFile(file).catch(() => null));
  response.writeHead(body ? 200 : 404, {
    'content-security-policy': POLICY,
    'content-type': TYPES[path.extname(pathname)] ?? 'text/html',
  });
  response.end(body);
}

/** As strict as an app's policy can be that lets WebAssembly run at all. */
const POLICY = "default-src 'self' data:; script-src 'self' 'wasm-unsafe-eval'";

const TYPES = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css' };
