/** Reads the options of the inspector's functions, which may be anything that an app passes. */

import { HoldfastError, kindOf } from '../core.js';

/** @typedef {[takes: string, fits: (value: any) => boolean]} Check */

/** What each option takes. @satisfies {Record<string, Check>} */
const CHECKS = {
  maxBytes: [
    'a whole number of bytes from 262144',
    (bytes) => Number.isInteger(bytes) && bytes >= 262_144,
  ],
  payloads: ['true or false', (payloads) => typeof payloads === 'boolean'],
  theme: ["'light' or 'dark'", (theme) => theme === 'light' || theme === 'dark'],
  client: ['a client or its Socket', (client) => typeof client === 'object'],
};

/**
 * The named options, as far as they are given.
 * @template {keyof typeof CHECKS} Name
 * @param {unknown} options
 * @param {Name[]} names
 * @returns {Partial<Record<Name, any>>}
 * @throws {HoldfastError} INVALID_OPTION: names the option, what it takes and what it got
 */
export function given(options, names) {
  if (options === undefined) return {};
  if (options === null || typeof options !== 'object') refuse('options', 'an object', options);
  /** @type {Partial<Record<Name, any>>} */
  const found = {};
  for (const name of names) {
    const value = read(/** @type {object} */ (options), name);
    if (value === undefined) continue;
    const [takes, fits] = CHECKS[name];
    if (!fits(value)) refuse(name, takes, value);
    found[name] = value;
  }
  return found;
}

/** A getter, or a proxy, may throw. @param {object} options @param {string} name */
function read(options, name) {
  try {
    return /** @type {any} */ (options)[name];
  } catch {
    throw new HoldfastError(
      'INVALID_OPTION',
      `The option ${name} of the inspector cannot be read: it throws`,
    );
  }
}

/** @param {string} name @param {string} takes @param {unknown} value @returns {never} */
function refuse(name, takes, value) {
  throw new HoldfastError(
    'INVALID_OPTION',
    `The option ${name} of the inspector takes ${takes}, got ${kindOf(value)}`,
  );
}
