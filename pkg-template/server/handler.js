// Runs a handler, and makes one answer from the ways to give one: ack, a return value, a promise, an exception.

import { snapshot } from './snapshot.js';

/**
 * @import { Call } from './deduplicator.js'
 * @import { Reply } from '../types/server.d.ts'
 */

/**
 * @typedef {object} Outcome
 * @property {Reply} reply
 * @property {boolean} isHandled whether the reply is the handler's own
 */

/**
 * Runs the handler now and resolves with its answer. Never rejects.
 *
 * @param {Pick<Call, 'socket' | 'handler' | 'args' | 'report'>} call
 * @param {number} timeoutMs when a handler that is still running is given up
 * @returns {Promise<Outcome>}
 */
export function run({ handler, socket, args, report }, timeoutMs) {
  return new Promise((resolve) => {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let overdue;
    let isAnswered = false;

    /** @param {Reply} reply @param {boolean} isHandled */
    const answer = (reply, isHandled) => {
      // Later calls change nothing: a promise resolves once.
      isAnswered = true;
      clearTimeout(overdue);
      resolve({ reply, isHandled });
    };
    /** @param {unknown} error */
    const fail = (error) => {
      // Report it even after an answer, when it has no other effect.
      report(error, 'handler');
      answer(failure(), false);
    };
    /** @param {unknown[]} reply */
    const ack = (...reply) => {
      if (isError(reply[0])) return fail(reply[0]);
      if (isAnswered) return;
      const { copy, lost } = snapshot(reply);
      if (lost.length > 0) report(new TypeError(unencodable(lost)), 'ack');
      answer(copy, true);
    };
    /** @param {unknown} value */
    const returned = (value) => {
      if (value !== undefined) ack(value);
      if (!isAnswered) giveUpAfter(Math.min(ANSWER_GRACE_MS, timeoutMs), NO_ANSWER, 'ack');
    };
    /** @param {number} ms @param {(seconds: number) => string} why @param {'handler' | 'ack'} at */
    const giveUpAfter = (ms, why, at) => {
      clearTimeout(overdue);
      const wholeMs = Math.min(ms, LONGEST_TIMER_MS);
      overdue = setTimeout(() => {
        report(new Error(why(wholeMs / 1000)), at);
        answer(failure(), false);
      }, wholeMs);
      overdue.unref?.();
    };

    try {
      const result = handler.call(socket, ...args, ack);
      if (!isAnswered) giveUpAfter(timeoutMs, STILL_AT_WORK, 'handler');
      Promise.resolve(result).then(returned, fail);
    } catch (error) {
      fail(error);
    }
  });
}

/** The answer to the client after a failure on the server: no details, only that it may try again. @returns {Reply} */
export function failure() {
  const error = 'The server could not process this message';
  return [{ error, code: 'INTERNAL_ERROR', timestamp: new Date().toISOString() }];
}

/** Never throws, for a value that may be anything. @param {unknown} value */
function isError(value) {
  try {
    return value instanceof Error;
  } catch {
    return false;
  }
}

/** @param {string[]} lost */
const unencodable = (lost) =>
  `The acknowledgement has values that Socket.IO cannot encode: ${lost.join(', ')}. The message counts as handled and was answered without them; pass plain data to ack`;

/**
 * How long a handler that returned without an answer may take to call `ack`. By then every client has given the message
 * up; without a bound the message would stay in progress for ever.
 */
const ANSWER_GRACE_MS = 60_000;
const NO_ANSWER = (/** @type {number} */ seconds) =>
  `The handler returned, but did not answer within ${seconds} s: it has to call ack or to return a value (null for an empty acknowledgement)`;
const STILL_AT_WORK = (/** @type {number} */ seconds) =>
  `The handler was still running after ${seconds} s (handlerTimeoutMs), so its message was given up; a repeat runs the handler again`;
/** The longest timer in Node. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
