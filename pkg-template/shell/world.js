/** The one client of `holdfast/socket`, and what is registered for it and for those after it. */

/**
 * @typedef {ReturnType<typeof import('./client.js').makeClient>} Client
 * @typedef {{ attach(client: Client): () => void, off: (() => void) | null, by: object }} Registration
 *
 * @typedef {object} World
 * @property {Client | null} client
 * @property {Set<Registration>} registrations
 * @property {Parameters<typeof import('../types/socket.d.ts').initializeSocket> | null} refused
 * @property {object} [owner] the copy of the package that configured it first
 * @property {World} [beside] the one that another copy has
 */

const KEY = Symbol.for('holdfast@1');

/** Stands for this copy of the package: a page of several bundles has several. */
const copy = {};
/** This copy's, where another one had configured its own before. @type {World | undefined} */
let own;

/** @returns {World} */
const create = () => ({ client: null, registrations: new Set(), refused: null });

/**
 * One for all copies of the package, however it is imported: an app's ESM and a test's CommonJS share it. A copy that
 * configured another server or user than the one before it has its own.
 * @returns {World}
 */
export const shared = () => {
  const world = /** @type {any} */ (globalThis);
  world[KEY] ??= create();
  return own?.beside === world[KEY] ? /** @type {World} */ (own) : world[KEY];
};

/**
 * This copy configures a client.
 * @param {(client: Client) => boolean} isFor whether that is for the same server and user as the client that there is
 */
export function claim(isFor) {
  const state = shared();
  const isOthers = state.client !== null && state.owner !== copy;
  if (isOthers && !isFor(/** @type {Client} */ (state.client))) {
    own = { ...create(), beside: state };
    for (const registration of state.registrations) {
      if (registration.by !== copy) continue;
      registration.off?.();
      registration.off = null;
      state.registrations.delete(registration);
      own.registrations.add(registration);
    }
  }
  if (!shared().client) shared().owner = copy;
}

/**
 * Registers now, or as soon as there is a client, and again with the next one.
 * @param {(client: Client) => () => void} attach
 * @returns {() => void}
 */
export function register(attach) {
  const { client, registrations } = shared();
  const registration = { attach, off: client ? attach(client) : null, by: copy };
  registrations.add(registration);
  return () => {
    registrations.delete(registration);
    own?.registrations.delete(registration);
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
