/**
 * Remembered emits: what a server forgets with the connection, joins above all. This file recognizes them and has
 * their arguments; the engine decides when they are replayed.
 */

import { printOf } from './generations.js';
import { jsonOf } from './inbound.js';
import { TOLD } from './numbers.js';
import { copies } from './payload.js';

/**
 * @typedef {string | RegExp | { join: string, leave: string }} Pattern
 */

/** The longest arguments of a remembered emit, in characters of JSON. A join names a room, which is short. */
const LONGEST = 10_000;

/**
 * @param {() => import('../types/settings.d.ts').Settings} settings
 * @param {import('./engine.js').Engine} engine
 * @param {ReturnType<typeof import('./loose.js').createLoose>} loose
 */
export function createRemembered(settings, { note }, { emit, emitAsked }) {
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
    keyOf,
    /** Whether an emit is remembered. @param {string} event @param {readonly unknown[]} args */
    knows: (event, args) => values.has(keyOf(event, args)),

    /** An event is being sent: remembers a join, and forgets it at its leave. @param {{ data: unknown[], id?: number | undefined }} packet */
    noted({ data: [name, ...all], id }) {
      const event = String(name);
      for (const pattern of settings().session) {
        const { join = pattern, leave = undefined } = /** @type {any} */ (pattern);
        const isJoin = join instanceof RegExp ? event.search(join) >= 0 : join === event;
        if (!isJoin && event !== leave) continue;
        const args = copies(all, LONGEST, settings().io.parser);
        if (isJoin) note(TOLD.said, keep(event, args), id !== undefined);
        else {
          const key = keyOf(join, args);
          if (note(TOLD.unsaid, key)) values.delete(key);
        }
      }
    },

    /**
     * Emits now, and again after each reconnect.
     * @param {string} event
     * @param {unknown[]} all
     * @returns {() => void} forgets it, once every caller that remembered it has called its own
     * @throws {import('./errors.js').HoldfastError} if the arguments cannot be sent
     */
    remember(event, ...all) {
      const args = copies(all, LONGEST, settings().io.parser);
      const key = keep(event, args);
      const answer = note(TOLD.remember, key);
      if (answer % 2) emit(event, args);
      let use = Math.floor(answer / 2);
      return () => {
        if (note(TOLD.unremember, key, use)) values.delete(key);
        use = 0;
      };
    },

    /** Emits what is remembered. @param {number} key @param {number} isAsked whether with a callback */
    replay(key, isAsked) {
      const { event, args } = values.get(key) ?? {};
      if (event !== undefined) (isAsked ? emitAsked : emit)(event, args ?? []);
    },

    values,
  };
}
