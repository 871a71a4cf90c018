/** What a server's acknowledgement means. */

import { VERDICT } from './numbers.js';
import { call } from './report.js';

/** Codes that say that the message itself is wrong: sent again it would be refused again. */
const FINAL =
  /^(INVALID_.*|MISSING_.*|EMPTY_.*|VALIDATION_ERROR|FORBIDDEN|UNAUTHORIZED|NOT_FOUND)$/;

/**
 * @typedef {object} Answer
 * @property {number} verdict one of `VERDICT`
 * @property {number} span milliseconds, where the server said when to try again
 * @property {any} reply what the server said, `undefined` where it said nothing
 * @property {string} code the server's code, where it refused
 * @property {string} message the server's text, where it refused
 * @property {boolean} [retryable] where it is not the verdict that says so
 */

/**
 * @param {unknown[]} args what the acknowledgement was called with
 * @param {import('../types/settings.d.ts').Settings['send']} options
 * @returns {Answer}
 */
export function judge(args, options) {
  // Error first, as in Node: `ack(null, reply)`, and `ack(error, null)`.
  const [first, second] = /** @type {any[]} */ (args);
  const isErrorFirst = args.length === 2 && (first == null) !== (second == null);
  const reply = !isErrorFirst ? first : first == null ? second : { error: first };
  const [own, span] = options.verdict ? decided(options.verdict, reply) : UNDECIDED;
  if (own === 'refused') return refusal(reply, VERDICT.refused);
  if (own === 'retry') return refusal(reply, VERDICT.tryAgain);
  if (own === 'later') return refusal(reply, VERDICT.tryAfter, span);
  const code = codeOf(reply);
  // A repeat of what took effect took effect.
  const isAccepted = own === 'accepted' || !isRefusal(reply) || code === 'DUPLICATE_MESSAGE';
  if (isAccepted) return { verdict: VERDICT.accepted, span: 0, reply, code: '', message: '' };
  if (code === 'RATE_LIMITED') {
    const seconds = spanOf(reply.retryAfter);
    const named =
      spanOf(reply.retryAfterMs) ?? (seconds === undefined ? undefined : seconds * 1000);
    return refusal(reply, VERDICT.tryAfter, named ?? options.backoffMs);
  }
  const isFinal = FINAL.test(code) || options.final.includes(code);
  return refusal(reply, isFinal ? VERDICT.refused : VERDICT.tryAgain);
}

/** @param {any} reply @param {number} verdict @returns {Answer} */
const refusal = (reply, verdict, span = 0) => ({
  verdict,
  span,
  reply,
  code: codeOf(reply),
  message: messageOf(reply),
});

/** @type {[word: unknown, span: number]} */
const UNDECIDED = [undefined, 0];

/**
 * What a function of the app's makes of what the server said: a word of its own, or `later` with a span.
 * @param {((said: any) => any) | undefined} decide
 * @param {unknown} said
 * @returns {[word: unknown, span: number]}
 */
export const decided = (decide, said) =>
  call(() => {
    const own = decide?.(said);
    return own && typeof own === 'object' ? ['later', spanOf(own.retryAfterMs) ?? 0] : [own, 0];
  }) ?? UNDECIDED;

/** @param {any} reply */
const isRefusal = (reply) =>
  reply !== null &&
  typeof reply === 'object' &&
  (Boolean(reply.error) ||
    reply.success === false ||
    reply.ok === false ||
    reply.status === 'error');

/** @param {any} reply */
function codeOf(reply) {
  const code = reply?.code ?? reply?.error?.code ?? reply?.error;
  return typeof code === 'string' && code !== '' ? code : 'REFUSED';
}

/** @param {any} reply */
function messageOf(reply) {
  for (const text of [reply?.message, reply?.error?.message, reply?.error]) {
    if (typeof text === 'string' && text !== '') return text;
  }
  return 'The server refused the message';
}

/**
 * A wait of none is none: it would ask a busy server again at once, as often as it says so.
 * @param {any} value
 */
const spanOf = (value) =>
  ['number', 'string'].includes(typeof value) && value > 0 && value < Infinity
    ? Number(value)
    : undefined;
