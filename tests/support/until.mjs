// Waiting for a condition instead of for a fixed time.

// The original functions, because a test may replace the globals.
const { setTimeout } = globalThis;
const now = performance.now.bind(performance);

/**
 * Calls `fn` repeatedly until its result is truthy, and resolves with that result.
 *
 * @template T
 * @param {() => T | Promise<T>} fn may throw or reject: that counts as "not yet" and is reported at the deadline
 * @param {string | (() => unknown)} what describes the condition, for the error at the deadline. A function is called
 *   only then, so that it can describe the current state
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

/** A promise together with its `resolve` and `reject` functions, for results that a callback reports. */
export function deferred() {
  const d = {};
  d.promise = new Promise((resolve, reject) => Object.assign(d, { resolve, reject }));
  return d;
}
