/** Assigns a row of the timeline to each message: the row below the previous message if it is free, else the first free row. */

import { beginOf, endOf } from './words.js';

/** @typedef {import('../replay.js').Message} Message */

/** Room behind a message, in pixels: for its name, or only for the sign at its end. */
const ROOM = { name: 120, end: 12 };
/** With more messages for each row than this, there is no room for names. */
const FEW = 6;

/** A message keeps its row until all are packed anew, so that rows do not jump while messages come and go. */
export class Rows {
  /** @type {Map<number, number>} */
  #rows = new Map();
  #gap = 0;
  #isTight = false;

  /**
   * Leaves room for names where that needs no more rows than `most`.
   * @param {readonly Message[]} messages in send order
   * @param {number} now
   * @param {{ unit: number, most: number, from: number, to: number }} room `unit`: milliseconds in a pixel; `most`: rows that
   *   are high enough for a name; `from` and `to`: the shown span
   * @returns {ReadonlyMap<number, number>} by `n`
   */
  assign(messages, now, { unit, most, from, to }) {
    if (this.#isTight && shownCount(messages, now, from, to) < most * FEW) {
      // Loose again only where that leaves rows free, or it would change back with the next message.
      const loose = pack(messages, now, unit * ROOM.name, most, new Map());
      if (countIn(messages, now, loose, from, to) <= most / 2) this.clear();
    }
    const gap = unit * (this.#isTight ? ROOM.end : ROOM.name);
    if (gap !== this.#gap) this.#rows.clear();
    this.#gap = gap;
    this.#rows = pack(messages, now, gap, this.#isTight ? 0 : most, this.#rows);
    if (!this.#isTight && countIn(messages, now, this.#rows, from, to) > most) {
      this.#isTight = true;
      this.#gap = unit * ROOM.end;
      this.#rows = pack(messages, now, this.#gap, 0, new Map());
    }
    return this.#rows;
  }

  clear() {
    this.#rows = new Map();
    this.#isTight = false;
    this.#gap = 0;
  }
}

/**
 * @param {readonly Message[]} messages
 * @param {number} now
 * @param {number} gap the least span between two messages of a row, in milliseconds
 * @param {number} stairs rows that may be filled like stairs, which shows the send order
 * @param {ReadonlyMap<number, number>} before rows that stay
 */
function pack(messages, now, gap, stairs, before) {
  /** @type {Map<number, number>} */
  const rows = new Map();
  /** When each row is free. @type {number[]} */
  const free = [];
  let last = -1;
  for (const message of messages) {
    const begin = beginOf(message);
    const isFree = (/** @type {number} */ at) => at <= begin;
    let row = before.get(message.n) ?? -1;
    if (row < 0 && last + 1 < stairs && !free.every(isFree) && isFree(free[last + 1] ?? 0)) {
      row = last + 1;
    }
    if (row < 0) row = free.findIndex(isFree);
    if (row < 0) row = free.length;
    last = row;
    rows.set(message.n, row);
    while (free.length < row) free.push(0);
    const end = message.state === 'settled' ? endOf(message, now) + gap : Infinity;
    free[row] = Math.max(free[row] ?? 0, end);
  }
  return rows;
}

/**
 * @param {readonly Message[]} messages
 * @param {number} now
 * @param {number} from
 * @param {number} to
 */
const shownCount = (messages, now, from, to) =>
  messages.filter((message) => endOf(message, now) >= from && beginOf(message) <= to).length;

/**
 * The number of rows that the shown span needs.
 * @param {readonly Message[]} messages
 * @param {number} now
 * @param {ReadonlyMap<number, number>} rows
 * @param {number} from
 * @param {number} to
 */
function countIn(messages, now, rows, from, to) {
  let count = 0;
  for (const message of messages) {
    if (endOf(message, now) < from || beginOf(message) > to) continue;
    count = Math.max(count, 1 + (rows.get(message.n) ?? 0));
  }
  return count;
}
