/**
 * What a server forgets with the connection, rooms above all: which emits are such, and what they say. When it is said
 * again is the engine's to decide.
 */

import { printOf } from './generations.js';
import { jsonOf } from './inbound.js';
import { TOLD } from './numbers.js';
import { copies } from './payload.js';

/**
 * @typedef {string | RegExp | { join: string, leave: string }} Pattern
 */

/** In characters of JSON. A join names a room; what is longer is no such thing. */
const LONGEST = 10_000;

/**
 * @param {() => readonly Pattern[]} patterns of what is emitted by the app itself
 * @param {(event: string, args: readonly unknown[], isAsked: boolean) => void} emit
 * @param {() => unknown} parser the app's own
 * @param {(what: number, a?: number | boolean, b?: number | boolean) => number} note tells the engine
 */
export function createSaid(patterns, emit, parser, note) {
  /** @type {Map<number, { event: string, args: readonly unknown[] }>} */
  const values = new Map();

  const keyOf = (/** @type {string} */ event, /** @type {readonly unknown[]} */ args) =>
    printOf(String(jsonOf([event, ...args])));

  const keep = (/** @type {string} */ event, /** @type {readonly unknown[]} */ args) => {
    const key = keyOf(event, args);
    values.set(key, { event, args });
    return key;
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
        if (isJoin) note(TOLD.said, keep(event, args), id !== undefined);
        else {
          const key = keyOf(join, args);
          if (note(TOLD.unsaid, key)) values.delete(key);
        }
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
      const key = keep(event, args);
      const answer = note(TOLD.remember, key);
      if (answer % 2) emit(event, args, false);
      let use = Math.floor(answer / 2);
      return () => {
        if (note(TOLD.unremember, key, use)) values.delete(key);
        use = 0;
      };
    },

    /** By its key. @param {number} key @param {number} isAsked with a callback */
    say(key, isAsked) {
      const { event, args } = values.get(key) ?? {};
      if (event !== undefined) emit(event, args ?? [], isAsked > 0);
    },

    values,
  };
}
