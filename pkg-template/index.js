/** The reliability layer itself. */

import { makeClient } from './core.js';

export { DeliveryError, HoldfastError } from './core.js';

/**
 * A client over the app's own socket.io-client. Nothing connects before `connect` or the first `send`.
 *
 * @param {import('./types/index.d.ts').Options} [options]
 * @returns {import('./types/index.d.ts').Client}
 * @throws {HoldfastError} where an option is wrong: it names the option, what it got and what it takes
 */
export function createClient(options) {
  const { socket, connect, disconnect, logout, destroy, send, cancel, on, ...rest } =
    makeClient(options);
  const { subscribe, onSettled, getState } = rest;
  return /** @type {any} */ ({
    socket,
    connect,
    disconnect,
    logout,
    destroy,
    send,
    cancel,
    on,
    subscribe,
    onSettled,
    getState,
  });
}
