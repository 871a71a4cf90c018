// What a test started ends in the reverse order: a page before the server that it talks to, so that a
// page's last request does not fail and count as the test's fault. Node runs its own hooks first to last.

/** What each test has to end. @type {WeakMap<import('node:test').TestContext, (() => unknown)[]>} */
const started = new WeakMap();

/**
 * Calls `end` when the test is over, after everything that was registered later.
 * @param {import('node:test').TestContext} t
 * @param {() => unknown} end may be async; what it throws fails the test, and the others are ended all the same
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
