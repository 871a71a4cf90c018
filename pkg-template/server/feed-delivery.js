// Sends an item to whoever is connected: as `holdfast:item` to those who read the feed, as the plain event to the others
// in the app's room.

/**
 * @import { Place } from './feed-rooms.js'
 * @import { Values } from './feed-items.js'
 */

/**
 * @typedef {object} Delivery
 * @property {() => boolean} isAtOnce whether all that is sent is encoded before `send` returns
 * @property {(place: Place, before: string, offset: string, values: Values) => void} send
 */

/** @param {any} namespace of Socket.IO @returns {Delivery} */
export function delivery(namespace) {
  const recovers = Boolean(namespace.server?.opts?.connectionStateRecovery);
  /** The adapter that was looked at last. An app may set another one later. @type {unknown} */
  let adapter;
  let isLocal = false;

  function look() {
    if (namespace.adapter === adapter) return;
    adapter = namespace.adapter;
    isLocal = isPlainAdapter(adapter);
  }

  return {
    isAtOnce() {
      look();
      return isLocal;
    },

    send({ wire, room, pending, lost, plain }, before, offset, values) {
      look();
      // Readers first: one that begins to read between the two then has the item from the store alone.
      if (!isLocal || namespace.adapter.rooms.has(room)) {
        const readers = namespace.to(room);
        // Neither volatile nor kept for the recovery of lost connections, which would send items again and after a right
        // was taken away, and would add an argument. Socket.IO keeps what has no such flag at all.
        if (recovers && readers.flags) readers.flags.volatile = false;
        readers.emit('holdfast:item', wire, before, offset, ...values);
      }
      if (!isLocal || hasOthers(namespace.adapter.rooms, plain, room, pending)) {
        namespace
          .to(plain)
          .except(recovers ? [room, pending, lost] : [room, pending])
          .emit(...values);
      }
    },
  };
}

/** Whether it is the one of Socket.IO that knows this process alone and sends at once. @param {any} adapter */
function isPlainAdapter(adapter) {
  let depth = 0;
  for (let one = adapter; one; one = Object.getPrototypeOf(one)) depth += 1;
  return adapter.constructor?.name === 'Adapter' && depth === PLAIN_DEPTH;
}

/**
 * Whether somebody in the plain room is sent the plain event.
 *
 * @param {Map<string, Set<string>>} rooms
 * @param {string} plain
 * @param {string} room
 * @param {string} pending
 */
function hasOthers(rooms, plain, room, pending) {
  const members = rooms.get(plain);
  if (!members) return false;
  const reading = rooms.get(room);
  const asking = rooms.get(pending);
  for (const id of members) {
    if (!reading?.has(id) && !asking?.has(id)) return true;
  }
  return false;
}

/** The adapter itself, its class, EventEmitter and Object. */
const PLAIN_DEPTH = 4;
