/** What the app is told of a message's end: the numbers that the client claims (`src/client/deliveries.rs`), as values. */

import { MESSAGES } from './errors.js';
import { CLAIM, CODES, CONFIRMATIONS } from './numbers.js';

/**
 * @typedef {object} Result how a message ended
 * @property {string} id
 * @property {string} [event] of a message that was taken
 * @property {boolean} success
 * @property {string} [code]
 * @property {string} [message]
 * @property {any} reply the server's own acknowledgement, if there was one
 * @property {boolean} maybeDelivered
 * @property {boolean} retryable
 * @property {'ack' | 'receipt' | 'echo'} [confirmedBy] how its end is known
 * @property {number} [rttMs] from its last transmission to its answer
 *
 * @typedef {object} Answer what was said of a message last
 * @property {any} reply what the server said, `undefined` where it said nothing
 * @property {string} code the server's code where it refused, or why the message cannot be sent
 * @property {string} message the text to it
 */

/**
 * @param {string} id
 * @param {number} claim by the tables `CODES` and `CLAIM`
 * @param {Answer | null} [answer]
 * @returns {Result}
 */
export function resultOf(id, claim, answer) {
  const code = CODES[claim % CLAIM.maybe];
  /** @type {Result} */
  const result = {
    id,
    success: code === 'SUCCESS',
    reply: answer?.reply,
    maybeDelivered: (claim & CLAIM.maybe) > 0,
    retryable: (claim & CLAIM.retryable) > 0,
  };
  if (!result.success) {
    const isSaid = answer && code === 'ANSWER';
    result.code = isSaid ? answer.code : code;
    result.message = isSaid
      ? answer.message
      : MESSAGES[/** @type {keyof typeof MESSAGES} */ (code)];
  }
  const confirmedBy = CONFIRMATIONS[Math.trunc(claim / CLAIM.by) % CONFIRMATIONS.length];
  if (confirmedBy) result.confirmedBy = confirmedBy;
  return result;
}

/** @param {string} id of a message that was never sent */
export const cancelled = (id) => resultOf(id, CODES.indexOf('CANCELLED'));

/** Who hears of it: nobody, those who sent it, `onError` as well, or that because they are of an earlier life. */
export const audienceOf = (/** @type {number} */ claim) => Math.trunc(claim / CLAIM.audience) % 4;
