/**
 * Makes results: the client's claim about how a message ended (`src/client/claim.rs`), as the object that the app gets.
 */

import { MESSAGES } from './errors.js';
import { CLAIM, CODES, CONFIRMATIONS } from './numbers.js';

/**
 * @typedef {object} Result how a message ended
 * @property {string} id
 * @property {string} [event] only if the message was accepted
 * @property {boolean} success
 * @property {string} [code]
 * @property {string} [message]
 * @property {any} reply the server's acknowledgement, if there was one
 * @property {boolean} maybeDelivered
 * @property {boolean} retryable
 * @property {'ack' | 'receipt' | 'echo'} [confirmedBy] how the success is known
 * @property {number} [rttMs] time from the last transmission to the answer
 *
 * @typedef {object} Answer the last answer to a message
 * @property {any} reply the server's reply; undefined if there was none
 * @property {string} code the server's code if it refused, or why the message cannot be sent
 * @property {string} message the text for `code`
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

/**
 * The audience of a result: 0 nobody, 1 its senders, 2 also `onError`, 3 also `onError`, since an earlier page load
 * sent it.
 */
export const audienceOf = (/** @type {number} */ claim) => Math.trunc(claim / CLAIM.audience) % 4;
