/**
 * State that followed Sockets of one Manager share: the server's limits, the events of the connection, and the names of
 * receipts, so that an answer to one follower's receipt reaches only that follower.
 */

import { WIRE } from './numbers.js';
import { RECEIPT } from './wire.js';

/**
 * @typedef {object} Follower
 * @property {(what: number, engine: unknown, data: unknown) => void} hear something happened on the connection
 * @property {(packet: { nsp: string }) => void} onPacket a packet arrived that is no other follower's receipt
 * @property {() => void} onClose the connection is gone
 *
 * @typedef {object} Watched
 * @property {() => number} heartbeat the longest silence that the server's own heartbeat allows, in milliseconds
 * @property {() => number} maxPayload the largest message that the server accepts, in bytes; 0 if it names no limit
 * @property {(follower: Follower) => number} join adds a follower, which hears of the current connection. Returns its
 *   index, which its receipts are named by
 * @property {(index: number, count: number) => void} asks notes that the follower at this index asked for receipts
 * @property {(index: number) => void} leave removes the follower at this index
 */

/** How many receipt names one client uses: `NAMES` in `src/client/receipts.rs`, and one that asks for several. */
export const NAMES = 9;

/** Used while the server has not named its heartbeat: never over. */
const UNKNOWN_MS = 2 ** 40;

/** @type {WeakMap<object, Watched>} */
const watched = new WeakMap();

/**
 * Starts sharing a Manager, once. After a connection nothing here keeps a reference to a Socket.
 * @param {any} manager
 * @returns {Watched}
 */
export function watchManager(manager) {
  const known = watched.get(manager);
  if (known) return known;

  /** The current connection, or the last one. @type {any} */
  let engine;
  let [heartbeat, maxPayload] = [UNKNOWN_MS, 0];
  /** The followers by index. @type {(Follower | undefined)[]} */
  let followers = [];
  /** The count of unanswered receipts of each index. @type {number[]} */
  let owed = [];
  /** Removes the listeners on the connection. @type {(() => void)[]} */
  const heard = [];

  const on = (
    /** @type {any} */ emitter,
    /** @type {string} */ event,
    /** @type {(data: any) => void} */ listener,
  ) => {
    emitter.on(event, listener);
    heard.push(() => emitter.off(event, listener));
  };
  const each = (/** @type {(follower: Follower) => void} */ run) => {
    for (const follower of [...followers]) if (follower) run(follower);
  };

  const onPacket = (/** @type {any} */ packet) => {
    const nsp = String(packet.nsp);
    if (!nsp.startsWith(RECEIPT)) return each((one) => one.onPacket(packet));
    const index = Math.trunc(Number(nsp.slice(RECEIPT.length)) / NAMES);
    owed[index] -= 1;
    followers[index]?.onPacket(packet);
  };

  const listen = () => {
    const of = engine;
    for (const [event, what] of /** @type {const} */ ([
      ['packet', WIRE.heard],
      ['drain', WIRE.drained],
      ['upgrade', WIRE.upgraded],
      ['upgradeError', WIRE.upgradeFailed],
    ])) {
      on(of, event, (data) => each((one) => one.hear(what, of, data)));
    }
    on(of, 'close', () => each((one) => one.onClose()));
    // Before the Sockets get the packet.
    on(manager.decoder, 'decoded', onPacket);
  };

  const meet = (/** @type {any} */ next) => {
    engine = next;
    owed = [];
    [heartbeat, maxPayload] = [UNKNOWN_MS, 0];
    next?.on('handshake', (/** @type {any} */ data) => {
      if (next !== engine) return;
      heartbeat = data.pingInterval + data.pingTimeout || UNKNOWN_MS;
      maxPayload = data.maxPayload ?? 0;
    });
  };
  meet(manager.engine);
  // The Manager makes a new engine for each connection. It reports the server's limits once, before anything else
  // listens: so watch the assignment.
  Object.defineProperty(manager, 'engine', {
    configurable: true,
    enumerable: true,
    get: () => engine,
    set: meet,
  });

  /** @type {Watched} */
  const shared = {
    heartbeat: () => heartbeat,
    maxPayload: () => maxPayload,

    join(follower) {
      if (heard.length === 0) listen();
      let index = 0;
      // Skip an index whose former follower still has answers to come.
      while (followers[index] || owed[index] > 0) index += 1;
      followers[index] = follower;
      owed[index] = 0;
      return index;
    },

    asks(index, count) {
      owed[index] += count;
    },

    leave(index) {
      followers[index] = undefined;
      if (followers.some(Boolean)) return;
      followers = [];
      for (const undo of heard.splice(0)) undo();
    },
  };
  watched.set(manager, shared);
  return shared;
}
