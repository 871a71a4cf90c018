/** Sets a timer. The module decides what timers are for and how long they run. */

/**
 * Calls `then` after `ms` milliseconds. The timer keeps a Node process alive unless the app sets `autoUnref`.
 * @param {() => void} then
 * @param {number} ms
 * @param {{ autoUnref?: unknown }} io the app's options for socket.io-client
 */
export function later(then, ms, io) {
  const timer = setTimeout(then, ms);
  if (io.autoUnref) /** @type {any} */ (timer).unref?.();
  return timer;
}
