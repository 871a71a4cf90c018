/**
 * The engine's time, made of two clocks.
 *
 * `performance.now()` never runs backwards but may stand still while the machine sleeps. `Date.now()`
 * goes on, but may be set. So time is the first, plus whatever lead the second gains on it: that is
 * sleep, or a clock set forward, which looks the same and costs a probe.
 */

/** A lead smaller than this is the two clocks' own difference. */
const SLEEP_MS = 2000;

/** @param {(now: number) => void} onWake the machine slept since the time was asked for last */
export function createClock(onWake) {
  let monotonic = performance.now();
  let wall = Date.now();
  let elapsed = 0;
  /** @returns {number} milliseconds since the clock was made */
  return () => {
    const shown = Date.now();
    // The other clock costs more to read, and time counts whole milliseconds.
    if (shown === wall) return elapsed;
    const passed = performance.now() - monotonic;
    const lead = shown - wall - passed;
    monotonic += passed;
    wall = shown;
    const slept = lead > SLEEP_MS;
    elapsed += slept ? passed + lead : passed;
    if (slept) onWake(elapsed);
    return elapsed;
  };
}

/**
 * Lets a process of Node end while this timer runs, where the app wants that of its sockets.
 * @param {any} timer
 * @param {{ autoUnref?: unknown }} io the app's options for socket.io-client
 */
export const unref = (timer, io) => io.autoUnref && timer.unref?.();
