// An event and its arguments as the text that a store keeps.

import { snapshot } from './snapshot.js';
import { decode, encode } from './text.js';

/**
 * @typedef {[event: string, ...args: unknown[]]} Values
 *
 * @typedef {object} Item
 * @property {string} text
 * @property {Values | undefined} values as the publisher gave them, where each parser makes of them what it makes of the
 *   text: they may be emitted in this turn, before the publisher can change them
 * @property {string[]} lost what cannot be encoded and was replaced, in words
 */

/** @param {Values} values @returns {Item} */
export function itemOf(values) {
  try {
    const kind = kindOf(values, 0);
    if (kind !== SPECIAL) {
      const text = JSON.stringify(values);
      return { text, values: kind === PLAIN ? values : undefined, lost: NOTHING };
    }
  } catch {
    // A getter or toJSON of the app's threw: the snapshot names it.
  }
  const { copy, lost } = snapshot(values);
  return { text: MARK + encode(copy), values: undefined, lost };
}

/** What `itemOf` made the text of. @param {string} text @returns {Values} */
export function valuesOf(text) {
  return /** @type {Values} */ (text[0] === MARK ? decode(text.slice(1)) : JSON.parse(text));
}

/** What JSON makes of a value. @param {unknown} value @param {number} depth @returns {number} one of the kinds below */
function kindOf(value, depth) {
  if (typeof value !== 'object') {
    return typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol'
      ? SPECIAL
      : PLAIN;
  }
  if (value === null) return PLAIN;
  if (depth === DEEPEST) return SPECIAL;
  let kind = PLAIN;
  if (Array.isArray(value)) {
    for (const part of value) kind = Math.max(kind, kindOf(part, depth + 1));
    return kind;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Date.prototype) return OF_JSON;
  if (prototype !== Object.prototype && prototype !== null) return SPECIAL;
  const record = /** @type {Record<string, unknown>} */ (value);
  for (const name of Object.keys(record)) {
    kind = Math.max(kind, kindOf(record[name], depth + 1));
  }
  return kind;
}

/** JSON holds it as it is. */
const PLAIN = 0;
/** JSON makes another value of it, and other parsers another one still. */
const OF_JSON = 1;
/** JSON cannot hold it, or for all that is known cannot. */
const SPECIAL = 2;

/** What a text that is more than JSON begins with. */
const MARK = '!';
/** As the snapshot bounds it. @type {number} */
const DEEPEST = 1000;
/** @type {string[]} */
const NOTHING = [];
