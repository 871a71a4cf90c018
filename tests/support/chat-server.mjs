// A Socket.IO server in this process that implements the wire contract of CONTRACT.md, with hooks for misbehaviour.

import http from 'node:http';
import { Server } from 'socket.io';
import { atEnd } from './at-end.mjs';

// PacketType.ACK of socket.io-parser.
const ACK = 3;

/**
 * Starts the server; it is closed when the test is over.
 *
 * @param {import('node:test').TestContext} t
 * @param {{ hooks?: Partial<Hooks>, io?: object, port?: number }} [options]
 * @returns {Promise<ChatServer>}
 */
export async function startChatServer(t, options = {}) {
  const server = new ChatServer(options);
  await server.listen();
  atEnd(t, () => server.close());
  return server;
}

/**
 * Handlers that a test may replace at any time, also while the server runs. Each may be async.
 *
 * @typedef {object} Hooks
 * @property {(handshake: object) => Error | undefined} admit an error refuses the handshake
 * @property {(join: { userId: string, count: number }) => 'confirm' | 'ignore' | string} join any other
 *   string becomes the message of a `room:error`; `count` counts the joins of this socket
 * @property {(message: Entry & { ack: Function, socket: object, save: () => object }) => unknown} message
 *   handles a `send_message`. `ack(...data)` sends one acknowledgement per call; `save()` saves the message as the
 *   default handler does and returns the acknowledgement that the default handler sends
 * @property {(ack: Function) => unknown} ping
 * @property {(asked: { name: string, socket: object, connect: () => void, write: (packet: string) => void }) => unknown} connect
 *   handles a CONNECT for another namespace on an open connection. `connect()` answers as socket.io does; `write`
 *   writes a raw packet
 *
 * @typedef {object} Entry
 * @property {string} id
 * @property {object} data
 * @property {number} repeat 0 for the first message with this id, then 1, 2, ...
 */

// While the server was down, the system may have given its port to an outgoing connection of another test.
const RESTARTS_FOR_PORT = 20;

