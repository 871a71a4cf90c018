/** What to do with an exception that is somebody else's, which may be anything. */

import { idOf } from './credentials.js';

/**
 * Reports an exception of the app's, as the browser would report one of a listener of its own.
 * @param {unknown} error
 */
export function report(error) {
  try {
    (globalThis.reportError ?? console.error)(error);
  } catch {
    console.error('An exception');
  }
}

/**
 * What an exception says, or its name where it says nothing: a browser's QuotaExceededError may.
 * @param {any} error
 */
export function textOf(error) {
  try {
    return idOf(error?.message || error?.name || error) ?? 'no reason given';
  } catch {
    return 'no reason given';
  }
}

/**
 * Which kind of exception it is, where its text may hold a secret.
 * @param {any} error
 */
export function kindOfError(error) {
  try {
    return /^\w{0,40}(Error|Exception)$/.exec(error.name)?.[0] ?? 'no Error';
  } catch {
    return 'no Error';
  }
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
