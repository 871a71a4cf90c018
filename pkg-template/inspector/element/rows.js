/** Which row of the timeline each message has: the first one that is free when the app sends it. */

import { beginOf, endOf } from './words.js';

/** @typedef {import('../replay.js').Message} Message */

/** A message keeps its row for as long as the gap is the same, so nothing jumps while messages come and go. */
export class Rows {
  /** @type {Map<number, number>} */
  #rows = new Map();
  #gap = 0;

  /**
   * @param {readonly Message[]} messages in send order
   * @param {number} now
   * @param {number} gap the least span between two messages of a row, in milliseconds
   */
  assign(messages, now, gap) {
    if (gap !== this.#gap) this.clear();
    this.#gap = gap;
    const present = new Set(messages.map(({ n }) => n));
    for (const n of this.#rows.keys()) if (!present.has(n)) this.#rows.delete(n);
    /** When each row is free. @type {number[]} */
    const free = [];
    for (const message of messages) {
      const begin = beginOf(message);
      let row = this.#rows.get(message.n);
      if (row === undefined) {
        row = free.findIndex((at) => at <= begin);
        if (row < 0) row = free.length;
        this.#rows.set(message.n, row);
      }
      while (free.length < row) free.push(0);
      const end = message.state === 'settled' ? endOf(message, now) + gap : Infinity;
      free[row] = Math.max(free[row] ?? 0, end);
    }
    return this.#rows;
  }

  clear() {
    this.#rows.clear();
  }
}
