// A Socket.IO server in this process that knows no `ping` and no `join`: it notes what comes, and acknowledges
// what a test says.

import http from 'node:http';
import { Server } from 'socket.io';
import { atEnd } from './at-end.mjs';

/**
 * @param {{ after: (end: () => unknown) => void }} t
 * @param {object} [options]
 * @param {object} [options.io] options of socket.io's Server
 * @param {(taken: Taken, socket: import('socket.io').Socket) => void} [options.take] called for every event
 * @param {(socket: import('socket.io').Socket) => void} [options.connected]
 * @returns {Promise<BareServer>}
 *
 * @typedef {object} Taken
 * @property {string} event
 * @property {any[]} args all of its arguments but the acknowledgement
 * @property {any} data its first argument
 * @property {number} n the number that the test gave it
 * @property {((...reply: unknown[]) => void) | undefined} ack
 */
export async function startBareServer(t, options = {}) {
  const server = new BareServer(options);
  await server.listen();
  atEnd(t, () => server.close());
  return server;
}

class BareServer {
  #http = http.createServer((_request, response) => response.writeHead(404).end());
  #take;
  #streams = new Set();
  /** Every event that came, in order. @type {Taken[]} */
  taken = [];
  /** Sockets of the main namespace so far. */
  connections = 0;
  /** Pongs of engine.io, of all connections. */
  heartbeats = 0;

  constructor({ io = {}, take = () => {}, connected = () => {} }) {
    this.#take = take;
    this.#http.on('connection', (stream) => {
      this.#streams.add(stream);
      stream.once('close', () => this.#streams.delete(stream));
    });
    this.io = new Server(this.#http, { cors: { origin: true, credentials: true }, ...io });
    this.io.on('connection', (socket) => {
      this.connections += 1;
      socket.conn.on('heartbeat', () => (this.heartbeats += 1));
      this.serve(socket);
      connected(socket);
    });
  }

  /** Notes what comes on a socket, of whatever namespace. */
  serve(socket) {
    socket.onAny((event, ...args) => {
      const ack = typeof args.at(-1) === 'function' ? args.pop() : undefined;
      const entry = { event, args, data: args[0], n: args[0]?.n, ack };
      this.taken.push(entry);
      this.#take(entry, socket);
    });
  }

  get clients() {
    return [...this.io.of('/').sockets.values()];
  }

  async listen() {
    await new Promise((resolve) => this.#http.listen(0, '127.0.0.1', resolve));
    this.port = this.#http.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
  }

  /** Drops every connection, also one that hangs and would wait for the other side's goodbye. */
  async close() {
    for (const stream of this.#streams) stream.destroy();
    await this.io.close();
  }
}

/** A server's acknowledgement of a message, as `take`. */
export function acknowledge({ event, data, ack }) {
  if (event === 'send_message') ack?.({ success: true, _tempId: data._tempId });
}
