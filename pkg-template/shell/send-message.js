/** `sendMessage`: calls its callback once if the message has to wait, and once with the result. */

import { MESSAGES } from './errors.js';
import { isObject } from './options.js';
import { put } from './payload.js';
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
    if (!client) {
      const message = MESSAGES.NOT_CONFIGURED;
      const result = { success: false, error: 'NOT_CONFIGURED', message, maybeDelivered: false };
      call(told, result);
      resolve(result);
      return;
    }
    const { event, idField } = client.settings().send;
    /** @type {unknown} */
    let own;
    try {
      own = data?.[idField];
    } catch {
      // `deliver` refuses this payload.
    }
    // Return the caller's own id: a number stays a number.
    const number = Number.isFinite(own) ? own : undefined;
    const settled = (/** @type {import('./result.js').Result} */ result) => {
      const answer = asReply(result, idField, number ?? result.id);
      call(told, answer);
      resolve(answer);
    };
    const queued = (/** @type {string} */ id) => told(notice(idField, number ?? id));
    const taken = client.deliver({ event, args: [data] }, told && queued, settled);
    if (!taken.isTaken) settled(taken.result);
  });
}

/** The callback's first argument at once, if the message has to wait. @param {string} idField @param {unknown} id */
const notice = (idField, id) => ({
  success: false,
  queued: true,
  message: 'Waiting for the connection',
  [idField]: id,
});

/** @param {any} answer @param {any} fields */
function fill(answer, fields) {
  for (const key of Object.keys(fields ?? {})) put(answer, key, fields[key]);
}

/**
 * The callback's final argument: the server's acknowledgement, with the fields that apps rely on.
 * @param {import('./result.js').Result} result
 * @param {string} idField
 * @param {unknown} id
 */
function asReply({ success, reply, code, message, maybeDelivered, confirmedBy }, idField, id) {
  /** @type {any} */
  const answer = {};
  // Assigned field by field: with a spread, each answer would have a new shape, and slow down the app's callback too.
  call(() => fill(answer, isObject(reply) || reply === undefined ? reply : { data: reply }));
  const ours = success
    ? { success, confirmedBy }
    : { success, error: code, message, maybeDelivered };
  Object.assign(answer, ours)[idField] = id;
  // A result is not a notice, even if the server's reply has this field.
  if ('queued' in answer) delete answer.queued;
  return answer;
}
