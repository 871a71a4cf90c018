/** What a server's acknowledgement says, for `src/client/verdict.rs` to decide what it means. */

import { opinion, read, WORDS } from '../common/acknowledgement.js';
import { OPINION, READING } from './numbers.js';
import { call } from './report.js';

/** Codes that say that the message itself is wrong: sent again it would be refused again. */
const FINAL =
  /^(INVALID_.*|MISSING_.*|EMPTY_.*|VALIDATION_ERROR|FORBIDDEN|UNAUTHORIZED|NOT_FOUND|DUPLICATE_ID)$/;

/**
 * @param {unknown[]} args what the acknowledgement was called with
 * @param {import('../types/settings.d.ts').Settings['send']} options
 * @returns {import('./result.js').Answer & { said: number, span?: number, ownSpan?: number }} `said` by the tables
 *   `READING` and `OPINION`; spans in milliseconds, where one was named
 */
export function judge(args, options) {
  const words = /** @type {any} */ (read(args));
  const { code } = words;
  // In the order of the verdicts there.
  const [own = -1, ownSpan] = decided(options.verdict, args, WORDS);
  const reading = words.isAccepted
    ? READING.accepted
    : code === 'RATE_LIMITED'
      ? READING.limited
      : FINAL.test(code) || options.final.includes(code)
        ? READING.final
        : READING.failed;
  words.said = reading + OPINION * (own + 1);
  words.ownSpan = ownSpan;
  return words;
}

/**
 * What a function of the app's decides about what the server said; nothing where it throws or answers nonsense,
 * which is reported.
 * @param {((...said: any[]) => any) | undefined} decide
 * @param {unknown[]} said
 * @param {string[]} words that it may answer
 * @returns {ReturnType<typeof opinion>}
 */
export const decided = (decide, said, words) => call(() => opinion(decide?.(...said), words)) ?? [];
