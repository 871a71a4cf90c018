// The chain of a feed's offsets, and what a store's rows come to for a position in it.
//
// A store may hold anything: another one's backup, rows that somebody deleted, rows in another order. So nothing of it is
// handed on before each row is known to follow the one before.

/** @import { FeedEnd, FeedPage, FeedRow } from '../types/server.d.ts' */

/**
 * @typedef {{ rows: FeedRow[], end: string }} Found the rows after a position, as many as make a page
 * @typedef {{ reset: 'trimmed' | 'replaced', end: string }} Reset
 */

/** @param {FeedEnd} row */
export const offsetOf = ({ number, tag }) => `${number}.${tag}`;

/** @param {unknown} position what a client sent @returns {FeedEnd | undefined} nothing where it is no offset */
export function parseOffset(position) {
  if (typeof position !== 'string' || position.length > MAX_OFFSET_LENGTH) return undefined;
  const [, digits, tag] = OFFSET.exec(position) ?? [];
  const number = Number(digits);
  return Number.isSafeInteger(number) ? { number, tag } : undefined;
}

/** A tag by lot: one of two thousand million. */
export function newTag() {
  return pair() + pair() + pair();
}

const pair = () => PAIRS[Math.floor(Math.random() * PAIRS.length)];

/** Whether a store answered something that can be a place in a chain. @param {unknown} value @returns {value is FeedEnd} */
export function isEnd(value) {
  const { number, tag } = /** @type {Record<string, unknown>} */ (value ?? {});
  return (
    Number.isSafeInteger(number) && Number(number) >= 0 && typeof tag === 'string' && TAG.test(tag)
  );
}

/**
 * The rows after a position, or why there are none to be had.
 *
 * @param {FeedEnd} position
 * @param {FeedPage & { end: FeedEnd }} page what the store has from the position's number on
 * @param {{ count: number, bytes: number }} most
 * @param {(error: Error) => void} broken told where the rows are no chain
 * @returns {Found | Reset}
 */
export function rowsAfter(position, { rows, end }, most, broken) {
  // Rows may have come after the store was asked for its end.
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
    // The row of the position is gone, and nothing says what its tag was.
    if (tag === undefined) return lost('trimmed');
    if (tag !== position.tag) return lost('replaced');
    const found = wholeRows(isAtPosition ? rows.slice(1) : rows, position.number, end, most);
    if (found) return { rows: found, end: text };
  } else if (first.number > position.number && rows.every(({ number }) => number >= first.number)) {
    return lost('trimmed');
  }
  broken(new Error(`The store's rows after number ${position.number} of a feed are no chain`));
  return lost('replaced');
}

/**
 * The rows of one page, each of which follows the one before; nothing where one does not.
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
    // One at least, or the client could never go on.
    if (found.length > 0 && (bytes > most.bytes || found.length === most.count)) break;
    found.push(row);
  }
  return found.length > 0 ? found : undefined;
}

/** What a number and a tag may have, and more than any of ours does. */
const MAX_OFFSET_LENGTH = 100;
const OFFSET = /^(0|[1-9][0-9]*)\.([0-9a-z]{6,})$/;
const TAG = /^[0-9a-z]{6,64}$/;
/** Two characters of a tag each. Writing a number to the base of 36 takes five times as long. */
const PAIRS = Array.from({ length: 36 ** 2 }, (_, n) => n.toString(36).padStart(2, '0'));