async function bind(server, port) {
  for (let attempt = 0; ; attempt += 1) {
    const error = await new Promise((resolve) => {
      server.once('error', resolve).listen(port, '127.0.0.1', () => {
        server.off('error', resolve);
        resolve(null);
      });
    });
    if (!error) return;
    if (error.code !== 'EADDRINUSE' || attempt === RESTARTS_FOR_PORT) throw error;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

export class ChatServer {
  /** @type {Hooks} */
  hooks = {
    admit: () => undefined,
    join: () => 'confirm',
    message: ({ ack, save }) => ack(save()),
    ping: (ack) => ack(),
    connect: ({ connect }) => connect(),
  };
  /** Every `send_message`, in the order of arrival. @type {Entry[]} */
  received = [];
  /** The saved messages. Each id is saved once. */
  saved = [];
  /** User ids of joins, and `auth` of handshakes, in the order of arrival. */
  joins = [];
  handshakes = [];
  /** Every event, with the handshake of its connection. @type {{ event: string, args: unknown[], link: Link }[]} */
  came = [];
  /** The handshakes of all admitted connections. @typedef {{ auth: any, query: any, headers: any }} Link @type {Link[]} */
  links = [];
  /** CONNECT and DISCONNECT packets for namespaces other than the main one, as text. @type {string[]} */
  namespacePackets = [];
  pings = 0;
  #ids = new Map();
  #replies = new Map();
  #ioOptions;

  constructor({ hooks = {}, io = {}, port = 0 }) {
    Object.assign(this.hooks, hooks);
    this.#ioOptions = { cors: { origin: true, credentials: true }, ...io };
    this.port = port;
  }

  /** Starts listening. After `stop`, it listens on the same port again. */
  async listen() {
    this.http = http.createServer((_request, response) => response.writeHead(404).end());
    this.io = new Server(this.http, this.#ioOptions);
    this.io.use(async (socket, next) => {
      this.handshakes.push(socket.handshake.auth);
      next(await this.hooks.admit(socket.handshake));
    });
    this.io.on('connection', (socket) => this.#serve(socket));
    this.io.engine.on('connection', (conn) => {
      conn.on('packet', ({ data }) => {
        if (/^[01]\//.test(data)) this.namespacePackets.push(data);
      });
    });
    await bind(this.http, this.port);
    this.port = this.http.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
  }

  /** Drops every connection without a close packet, as a crash does, and stops listening. */
  async stop() {
    const { http: server, io } = this;
    const closed = new Promise((resolve) => server.close(resolve));
    this.dropAll();
    server.closeAllConnections();
    await closed;
    await io.close().catch(() => {});
  }

  async restart() {
    await this.stop();
    await this.listen();
  }

  async close() {
    if (this.http.listening) await this.stop();
  }

  /** Closes the transport of every client; the clients see a lost connection. */
  dropAll() {
    for (const socket of this.io.of('/').sockets.values()) socket.conn.close(true);
  }

  get clients() {
    return [...this.io.of('/').sockets.values()];
  }

  /** The message ids, in the order of their first arrival. */
  get firstEntries() {
    return this.received.filter(({ repeat }) => repeat === 0).map(({ id }) => id);
  }

  #serve(socket) {
    let joins = 0;
    const { client, conn, handshake } = socket;
    const { auth, query, headers } = handshake;
    const link = { auth, query, headers };
    this.links.push(link);
    socket.onAny((event, ...args) => {
      this.came.push({ event, args: args.filter((arg) => typeof arg !== 'function'), link });
    });
    const connect = client.connect.bind(client);
    client.connect = (name, ...more) =>
      this.hooks.connect({
        name,
        socket,
        connect: () => connect(name, ...more),
        write: (packet) => conn.write(packet),
      });
    socket.on('join', async (userId) => {
      this.joins.push(userId);
      const answer = await this.hooks.join({ userId, count: ++joins });
      if (answer === 'ignore') return;
      if (answer !== 'confirm') {
        socket.emit('room:error', { message: answer });
        return;
      }
      socket.data.userId = userId;
      const room = `user_${userId}`;
      socket.join(room);
      socket.emit('room:joined', { room, userId, socketId: socket.id });
    });
    socket.on('ping', (ack) => {
      this.pings += 1;
      this.hooks.ping(ack);
    });
    socket.on('get_online_users', (ack) => {
      ack?.();
      const users = this.clients.map(({ data }) => data.userId).filter(Boolean);
      socket.emit('online_users', [...new Set(users)]);
    });
    socket.on('typing', ({ recipientId, ...rest }) => {
      this.io.to(`user_${recipientId}`).emit('user_typing', rest);
    });
    // socket.io's own acknowledgement function ignores a second call. A broken server may acknowledge twice.
    socket.ack =
      (packetId) =>
      (...answer) =>
        socket.packet({ type: ACK, id: packetId, data: answer });
    socket.on('send_message', (data, ack = () => {}) => {
      const id = data?._tempId;
      const repeat = this.#ids.get(id) ?? 0;
      this.#ids.set(id, repeat + 1);
      const entry = { id, data, repeat };
      this.received.push(entry);
      return this.hooks.message({ ...entry, ack, socket, save: () => this.#save(entry, socket) });
    });
  }

  #save({ id, data }, socket) {
    const known = this.#replies.get(id);
    if (known) return { ...known, duplicate: true };
    const sender = { _id: socket.data.userId, username: socket.data.userId };
    const message = { ...data, _id: `m${this.saved.length + 1}`, sender, read: false };
    this.saved.push(message);
    this.io.to(`user_${data.recipientId}`).emit('message:new', message);
    const reply = { success: true, messageId: message._id, _tempId: id };
    this.#replies.set(id, reply);
    return reply;
  }
}
