/** What waits, and why: the view of the outbox that an app can show. */

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
    // A copy, as what is ours is what will be sent; made only for those who look. Nothing is lost of a copy.
    get data() {
      return copies(args, Infinity, true)[0];
    },
    get rest() {
      return copies(args, Infinity, true).slice(1);
    },
  }));
