// Checks the chain of a feed's offsets: which of a store's rows follow a client's position.
//
// A store may have anything: another store's backup, gaps where rows were deleted, rows in another order. So rows are
// only handed on once each is known to follow the one before.

/** @import { FeedEnd, FeedPage, FeedRow } from '../types/server.d.ts' */

/**
 * @typedef {{ rows: FeedRow[], end: string }} Found one page of rows after a position
 * @typedef {{ reset: 'trimmed' | 'replaced', end: string }} Reset
 */

/** @param {FeedEnd} row */
export const offsetOf = ({ number, tag }) => `${number}.${tag}`;

/** @param {unknown} position what a client sent @returns {FeedEnd | undefined} undefined if it is no offset */
export function parseOffset(position) {
  if (typeof position !== 'string' || position.length > MAX_OFFSET_LENGTH) return undefined;
  const [, digits, tag] = OFFSET.exec(position) ?? [];
  const number = Number(digits);
  return Number.isSafeInteger(number) ? { number, tag } : undefined;
}

/** A random tag: one of two billion. */
export function newTag() {
  return pair() + pair() + pair();
}

const pair = () => PAIRS[Math.floor(Math.random() * PAIRS.length)];

/** Whether a store's answer can be the end of a chain. @param {unknown} value @returns {value is FeedEnd} */
export function isEnd(value) {
  const { number, tag } = /** @type {Record<string, unknown>} */ (value ?? {});
  return (
    Number.isSafeInteger(number) && Number(number) >= 0 && typeof tag === 'string' && TAG.test(tag)
  );
}

/**
 * The rows after a position, or why they cannot be read.
 *
 * @param {FeedEnd} position
 * @param {FeedPage & { end: FeedEnd }} page what the store has from the position's number on
 * @param {{ count: number, bytes: number }} most
 * @param {(error: Error) => void} broken called if the rows are no chain
 * @returns {Found | Reset}
 */
export function rowsAfter(position, { rows, end }, most, broken) {
  // Rows may have been added after the store read its end.
  const last = rows.at(-1);
  if (isEnd(last) && last.number > end.number) end = { number: last.number, tag: last.tag };
  const text = offsetOf(end);
  /** @param {'trimmed' | 'replaced'} reset @returns {Reset} */
  const lost = (reset) => ({ reset, end: text });
  if (position.number > end.number) return lost('replaced');
  if (position.number === end.number) {
    return position.tag === end.tag ? { rows: [], end: text } : lost('replaced');
  }

  const [first] = rows;
  if (!first) return lost('trimmed');
  const isAtPosition = first.number === position.number;
  if (isAtPosition || first.number === position.number + 1) {
    const tag = isAtPosition ? first.tag : first.before;
    // The position's row is gone, and its tag is unknown.
    if (tag === undefined) return lost('trimmed');
    if (tag !== position.tag) return lost('replaced');
    const found = wholeRows(isAtPosition ? rows.slice(1) : rows, position.number, end, most);
    if (found) return { rows: found, end: text };
  } else if (first.number > position.number && rows.every(({ number }) => number >= first.number)) {
    return lost('trimmed');
  }
  broken(new Error(`The store's rows after number ${position.number} of a feed are not a chain`));
  return lost('replaced');
}

/**
 * The rows of one page, each of which follows the one before; undefined if one does not.
 *
 * @param {FeedRow[]} rows
 * @param {number} number of the row before them
 * @param {FeedEnd} end
 * @param {{ count: number, bytes: number }} most
 */
function wholeRows(rows, number, end, most) {
  /** @type {FeedRow[]} */
  const found = [];
  let bytes = 0;
  for (const row of rows) {
    number += 1;
    if (!isEnd(row) || row.number !== number || typeof row.item !== 'string') return undefined;
    if (number === end.number && row.tag !== end.tag) return undefined;
    bytes += row.item.length;
    // At least one, or the client could never continue.
    if (found.length > 0 && (bytes > most.bytes || found.length === most.count)) break;
    found.push(row);
  }
  return found.length > 0 ? found : undefined;
}

/** The bound on an offset from a client; ours are shorter. */
const MAX_OFFSET_LENGTH = 100;
const OFFSET = /^(0|[1-9][0-9]*)\.([0-9a-z]{6,})$/;
const TAG = /^[0-9a-z]{6,64}$/;
/** All pairs of characters of a tag. Converting a number to base 36 each time takes five times as long. */
const PAIRS = Array.from({ length: 36 ** 2 }, (_, n) => n.toString(36).padStart(2, '0'));
