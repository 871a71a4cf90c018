/** `getOutbox`: the unsettled messages and what each waits for, as an app can show them. */

import { copies } from '../core.js';
import { STANDINGS } from './numbers.js';

/**
 * @param {ReturnType<typeof import('../core.js').makeClient>} client
 * @returns {import('../types/index.d.ts').Waiting[]} in send order
 */
export const outboxOf = (client) =>
  [...client.entries()].map(({ id, event, args, lane, attempts, answer, seq }) => ({
    id,
    event,
    lane,
    waitsFor: /** @type {any} */ (STANDINGS[client.standing(seq)]),
    attempts,
    code: answer?.code || null,
    // A copy, since the original will be sent; made only when it is read. `true` as the parser: the copy loses nothing.
    get data() {
      return copies(args, Infinity, true)[0];
    },
    get rest() {
      return copies(args, Infinity, true).slice(1);
    },
  }));
