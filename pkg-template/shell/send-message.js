/** A message with a callback that is told what it has to wait for, and then, once, how it ended. */

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
      // Refused below.
    }
    // The caller finds a message by the id that he gave it: a number stays one.
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

/** What the callback gets at once where the message has to wait. @param {string} idField @param {unknown} id */
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
 * What it gets in the end: the server's own acknowledgement, with what apps count on made sure of.
 * @param {import('./result.js').Result} result
 * @param {string} idField
 * @param {unknown} id
 */
function asReply({ success, reply, code, message, maybeDelivered, confirmedBy }, idField, id) {
  /** @type {any} */
  const answer = {};
  // Field by field: of a spread each would be another shape, for the app's callback too.
  call(() => fill(answer, isObject(reply) || reply === undefined ? reply : { data: reply }));
  const ours = success
    ? { success, confirmedBy }
    : { success, error: code, message, maybeDelivered };
  Object.assign(answer, ours)[idField] = id;
  // Whatever the server wrote, this is no notice.
  if ('queued' in answer) delete answer.queued;
  return answer;
}
