/**
 * What followers of Sockets share that share a Manager: what its server said of the connection, who hears of it, and the
 * names of receipts, so that an answer to one of them is nobody else's.
 */

import { WIRE } from './numbers.js';
import { RECEIPT } from './wire.js';

/**
 * @typedef {object} Follower
 * @property {(what: number, engine: unknown, said: unknown) => void} hear something happened on the connection
 * @property {(packet: { nsp: string }) => void} onPacket a packet came that is nobody else's
 * @property {() => void} onClose the connection is gone
 *
 * @typedef {object} Watched
 * @property {() => number} heartbeat the longest silence that the server's own heartbeat allows, in milliseconds
 * @property {() => number} maxPayload the bytes of the largest message that the server takes; 0 where it names none
 * @property {(follower: Follower) => number} join hears of the connection that there is. Answers the index under which
 *   receipts are asked for
 * @property {(index: number, count: number) => void} asks receipts are asked for
 * @property {(index: number) => void} leave hears nothing any more
 */

/** As many names as one client has: `NAMES` in `src/client/receipts.rs` and the one that asks for many. */
export const NAMES = 9;

/** A heartbeat that nobody named is never over. */
const UNKNOWN_MS = 2 ** 40;

/** @type {WeakMap<object, Watched>} */
const watched = new WeakMap();

/**
 * Nothing that is kept here for longer than a connection holds a Socket.
 * @param {any} manager
 * @returns {Watched}
 */
export function watchManager(manager) {
  const known = watched.get(manager);
  if (known) return known;

  /** The connection that there is, or was. @type {any} */
  let engine;
  let [heartbeat, maxPayload] = [UNKNOWN_MS, 0];
  /** By their places. @type {(Follower | undefined)[]} */
  let followers = [];
  /** Receipts that are not answered, by the places of those who asked. @type {number[]} */
  let owed = [];
  /** Undoes what is heard of the connection. @type {(() => void)[]} */
  const heard = [];

  const on = (
    /** @type {any} */ emitter,
    /** @type {string} */ event,
    /** @type {(said: any) => void} */ listener,
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
      on(of, event, (said) => each((one) => one.hear(what, of, said)));
    }
    on(of, 'close', () => each((one) => one.onClose()));
    // Before the Sockets get it.
    on(manager.decoder, 'decoded', onPacket);
  };

  const meet = (/** @type {any} */ next) => {
    engine = next;
    owed = [];
    [heartbeat, maxPayload] = [UNKNOWN_MS, 0];
    next?.on('handshake', (/** @type {any} */ said) => {
      if (next !== engine) return;
      heartbeat = said.pingInterval + said.pingTimeout || UNKNOWN_MS;
      maxPayload = said.maxPayload ?? 0;
    });
  };
  meet(manager.engine);
  // Each connection is another one, and says once what its server allows, before anybody else can hear it.
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
      // What is still answered to one who has left is not for the next one.
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
