/** The one client of `holdfast/socket`, and what is registered for it and for those after it. */

/**
 * @typedef {ReturnType<typeof import('./client.js').makeClient>} Client
 * @typedef {{ attach(client: Client): () => void, off: (() => void) | null }} Registration
 */

/**
 * One instance, however the package is imported: an app's ESM and a test's CommonJS share it.
 * @returns {{ client: Client | null, registrations: Set<Registration>,
 *   refused: Parameters<typeof import('../types/socket.d.ts').initializeSocket> | null }}
 */
export const shared = () => {
  const key = Symbol.for('holdfast@1');
  const world = /** @type {any} */ (globalThis);
  world[key] ??= { client: null, registrations: new Set(), refused: null };
  return world[key];
};

/**
 * Registers now, or as soon as there is a client, and again with the next one.
 * @param {(client: Client) => () => void} attach
 * @returns {() => void}
 */
export function register(attach) {
  const { client, registrations } = shared();
  const registration = { attach, off: client ? attach(client) : null };
  registrations.add(registration);
  return () => {
    registrations.delete(registration);
    registration.off?.();
    registration.off = null;
  };
}

/** Makes `client` the one, with all that is registered. @param {Client} client */
export function replaceClient(client) {
  const state = shared();
  state.client?.destroy();
  state.client = client;
  for (const registration of [...state.registrations]) {
    registration.off?.();
    registration.off = registration.attach(client);
  }
}
