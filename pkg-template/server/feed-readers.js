// Decides who may read which feed. A connection with the right is in the feed's room, and one whose right is being
// checked is in the feed's pending room: whatever takes it out of these, in any process, revokes the right.

import { isOwn, lostRoom, OWN, roomFeedNames, userFeedNames, userRoom } from './feed-rooms.js';
import { idText, isThenable } from './values.js';
import { Late, within } from './within.js';

/**
 * @import { FeedNames } from './feed-rooms.js'
 *
 * @typedef {object} FeedSocket the parts of a server's Socket that are used
 * @property {string} id
 * @property {boolean} connected
 * @property {Set<string>} rooms
 * @property {(rooms: string | string[]) => unknown} join
 * @property {(room: string) => unknown} leave
 * @property {(event: string, listener: (...args: any[]) => void) => unknown} on
 * @property {(event: string, ...args: unknown[]) => unknown} emit
 * @property {any} [conn]
 * @property {{ query?: Record<string, unknown> }} [handshake]
 *
 * @typedef {'allowed' | 'forbidden' | 'unknown'} Right
 *
 * @typedef {object} Rights
 * @property {(socket: any) => unknown} userId
 * @property {((socket: any, room: string) => unknown) | undefined} authorize
 * @property {(id: string) => string} plainRoom of a user
 * @property {number} timeoutMs
 * @property {(error: unknown, at: 'userId' | 'authorize', socket: FeedSocket) => void} report
 */

/** @param {Rights} rights */
export function readers({ userId, authorize, plainRoom, timeoutMs, report }) {
  /** The user of each connection; null if nobody is logged in. @type {WeakMap<FeedSocket, string | null>} */
  const users = new WeakMap();
  /** The calls of `authorize` in progress, by room. @type {WeakMap<FeedSocket, Map<string, Promise<Right>>>} */
  const questions = new WeakMap();

  /**
   * The current user of a connection. If the user has changed, it leaves all rooms that the former one could read.
   *
   * @param {FeedSocket} socket
   * @throws {TypeError} if `userId` returns no id; also whatever `userId` throws
   */
  function identify(socket) {
    const answer = userId(socket);
    // A promise is an error, thrown below; an unhandled rejection would end the process first.
    if (isThenable(answer)) answer.then(undefined, () => {});
    const id = idText(answer);
    const known = users.get(socket);
    if (known === id) return id;
    if (known !== undefined) leaveAll(socket);
    users.set(socket, id);
    if (id !== null) join(socket, userRoom(id));
    return id;
  }

  /**
   * Asks the app, while the connection is in the pending room.
   *
   * @param {FeedSocket} socket
   * @param {FeedNames} names
   * @returns {Promise<Right>}
   */
  async function ask(socket, names) {
    await join(socket, names.pending);
    let right = await opinion(socket, /** @type {string} */ (names.wire));
    // The right was revoked meanwhile.
    if (right === 'allowed' && !socket.rooms.has(names.pending)) right = 'forbidden';
    // Join one room before leaving the other: in neither, the connection would get plain events.
    const joined = right === 'allowed' && join(socket, names.room);
    socket.leave(names.pending);
    await joined;
    return right;
  }

  /** @param {FeedSocket} socket @param {string} room @returns {Promise<Right>} */
  async function opinion(socket, room) {
    if (!authorize) return 'forbidden';
    try {
      const answer = await within(authorize(socket, room), timeoutMs, LATE);
      if (answer !== true) return 'forbidden';
    } catch (error) {
      report(error, 'authorize', socket);
      return error instanceof Late ? 'unknown' : 'forbidden';
    }
    try {
      // The answer was about the user at that time. If the user has changed, this leaves the pending room.
      identify(socket);
    } catch (error) {
      report(error, 'userId', socket);
      return 'unknown';
    }
    return 'allowed';
  }

  return {
    /** Identifies the user of a new connection, if that is known already. @param {FeedSocket} socket */
    meet(socket) {
      // A connection that Socket.IO recovered returns with its rooms, but rights may have changed since.
      leaveAll(socket);
      try {
        const id = identify(socket);
        if (id !== null && socket.handshake?.query?.holdfast === 'feeds') {
          expectRead(socket, userFeedNames(id, plainRoom(id)).pending);
        }
      } catch {
        // The first read asks again, and reports the error.
      }
    },

    /** A connection was lost: leaves rooms that Socket.IO would return to it if it recovers. @param {FeedSocket} socket */
    lose(socket) {
      for (const room of [...socket.rooms]) {
        const instead = lostRoom(room);
        if (instead === undefined) continue;
        socket.leave(room);
        join(socket, instead);
      }
    },

    /** A connection stops reading a room's feed. @param {FeedSocket} socket @param {unknown} room as the client names it */
    leave(socket, room) {
      if (typeof room !== 'string' || room === '') return;
      const names = roomFeedNames(room);
      socket.leave(names.room);
      socket.leave(names.pending);
    },

    /**
     * Adds a connection to the room of a feed, if it may read that.
     *
     * @param {FeedSocket} socket
     * @param {string | null} feed as the client names it
     * @returns {Promise<FeedNames | Exclude<Right, 'allowed'>>}
     */
    async admit(socket, feed) {
      /** @type {string | null} */
      let id;
      /** @type {FeedNames} */
      let names;
      try {
        id = identify(socket);
        if (feed === null && id === null) return 'forbidden';
        names = feed === null ? userFeedNames(`${id}`, plainRoom(`${id}`)) : roomFeedNames(feed);
      } catch (error) {
        report(error, 'userId', socket);
        return 'unknown';
      }
      if (feed === null) {
        const joined = join(socket, names.room);
        socket.leave(names.pending);
        await joined;
        return names;
      }
      if (!authorize || feed.startsWith(OWN)) return 'forbidden';
      if (socket.rooms.has(names.room)) return names;
      const asked = questions.get(socket) ?? new Map();
      questions.set(socket, asked);
      let question = asked.get(feed);
      if (!question) {
        question = ask(socket, names).finally(() => asked.delete(feed));
        asked.set(feed, question);
      }
      const right = await question;
      return right === 'allowed' ? names : right;
    },

    /**
     * Whether a connection that was admitted still may read the feed.
     *
     * @param {FeedSocket} socket
     * @param {FeedNames} names
     * @returns {Right}
     */
    right(socket, names) {
      try {
        identify(socket);
      } catch (error) {
        report(error, 'userId', socket);
        return 'unknown';
      }
      return socket.connected && socket.rooms.has(names.room) ? 'allowed' : 'forbidden';
    },
  };
}

/**
 * A client that said that it will read its feed gets no plain events before that: the read returns them as items.
 *
 * @param {FeedSocket} socket
 * @param {string} pending
 */
function expectRead(socket, pending) {
  join(socket, pending);
  setTimeout(() => socket.leave(pending), FIRST_READ_MS).unref?.();
}

/** @param {FeedSocket} socket */
function leaveAll(socket) {
  for (const room of [...socket.rooms]) {
    if (isOwn(room)) socket.leave(room);
  }
}

/**
 * Joins a room; not for a lost connection, which would keep the room alive.
 * @param {FeedSocket} socket
 * @param {string} room
 * @returns {unknown} a promise if the adapter is asynchronous
 */
function join(socket, room) {
  if (!socket.connected) return undefined;
  const joined = socket.join(room);
  // Ignore a failure: callers check whether the connection is in the room.
  return isThenable(joined) ? joined.then(undefined, () => {}) : undefined;
}

/** A client that announced a read but does not read gets plain events after this time. */
const FIRST_READ_MS = 10_000;
const LATE = 'authorize did not answer in time';
