/** Finds the inner client of one that `createClient` made, for the other entries, also across copies of the package. */

import { HoldfastError } from '../core.js';

const KEY = Symbol.for('holdfast client@1');

/** @template {object} T @param {T} exposed @param {import('./world.js').Client} client @returns {T} */
export const expose = (exposed, client) => Object.defineProperty(exposed, KEY, { value: client });

/** @param {any} exposed @returns {import('./world.js').Client} @throws {HoldfastError} where it is no client of ours */
export function internals(exposed) {
  try {
    if (exposed?.[KEY]) return exposed[KEY];
  } catch {
    // A getter or a proxy threw: not our client.
  }
  throw new HoldfastError('INVALID_OPTION', 'The option client takes what createClient returned');
}
