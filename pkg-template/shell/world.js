/** The page's one client for `holdfast/socket`, and the callbacks that are registered on it and on its successors. */

/**
 * @typedef {ReturnType<typeof import('./client.js').makeClient>} Client
 * @typedef {{ attach(client: Client): () => void, off: (() => void) | null, by: object }} Registration
 *
 * @typedef {object} World
 * @property {Client | null} client
 * @property {Set<Registration>} registrations
 * @property {Parameters<typeof import('../types/socket.d.ts').initializeSocket> | null} refused
 * @property {object} [owner] the copy of the package that configured the client first
 * @property {World} [beside] the world that another copy had configured before
 */

const KEY = Symbol.for('holdfast@1');

/** Identifies this copy of the package: a page of several bundles has several. */
const copy = {};
/** This copy's own world, if another copy had configured a different client before. @type {World | undefined} */
let own;

/** @returns {World} */
const create = () => ({ client: null, registrations: new Set(), refused: null });

/**
 * The world that all copies of the package share, for example an app's ESM and a test's CommonJS. A copy that configures
 * another server or user than the first one has a world of its own.
 * @returns {World}
 */
export const shared = () => {
  const world = /** @type {any} */ (globalThis);
  world[KEY] ??= create();
  return own?.beside === world[KEY] ? /** @type {World} */ (own) : world[KEY];
};

/**
 * This copy configures a client: gives it its own world if needed.
 * @param {(client: Client) => boolean} isFor whether it is for the same server and user as an existing client
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
 * Registers on the current client, if there is one, and on each that follows.
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

/** Replaces the client, and registers everything on the new one. @param {Client} client */
export function replaceClient(client) {
  const state = shared();
  state.client?.destroy();
  state.client = client;
  for (const registration of [...state.registrations]) {
    registration.off?.();
    registration.off = registration.attach(client);
  }
}
