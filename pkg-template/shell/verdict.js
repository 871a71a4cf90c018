/** Reads a server's acknowledgement, and asks the app's `verdict`. `src/client/verdict.rs` decides what follows. */

import { opinion, read, WORDS } from '../common/acknowledgement.js';
import { OPINION, READING } from './numbers.js';
import { call } from './report.js';

/** Codes that say that the message itself is wrong: the server would refuse it again. */
const FINAL =
  /^(INVALID_.*|MISSING_.*|EMPTY_.*|VALIDATION_ERROR|FORBIDDEN|UNAUTHORIZED|NOT_FOUND|DUPLICATE_ID)$/;

/**
 * @param {unknown[]} args the arguments of the acknowledgement
 * @param {import('../types/settings.d.ts').Settings['send']} options
 * @returns {import('./result.js').Answer & { verdictCode: number, span?: number, ownSpan?: number }} `verdictCode` by the tables
 *   `READING` and `OPINION`; the spans in milliseconds: when the server and the app want a retry, if they say so
 */
export function judge(args, options) {
  const words = /** @type {any} */ (read(args));
  const { code } = words;
  // `WORDS` has the order of the verdicts in `src/client/verdict.rs`.
  const [own = -1, ownSpan] = decided(options.verdict, args, WORDS);
  const reading = words.isAccepted
    ? READING.accepted
    : code === 'RATE_LIMITED'
      ? READING.limited
      : FINAL.test(code) || options.final.includes(code)
        ? READING.final
        : READING.failed;
  words.verdictCode = reading + OPINION * (own + 1);
  words.ownSpan = ownSpan;
  return words;
}

/**
 * Asks a function of the app about a server's answer. Returns [] if it throws or returns an unknown word, which is
 * reported.
 * @param {((...args: any[]) => any) | undefined} decide
 * @param {unknown[]} args
 * @param {string[]} words that it may return
 * @returns {ReturnType<typeof opinion>}
 */
export const decided = (decide, args, words) => call(() => opinion(decide?.(...args), words)) ?? [];
