/** Callbacks that the app registered with us, none of which can keep another from being called. */

import { call } from './report.js';

/**
 * @template {unknown[]} A
 * @typedef {object} Listeners
 * @property {(fn: (...args: A) => unknown) => () => void} add a function added twice is called twice;
 *   the answer takes it away again
 * @property {(...args: A) => void} tell
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
      if (all.size === 0) return;
      for (const { fn } of [...all]) call(fn, ...args);
    },
  };
}

/** A memory of the last so many keys. @param {() => number} size */
export function createMemory(size) {
  /** @type {Set<unknown>} */
  const keys = new Set();
  return {
    /** Whether the key is new; from now on it is not. @param {unknown} key */
    isNew(key) {
      const isKnown = keys.delete(key);
      keys.add(key);
      while (keys.size > size()) keys.delete(keys.values().next().value);
      return !isKnown;
    },
    clear: () => keys.clear(),
  };
}
