// A server with feeds in this process, plain clients, and a store whose steps a test can delay.

import { io } from 'socket.io-client';
import { createFeed } from '../../pkg/esm/server.mjs';
import { atEnd } from './at-end.mjs';
import { startBareServer } from './bare-server.mjs';
import { until } from './until.mjs';

export const LIMITS = { max: 1000, ttlMs: 60_000, bytes: 256_000 };

/**
 * Starts a server with feeds; it is closed when the test is over.
 *
 * @param {import('node:test').TestContext} t
 * @param {object} [options]
 * @param {import('../../pkg/server.d.ts').FeedOptions} [options.feed]
 * @param {object} [options.io] options of socket.io's Server
 * @param {(socket: import('socket.io').Socket) => void} [options.connected]
 */
export async function startFeed(t, options = {}) {
  const errors = [];
  const server = await startBareServer(t, {
    io: options.io,
    connected(socket) {
      const { userId } = socket.handshake.auth;
      if (userId !== undefined) socket.join(`user_${userId}`);
      options.connected?.(socket);
    },
  });
  const feed = createFeed(server.io, {
    userId: (socket) => socket.handshake.auth.userId,
    authorize: (_socket, room) => room.startsWith('open'),
    onError: (error, context) => errors.push({ error, ...context }),
    ...options.feed,
  });
  const dial = (userId, more) => dialFeed(t, server.url, userId, more);
  return { server, io: server.io, feed, errors, dial };
}

/** Connects as a user. Resolves when the server has announced feeds. */
export async function dialFeed(t, url, userId, more = {}) {
  const auth = userId === undefined ? {} : { userId };
  const socket = io(url, {
    ...{ auth, forceNew: true, reconnection: false, transports: ['websocket'] },
    ...more,
  });
  atEnd(t, () => socket.disconnect());
  const link = {
    socket,
    announced: 0,
    /** `[feed, before, offset, event, ...args]` of each feed item. */
    items: [],
    /** `[event, ...args]` of every other event. */
    plain: [],
    read: (feed, position) => socket.timeout(20_000).emitWithAck('holdfast:read', feed, position),
    /** Resolves when everything that the server sent earlier on this connection has arrived. */
    barrier: () => link.read('', null),
  };
  socket.onAny((event, ...args) => {
    if (event === 'holdfast:feeds') link.announced += 1;
    else if (event === 'holdfast:item') link.items.push(args);
    else link.plain.push([event, ...args]);
  });
  await until(() => link.announced > 0, 'feeds are announced');
  return link;
}

/**
 * A store as an app writes it on top of a table: feed, number, tag, item. Each step waits for `pause`.
 *
 * @param {() => Promise<void> | void} [pause]
 */
export function tableStore(pause = () => {}) {
  /** @type {Map<string, import('../../pkg/server.d.ts').FeedRow[]>} */
  const table = new Map();
  const rowsOf = (feed) => table.get(feed) ?? [];
  return {
    table,
    async append(feed, row) {
      await pause();
      const rows = rowsOf(feed);
      const isNext = (rows.at(-1)?.number ?? -1) === row.number - 1;
      if (isNext) table.set(feed, [...rows, row]);
      await pause();
      return isNext;
    },
    async read(feed, from, count) {
      await pause();
      const rows = rowsOf(feed)
        .filter(({ number }) => number >= from)
        .slice(0, count);
      return { rows, end: rowsOf(feed).at(-1) };
    },
  };
}

export function upTo(count) {
  return Array.from({ length: count }, (_, n) => n);
}
