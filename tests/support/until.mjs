// Waiting for a condition, instead of for a time.

// The real ones, whatever a test puts in their place.
const { setTimeout } = globalThis;
const now = performance.now.bind(performance);

/**
 * Asks `fn` again and again until it answers something truthy, and resolves with that answer.
 *
 * @template T
 * @param {() => T | Promise<T>} fn may throw or reject: that counts as "not yet" and is reported at the deadline
 * @param {string | (() => unknown)} what what is waited for, for the failure message; a function is
 *   asked only when the deadline has passed, so that it can say what is missing
 * @param {number} [deadlineMs]
 * @param {number} [everyMs]
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(fn, what, deadlineMs = 10_000, everyMs = 20) {
  const started = now();
  let last;
  for (;;) {
    try {
      last = await fn();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    if (now() - started > deadlineMs) {
      const text = typeof what === 'function' ? await Promise.resolve().then(what) : what;
      const seen = last instanceof Error ? `; last error: ${last.message}` : '';
      throw new Error(`not within ${deadlineMs} ms: ${text}${seen}`);
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** A promise with its resolve function outside, for facts that a callback reports. */
export function deferred() {
  const d = {};
  d.promise = new Promise((resolve, reject) => Object.assign(d, { resolve, reject }));
  return d;
}
