// Waits for a promise of the app's code or of a store, with a time limit.

import { isThenable } from './values.js';

/** The promise did not settle in time. */
export class Late extends Error {}

/**
 * @template T
 * @param {T | PromiseLike<T>} answer
 * @param {number} ms
 * @param {string} message of the `Late` after that
 * @returns {T | Promise<T>} the answer itself if it is no promise
 */
export function within(answer, ms, message) {
  if (!isThenable(answer)) return answer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const isLate = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Late(message)), ms);
    timer.unref?.();
  });
  const all = Promise.race([answer, isLate]);
  const clear = () => clearTimeout(timer);
  all.then(clear, clear);
  return /** @type {Promise<T>} */ (all);
}
