// A Socket.IO server in this process without handlers for `ping` and `join`. It records every event, and acknowledges
// only where the test does.

import http from 'node:http';
import { Server } from 'socket.io';
import { atEnd } from './at-end.mjs';

/**
 * Starts the server; it is closed when the test is over.
 *
 * @param {{ after: (end: () => unknown) => void }} t
 * @param {object} [options]
 * @param {object} [options.io] options of socket.io's Server
 * @param {(taken: Taken, socket: import('socket.io').Socket) => void} [options.take] called for every event
 * @param {(socket: import('socket.io').Socket) => void} [options.connected]
 * @returns {Promise<BareServer>}
 *
 * @typedef {object} Taken
 * @property {string} event
 * @property {any[]} args all arguments except the acknowledgement
 * @property {any} data its first argument
 * @property {number} n the number that the test gave the message
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
  /** Every event, in the order of arrival. @type {Taken[]} */
  taken = [];
  /** The number of sockets that have connected to the main namespace. */
  connections = 0;
  /** The number of engine.io pongs, over all connections. */
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

  /** Records the events of a socket, in any namespace. */
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

  /** Destroys every TCP connection first: a hanging one would wait for the other side's close. */
  async close() {
    for (const stream of this.#streams) stream.destroy();
    await this.io.close();
  }
}

/** For the option `take`: acknowledges each `send_message` as successful. */
export function acknowledge({ event, data, ack }) {
  if (event === 'send_message') ack?.({ success: true, _tempId: data._tempId });
}
