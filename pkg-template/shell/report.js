/** Reports exceptions of the app's code, which may be any value. */

import { idOf } from './credentials.js';

/**
 * Reports an exception of the app as the browser reports one of an event listener.
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
 * The message of an exception, or its name if that is empty, as it may be for QuotaExceededError.
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
 * The class name of an exception, for messages that must not quote its text: it may contain a secret.
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
 * Calls a function of the app. An exception is reported, and goes no further.
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
