// Time in the test's hands, for spans that nobody wants to wait for. Sockets know no time and go on.

/**
 * From now on `Date.now`, `performance.now` and `setTimeout` stand still until they are told to go on.
 * Called before anything that sets a timer. `until` keeps to real time.
 *
 * @param {import('node:test').TestContext} t
 */
export function freezeTime(t) {
  const { clearTimeout: realClear } = globalThis;
  let now = Date.now();
  /** Those that are set, in the order in which they were. */
  const timers = new Set();

  const set = (fn, ms = 0, ...args) => {
    const timer = {
      refresh() {
        timers.delete(timer);
        timer.at = now + Math.max(1, Number(ms) || 0);
        timers.add(timer);
        return timer;
      },
      fire: () => fn(...args),
      ref: () => timer,
      unref: () => timer,
    };
    return timer.refresh();
  };
  t.mock.method(Date, 'now', () => now);
  t.mock.method(performance, 'now', () => now);
  t.mock.method(globalThis, 'setTimeout', set);
  t.mock.method(globalThis, 'clearTimeout', (timer) => timers.delete(timer) || realClear(timer));

  const nextDue = (by) => {
    let next;
    for (const timer of timers) if (timer.at <= by && !(next?.at <= timer.at)) next = timer;
    return next;
  };
  const fireAll = (by, onTime) => {
    for (let timer = nextDue(by); timer; timer = nextDue(by)) {
      onTime(timer.at);
      timers.delete(timer);
      timer.fire();
    }
  };

  return {
    now: () => now,

    /** Time goes on, and every timer fires at its own moment. */
    advance(ms) {
      const end = now + ms;
      fireAll(end, (at) => {
        now = Math.max(now, at);
      });
      now = end;
    },

    /** Time goes on, and what was due fires late, at the end: as in a hidden tab. */
    throttle(ms) {
      now += ms;
      fireAll(now, () => {});
    },
  };
}
