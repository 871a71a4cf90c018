// A clock that only the test moves, for time spans that are too long to wait for. Sockets are not affected.

/**
 * Replaces `Date.now`, `performance.now` and `setTimeout` by a clock that stands still until the test moves it.
 * Call it before anything sets a timer. `until` keeps using real time.
 *
 * @param {import('node:test').TestContext} t
 */
export function freezeTime(t) {
  const { clearTimeout: realClear } = globalThis;
  let now = Date.now();
  /** The pending timers, in the order in which they were set. */
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

    /** Moves the clock; every timer fires at its own time. */
    advance(ms) {
      const end = now + ms;
      fireAll(end, (at) => {
        now = Math.max(now, at);
      });
      now = end;
    },

    /** Moves the clock to the end first; the timers that are due then fire late, as in a hidden tab. */
    throttle(ms) {
      now += ms;
      fireAll(now, () => {});
    },
  };
}
