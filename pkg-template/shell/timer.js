/** Timers. What they are for, and for how long they are set, is the module's to say. */

/**
 * Calls `then` after so many milliseconds, for which a process of Node stays alive unless the app wants its sockets to
 * let it end.
 * @param {() => void} then
 * @param {number} ms
 * @param {{ autoUnref?: unknown }} io the app's options for socket.io-client
 */
export function later(then, ms, io) {
  const timer = setTimeout(then, ms);
  if (io.autoUnref) /** @type {any} */ (timer).unref?.();
  return timer;
}
