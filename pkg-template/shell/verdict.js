/** What a server's acknowledgement means for its message. */

import { LEAST_WAIT_MS, opinion, read, WORDS } from '../common/acknowledgement.js';
import { VERDICT } from './numbers.js';
import { call } from './report.js';

/** Codes that say that the message itself is wrong: sent again it would be refused again. */
const FINAL =
  /^(INVALID_.*|MISSING_.*|EMPTY_.*|VALIDATION_ERROR|FORBIDDEN|UNAUTHORIZED|NOT_FOUND|DUPLICATE_ID)$/;

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
  const said = read(args);
  const { code } = said;
  // In the order of `VERDICT`.
  const [own, ownSpan] = decided(options.verdict, args, WORDS);
  const verdict =
    own ??
    (said.isAccepted
      ? VERDICT.accepted
      : code === 'RATE_LIMITED'
        ? VERDICT.tryAfter
        : FINAL.test(code) || options.final.includes(code)
          ? VERDICT.refused
          : VERDICT.tryAgain);
  const named = own === undefined ? said.span : ownSpan;
  const span = named ?? Math.max(options.backoffMs, LEAST_WAIT_MS);
  return { ...said, verdict, span: verdict === VERDICT.tryAfter ? span : 0 };
}

/** An event that refuses the message whose id it carries. @param {any} reply @param {number} verdict @returns {Answer} */
export const refusal = (reply, verdict) => ({ ...read([reply]), verdict, span: 0 });

/**
 * What a function of the app's decides about what the server said; nothing where it throws or answers nonsense,
 * which is reported.
 * @param {((...said: any[]) => any) | undefined} decide
 * @param {unknown[]} said
 * @param {string[]} words that it may answer
 * @returns {ReturnType<typeof opinion>}
 */
export const decided = (decide, said, words) => call(() => opinion(decide?.(...said), words)) ?? [];
