/** What is behind a client that `createClient` made, for the other entries. */

import { HoldfastError } from './errors.js';

/** @typedef {import('./world.js').Client} Client */

/** @type {WeakMap<object, Client>} */
const clients = new WeakMap();

/** @template {object} T @param {T} exposed @param {Client} client @returns {T} */
export function expose(exposed, client) {
  clients.set(exposed, client);
  return exposed;
}

/** @param {object} exposed @returns {Client} @throws {HoldfastError} where it is no client of ours */
export function internals(exposed) {
  const client = clients.get(exposed);
  if (client) return client;
  throw new HoldfastError('INVALID_OPTION', 'The client takes what createClient answered');
}
