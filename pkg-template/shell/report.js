/** What to do with an exception that is somebody else's. */

/**
 * Reports an exception of the app's, as the browser would report one of a listener of its own.
 * @param {unknown} error
 */
export function report(error) {
  if (typeof globalThis.reportError === 'function') globalThis.reportError(error);
  else console.error(error);
}

/**
 * Calls a function of the app's. If it throws it is reported, and nobody else suffers.
 * @template {unknown[]} A
 * @template R
 * @param {((...args: A) => R) | null | undefined} fn
 * @param {A} args
 * @returns {R | undefined}
 */
export function call(fn, ...args) {
  try {
    return fn?.(...args);
  } catch (error) {
    report(error);
    return undefined;
  }
}
