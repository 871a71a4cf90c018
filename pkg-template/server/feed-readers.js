// Who may read which feed. A connection that may is in the feed's room, and one whose right is being asked for in its
// pending room: whatever takes it out of these, in whatever process, has taken the right away.

import { isOwn, lostRoom, OWN, roomFeedNames, userFeedNames, userRoom } from './feed-rooms.js';
import { idText, isThenable } from './values.js';
import { Late, within } from './within.js';

/**
 * @import { FeedNames } from './feed-rooms.js'
 *
 * @typedef {object} FeedSocket what is used of a Socket of the server
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
  /** Whose each connection is, null for nobody's. @type {WeakMap<FeedSocket, string | null>} */
  const users = new WeakMap();
  /** The rooms that `authorize` is being asked for. @type {WeakMap<FeedSocket, Map<string, Promise<Right>>>} */
  const questions = new WeakMap();

  /**
   * Whose the connection is by now. One that has become another's leaves all that the one before could read.
   *
   * @param {FeedSocket} socket
   * @throws {TypeError} where `userId` answers no id, and whatever it throws
   */
  function identify(socket) {
    const answer = userId(socket);
    // An error all the same, which a rejection that nobody handles would not let anybody see.
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
   * Asks the app, with the connection in the pending room.
   *
   * @param {FeedSocket} socket
   * @param {FeedNames} names
   * @returns {Promise<Right>}
   */
  async function ask(socket, names) {
    await join(socket, names.pending);
    let right = await opinion(socket, /** @type {string} */ (names.wire));
    // Revoked meanwhile.
    if (right === 'allowed' && !socket.rooms.has(names.pending)) right = 'forbidden';
    // Into the one before it is out of the other: between the two it would be sent plain events.
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
      // The answer was about the user of before. A connection that is another's by now has left the pending room.
      identify(socket);
    } catch (error) {
      report(error, 'userId', socket);
      return 'unknown';
    }
    return 'allowed';
  }

  return {
    /** Notes whose a new connection is, where that is known by now. @param {FeedSocket} socket */
    meet(socket) {
      // One that Socket.IO has recovered brings its rooms along, whatever has happened since.
      leaveAll(socket);
      try {
        const id = identify(socket);
        if (id !== null && socket.handshake?.query?.holdfast === 'feeds') {
          expectRead(socket, userFeedNames(id, plainRoom(id)).pending);
        }
      } catch {
        // Asked again, and reported, at the first read.
      }
    },

    /** Leaves rooms that Socket.IO would give back to a recovered connection. @param {FeedSocket} socket */
    lose(socket) {
      for (const room of [...socket.rooms]) {
        const instead = lostRoom(room);
        if (instead === undefined) continue;
        socket.leave(room);
        join(socket, instead);
      }
    },

    /** A connection wants a room's feed no longer. @param {FeedSocket} socket @param {unknown} room as the client names it */
    leave(socket, room) {
      if (typeof room !== 'string' || room === '') return;
      const names = roomFeedNames(room);
      socket.leave(names.room);
      socket.leave(names.pending);
    },

    /**
     * Lets a connection into the room of a feed, if it may read it.
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
     * Whether a connection that was let in still may read the feed.
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
 * A client that reads its feed first thing is sent no plain events before that: the answer holds them as items.
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
 * @param {FeedSocket} socket one that is gone would keep the room alive
 * @param {string} room
 * @returns {unknown} a promise where the adapter takes a while
 */
function join(socket, room) {
  if (!socket.connected) return undefined;
  const joined = socket.join(room);
  // A failure shows afterwards: the connection is not in the room.
  return isThenable(joined) ? joined.then(undefined, () => {}) : undefined;
}

/** One that has said that it reads, and does not, gets plain events from then on. */
const FIRST_READ_MS = 10_000;
const LATE = 'authorize did not answer in time';
