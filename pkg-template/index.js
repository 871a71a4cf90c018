/** The entry `holdfast`: `createClient`. */

// biome-ignore assist/source/organizeImports: the wasm compresses best at the start of an app's bundle
import { wasm } from './module.js';

import { io } from 'socket.io-client';
import { makeClient } from './core.js';
import { expose } from './shell/internals.js';
import { outboxOf } from './shell/outbox.js';
import { checkName, send } from './shell/send.js';
import { createStats } from './shell/stats.js';

export { HoldfastError } from './core.js';
export { DeliveryError } from './shell/send.js';

/** Defaults of `createClient`: it emits nothing that the options do not name. */
const QUIET = { join: false, 'health.event': null, 'presence.request': [], feed: false };

/**
 * Makes a client over the app's own socket.io-client. It connects at `connect` or the first `send`.
 *
 * @param {import('./types/index.d.ts').Options} [options]
 * @returns {import('./types/index.d.ts').Client}
 * @throws {HoldfastError} if an option is invalid: it names the option, what it got and what it takes
 */
export function createClient(options) {
  const client = makeClient(options, io, wasm, QUIET);
  const { socket, disconnect, destroy, cancel, on, subscribe } = client;
  const { onSettled, getState } = client;
  const exposed = {
    socket,
    // A call by the app itself, not by one of its components, ends a logout.
    connect() {
      client.resetLogout();
      client.connect();
    },
    disconnect,
    logout: async () => client.logOut(),
    destroy,
    send: (/** @type {any[]} */ ...args) => send(client, .../** @type {[any]} */ (args)),
    cancel,
    remember(/** @type {string} */ event, /** @type {unknown[]} */ ...args) {
      checkName('remember', event);
      return client.remember(event, ...args);
    },
    followRoom(/** @type {string} */ room) {
      checkName('followRoom', room);
      return client.followRoom(room);
    },
    on,
    subscribe,
    onSettled,
    getState,
    stats: createStats(client),
    outbox: () => outboxOf(client),
  };
  return /** @type {any} */ (expose(exposed, client));
}
