// `createFeed`: what a server publishes reaches each listener once and in order, also one that was away. docs/protocol.md
// describes the messages.

import { appender } from './feed-append.js';
import { delivery } from './feed-delivery.js';
import { itemOf } from './feed-items.js';
import { filledFeed, namespaceOf } from './feed-options.js';
import { publisher } from './feed-publisher.js';
import { readers } from './feed-readers.js';
import { MAX_FEED_LENGTH, reading } from './feed-reading.js';
import { OWN, roomFeedNames, userFeedNames, userRoom } from './feed-rooms.js';
import { checking, idText, Misuse, printFailure, show } from './values.js';

/**
 * @import { FeedErrorContext, RoomFeed, UserFeed } from '../types/server.d.ts'
 * @import { FeedSocket } from './feed-readers.js'
 * @import { FeedNames } from './feed-rooms.js'
 */

/** @type {typeof import('../types/server.d.ts').createFeed} */
export function createFeed(io, options) {
  const settings = checking('createFeed', () => filledFeed(options));
  const { store, limits, timeoutMs, onError } = settings;
  const namespace = checking('createFeed', () => namespaceOf(io));

  /** @param {unknown} error @param {FeedErrorContext['at']} at @param {FeedSocket} [socket] @param {string} [feed] */
  function report(error, at, socket, feed) {
    try {
      onError(error, { at, socket, feed });
    } catch (second) {
      printFailure('onError itself failed', second);
    }
  }

  /** @param {string} id */
  function plainRoom(id) {
    const room = settings.userRoom(id);
    if (typeof room === 'string' && room !== '') return room;
    throw new TypeError(`userRoom takes a function that answers a room, got ${show(room)} from it`);
  }

  const access = readers({ ...settings, plainRoom, report });
  const answerReads = reading({ ...settings, readers: access, report });
  const storeThenSend = publisher(
    appender(store, limits),
    delivery(namespace),
    timeoutMs,
    (error, names) => report(error, 'emit', undefined, names.key),
  );
  const recovers = Boolean(namespace.server?.opts?.connectionStateRecovery);

  /** @param {FeedSocket} socket */
  function attach(socket) {
    access.meet(socket);
    if (recovers) socket.on('disconnecting', () => access.lose(socket));
    socket.on('holdfast:read', answerReads(socket));
    socket.on('holdfast:leave', (room) => access.leave(socket, room));
    socket.emit('holdfast:feeds', VERSION);
  }

  namespace.on('connection', attach);
  for (const socket of namespace.sockets.values()) attach(socket);

  /** @param {FeedNames} names @param {string} event @param {unknown[]} args @returns {Promise<void>} */
  function publish(names, event, args) {
    const fault = faultOf(event);
    if (fault) return Promise.reject(new TypeError(`publish(event, ...args): ${fault}`));
    const item = itemOf([event, ...args]);
    if (item.lost.length > 0) {
      const error = new TypeError(
        `A published item has values that Socket.IO cannot encode: ${item.lost.join(', ')}. It was published without them; pass plain data to publish`,
      );
      report(error, 'encode', undefined, names.key);
    }
    return storeThenSend(names, item.text);
  }

  /** Handles that `user` returned, reused for speed. @type {Map<string, UserFeed>} */
  const users = new Map();
  /** @type {Map<string, RoomFeed>} */
  const rooms = new Map();

  return {
    user(user) {
      const id = typeof user === 'string' && user ? user : idOf('feed.user(id)', user);
      return users.get(id) ?? remember(users, id, makeUser(id));
    },

    room(room) {
      return rooms.get(room) ?? remember(rooms, room, makeRoom(room));
    },
  };

  /** @param {string} id @returns {UserFeed} */
  function makeUser(id) {
    const names = userFeedNames(id, plainRoom(id));
    return { publish: (event, ...args) => publish(names, event, args) };
  }

  /** @param {string} room @returns {RoomFeed} */
  function makeRoom(room) {
    checkRoom(room);
    const names = roomFeedNames(room);
    return {
      publish: (event, ...args) => publish(names, event, args),
      async revoke(user) {
        const id = idOf('revoke(userId)', user);
        const all = namespace.in([userRoom(id), plainRoom(id)]);
        all.socketsLeave([names.room, names.pending, names.plain]);
      },
    };
  }
}

/**
 * Keeps a handle. Drops all of them when there are too many, instead of tracking which are still used.
 *
 * @template T
 * @param {Map<string, T>} handles
 * @param {string} name
 * @param {T} handle
 */
function remember(handles, name, handle) {
  if (handles.size >= MOST_HANDLES) handles.clear();
  handles.set(name, handle);
  return handle;
}

/** @param {string} name of the function @param {unknown} user */
function idOf(name, user) {
  let id = null;
  try {
    id = idText(user);
  } catch {
    // Refused below.
  }
  if (id === null) throw new Misuse(`${name} takes the id of a user, got ${show(user)}`);
  return id;
}

/** @param {unknown} room */
function checkRoom(room) {
  if (typeof room !== 'string' || room === '' || room.length > MAX_FEED_LENGTH) {
    throw new Misuse(
      `feed.room(room) takes a text of 1 to ${MAX_FEED_LENGTH} characters, got ${show(room)}`,
    );
  }
  if (room.startsWith(OWN)) {
    throw new Misuse(`feed.room(room): rooms that begin with ${OWN} are the package's own`);
  }
}

/** Describes why a name is no valid event name; undefined if it is. @param {unknown} event */
function faultOf(event) {
  if (typeof event !== 'string' || event === '') {
    return `event takes the name of an event, got ${show(event)}`;
  }
  if (RESERVED.has(event)) return `${event} is an event of Socket.IO's own`;
  if (event.startsWith(OWN)) return `events that begin with ${OWN} are the package's own`;
  return undefined;
}

/** The version of the protocol. */
const VERSION = 1;
const MOST_HANDLES = 10_000;
const RESERVED = new Set([
  ...['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'],
]);
