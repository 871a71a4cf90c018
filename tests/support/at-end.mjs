// Cleanup in reverse order of setup: a page is closed before the server that it talks to, so that the page's last
// request cannot fail and fail the test. Node runs its own `after` hooks in the order in which they were registered.

/** The cleanup functions of each test. @type {WeakMap<import('node:test').TestContext, (() => unknown)[]>} */
const started = new WeakMap();

/**
 * Calls `end` when the test is over, before every function that was registered earlier.
 * @param {import('node:test').TestContext} t
 * @param {() => unknown} end may be async. An error fails the test; the other functions still run
 */
export function atEnd(t, end) {
  const known = started.get(t);
  if (known) {
    known.push(end);
    return;
  }
  const ends = [end];
  started.set(t, ends);
  t.after(() => endAll(ends));
}

async function endAll(ends) {
  const errors = [];
  while (ends.length) {
    try {
      await ends.pop()();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join('\n'));
  if (errors.length) throw errors[0];
}
