/** A list of callbacks of the app: one that throws does not keep the others from being called. */

import { call } from './report.js';

/**
 * @template {unknown[]} A
 * @typedef {object} Listeners
 * @property {(fn: (...args: A) => unknown) => () => void} add a function added twice is called twice; returns what
 *   removes it
 * @property {(...args: A) => void} tell
 * @property {() => boolean} any whether there is a callback
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
