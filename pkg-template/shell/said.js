/**
 * What a server forgets with the connection, rooms above all: said again after each return, before the queue leaves.
 *
 * A recovered session is still in its rooms, so nothing is said then. Nor is what a listener of `connect` has
 * said by itself.
 */

import { jsonOf } from './inbound.js';
import { copies } from './payload.js';

/**
 * @typedef {string | RegExp | { join: string, leave: string }} Pattern
 *
 * @typedef {object} Said
 * @property {string} event
 * @property {readonly unknown[]} args
 * @property {boolean} isAsked the server was asked for an acknowledgement
 * @property {number} link the connection over which it was said last
 * @property {number} users calls of `remember` that were not taken back: components may want the same
 */

/** More than a page has rooms: what was said first is forgotten first. */
const MOST = 1000;
/** In characters of JSON. A join names a room; what is longer is no such thing. */
const LONGEST = 10_000;

/**
 * @param {() => readonly Pattern[]} patterns of what is emitted by the app itself
 * @param {(event: string, args: readonly unknown[], isAsked: boolean) => boolean} emit answers whether it left:
 *   without a connection it does not
 * @param {() => unknown} parser the app's own
 */
export function createSaid(patterns, emit, parser) {
  /** @type {Map<string, Said>} */
  const said = new Map();
  let link = 0;

  const keyOf = (/** @type {string} */ event, /** @type {readonly unknown[]} */ args) =>
    String(jsonOf([event, ...args]));

  /** At the end, as things are said again in the order in which they were said last. */
  const keep = (/** @type {string} */ event, /** @type {readonly unknown[]} */ args) => {
    const key = keyOf(event, args);
    const one = said.get(key) ?? { event, args, isAsked: false, link: -1, users: 0 };
    said.delete(key);
    said.set(key, one);
    if (said.size > MOST) said.delete(/** @type {string} */ (said.keys().next().value));
    return one;
  };

  return {
    /** An event is leaving over the present connection. @param {{ data: unknown[], id?: number }} packet */
    noted({ data: [name, ...all], id }) {
      const event = String(name);
      for (const pattern of patterns()) {
        const { join = pattern, leave = undefined } = /** @type {any} */ (pattern);
        const isJoin = join instanceof RegExp ? event.search(join) >= 0 : join === event;
        if (!isJoin && event !== leave) continue;
        const args = copies(all, LONGEST, parser());
        if (isJoin) Object.assign(keep(event, args), { isAsked: id !== undefined, link });
        else said.delete(keyOf(join, args));
      }
    },

    /**
     * Says something now, and again after each return.
     * @param {string} event
     * @param {unknown[]} all
     * @returns {() => void} forgets it, once all who remembered it have called theirs
     * @throws {import('./errors.js').HoldfastError} what cannot be sent
     */
    remember(event, ...all) {
      const args = copies(all, LONGEST, parser());
      const one = keep(event, args);
      let use = 1;
      one.users += use;
      if (emit(event, args, false)) one.link = link;
      return () => {
        one.users -= use;
        use = 0;
        const key = keyOf(event, args);
        if (one.users === 0 && said.get(key) === one) said.delete(key);
      };
    },

    /** A connection is up, and whoever listens has said what he has to. @param {boolean} isRecovered */
    again(isRecovered) {
      for (const one of said.values()) {
        if (one.link === link) continue;
        one.link = link;
        // A server that takes an acknowledgement for granted would fail without one.
        if (!isRecovered) emit(one.event, one.args, one.isAsked);
      }
    },

    /** What is said from now on goes over another connection. */
    linkLost() {
      link += 1;
    },

    /** The user is gone, and with him what was his. */
    forget: () => said.clear(),
  };
}
