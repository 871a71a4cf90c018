/** Callbacks that the app registered with us, none of which can keep another from being called. */

import { call } from './report.js';

/**
 * @template {unknown[]} A
 * @typedef {object} Listeners
 * @property {(fn: (...args: A) => unknown) => () => void} add a function added twice is called twice;
 *   the answer takes it away again
 * @property {(...args: A) => void} tell
 * @property {() => boolean} any whether somebody is registered
 */

/**
 * @template {unknown[]} A
 * @returns {Listeners<A>}
 */
export function createListeners() {
  /** @type {Set<{ fn: (...args: A) => unknown }>} */
  const all = new Set();
  return {
    add(fn) {
      if (typeof fn !== 'function') return () => {};
      const entry = { fn };
      all.add(entry);
      return () => {
        all.delete(entry);
      };
    },
    tell(...args) {
      for (const { fn } of [...all]) call(fn, ...args);
    },
    any: () => all.size > 0,
  };
}

/** A memory of the last so many keys, and of what belongs to each. @template V @param {() => number} size */
export function createMemory(size) {
  /** @type {Map<unknown, V>} */
  const values = new Map();
  return {
    /**
     * What belongs to the key, if it is known. From now on it is, as the newest.
     * @param {unknown} key
     * @param {V} fresh what belongs to it if it is not
     */
    recall(key, fresh) {
      const value = values.get(key);
      values.delete(key);
      values.set(key, value ?? fresh);
      while (values.size > size()) values.delete(values.keys().next().value);
      return value;
    },
    values: () => values.values(),
    clear: () => values.clear(),
  };
}
