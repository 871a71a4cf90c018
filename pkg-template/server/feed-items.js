// Converts an event and its arguments to the text that a store keeps: JSON, or an encoding of more values than JSON has.

import { snapshot } from './snapshot.js';
import { decode, encode } from './text.js';

/**
 * @typedef {[event: string, ...args: unknown[]]} Values
 *
 * @typedef {object} Item
 * @property {string} text
 * @property {string[]} lost describes values that cannot be encoded and were replaced
 */

/** @param {Values} values @returns {Item} */
export function itemOf(values) {
  try {
    if (isOfJson(values, 0)) return { text: JSON.stringify(values), lost: NOTHING };
  } catch {
    // A getter of the app threw: the snapshot reports it.
  }
  const { copy, lost } = snapshot(values);
  return { text: MARK + encode(copy), lost };
}

/** Whether an item's text is the JSON that Socket.IO would encode it as. @param {string} text */
export const isJson = (text) => text[0] !== MARK;

/** The values that `itemOf` made the text from. @param {string} text @returns {Values} */
export function valuesOf(text) {
  return /** @type {Values} */ (isJson(text) ? JSON.parse(text) : decode(text.slice(1)));
}

/** Whether JSON can represent a value. @param {unknown} value @param {number} depth @returns {boolean} */
function isOfJson(value, depth) {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'undefined':
      return true;
    case 'object':
      break;
    default:
      return false;
  }
  if (value === null) return true;
  if (depth === DEEPEST) return false;
  if (Array.isArray(value)) {
    for (const part of value) {
      if (!isOfJson(part, depth + 1)) return false;
    }
    return true;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return prototype === Date.prototype;
  // Not Object.keys: making the list takes half of the time.
  for (const name in value) {
    if (!isOfJson(/** @type {Record<string, unknown>} */ (value)[name], depth + 1)) return false;
  }
  return true;
}

/** The first character of a text that is not plain JSON. */
const MARK = '!';
/** The same bound as in the snapshot. @type {number} */
const DEEPEST = 1000;
/** @type {string[]} */
const NOTHING = [];
