/** A message with a callback that is told what it has to wait for, and then, once, how it ended. */

import { MESSAGES } from './errors.js';
import { call } from './report.js';

/**
 * @param {import('./world.js').Client | null} client
 * @param {any} data
 * @param {unknown} callback
 * @returns {Promise<any>} of the final result; never rejects
 */
export function sendMessage(client, data, callback) {
  const told = typeof callback === 'function' ? /** @type {any} */ (callback) : undefined;
  return new Promise((resolve) => {
    const finish = (/** @type {any} */ result) => {
      call(told, result);
      resolve(result);
    };
    if (!client) {
      const { NOT_CONFIGURED } = MESSAGES;
      finish({
        success: false,
        error: 'NOT_CONFIGURED',
        message: NOT_CONFIGURED,
        maybeDelivered: false,
      });
      return;
    }
    const { event, idField } = client.settings().send;
    /** @type {unknown} */
    let own;
    try {
      own = data?.[idField];
    } catch {
      // Refused below.
    }
    // The caller finds a message by the id that he gave it: a number stays one.
    const idFor = (/** @type {string} */ id) => ({ [idField]: Number.isFinite(own) ? own : id });
    const notice = (/** @type {string} */ id) =>
      told?.({
        success: false,
        queued: true,
        message: 'Waiting for the connection: the message is sent as soon as it is ready',
        ...idFor(id),
      });
    const settled = (/** @type {import('./deliveries.js').Result} */ result) =>
      finish({ ...asReply(result), ...idFor(result.id) });
    const taken = client.deliver({ event, data }, notice, settled);
    if (!taken.isTaken) settled(taken.result);
  });
}

/**
 * What the callback gets: the server's own acknowledgement, with what apps count on made sure of.
 * @param {import('./deliveries.js').Result} result
 */
function asReply({ success, reply, code, message, maybeDelivered }) {
  const fields =
    reply !== null && typeof reply === 'object' && !Array.isArray(reply)
      ? reply
      : reply === undefined
        ? {}
        : { data: reply };
  // Whatever the server wrote, this is no notice.
  const { queued, ...said } = fields;
  if (success) return { ...said, success };
  return { ...said, success, error: code, message, maybeDelivered };
}
