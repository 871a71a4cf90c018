/**
 * Reads an acknowledgement. The client and the server share this file: the client decides by it what settles a message,
 * the server which answers it keeps.
 *
 * | acknowledgement | meaning |
 * | --- | --- |
 * | `()`, `(x)` | `x` is the reply; a refusal if `x` is an object that refuses |
 * | `(null, x)` | as `(x)` |
 * | `(null, x, y)` | `[x, y]` is the reply; a refusal if `x` refuses |
 * | `(error, x)` | a refusal if `error` is an object that refuses; the reply is `[error, x]` |
 * | `(error, null)` | likewise, or if `error` looks like an encoded Error; the reply is `error` |
 * | `(x, y)` otherwise | `[x, y]` is the reply |
 */

/**
 * @typedef {object} Reading
 * @property {boolean} isAccepted
 * @property {any} reply the value, or a list if there were several
 * @property {string} code of a refusal
 * @property {string} message of a refusal
 * @property {number | undefined} [span] milliseconds after which to try again, if it names a time
 */

/**
 * @param {any[]} args the arguments of the acknowledgement
 * @returns {Reading}
 */
export function read(args) {
  const all = args.length > 1 && args[0] == null ? args.slice(1) : args;
  const [said, ...more] = all;
  try {
    const { error, code, message, retryAfterMs, retryAfter } = said ?? {};
    const isAlone = more.every((value) => value == null);
    const isError =
      typeof said === 'object' &&
      said !== null &&
      (error ||
        said.success === false ||
        said.ok === false ||
        said.status === 'error' ||
        said instanceof Error ||
        // An Error arrives as an object with a code, or without any field. It only counts as one before null.
        (more.length > 0 && isAlone && (code || JSON.stringify(said) === '{}')));
    const why = textOf([code, error?.code, error]) ?? 'REFUSED';
    return {
      // A duplicate of a message that took effect counts as accepted.
      isAccepted: !isError || why === 'DUPLICATE_MESSAGE',
      reply: more.length === 0 || (isError && isAlone) ? said : all,
      code: why.slice(0, LONGEST_CODE),
      message: textOf([message, error?.message, error, said]) ?? 'The server refused the message',
      span: spanOf(retryAfterMs) ?? spanOf(retryAfter, 1000),
    };
  } catch {
    // An acknowledgement that cannot be read is no refusal.
    return read([]);
  }
}

/**
 * Reads the verdict of the app's own function.
 * @param {any} own its return value
 * @param {string[]} words that it may return
 * @returns {[index?: number, span?: number | undefined]} the index of the word; the index after the last word, with a
 *   span, for `{ retryAfterMs }`; empty if it has no opinion
 * @throws {TypeError} for any other value
 */
export function opinion(own, words) {
  if (own == null) return [];
  const index = words.indexOf(own);
  if (index >= 0) return [index];
  if (own.retryAfterMs !== undefined) return [words.length, spanOf(own.retryAfterMs)];
  throw new TypeError(`A verdict is ${words}, or { retryAfterMs }`);
}

/** The words of a verdict about a message; the first means that it took effect. */
export const WORDS = ['accepted', 'refused', 'retry'];

/** The first value that is a text. @param {any[]} values @returns {string | undefined} */
const textOf = (values) => values.find((value) => typeof value === 'string' && value !== '');

/**
 * A time to wait, in milliseconds. Treats 0 as unset: a busy server would be asked again at once, without end.
 * @param {any} value
 * @param {number} [unitMs]
 */
const spanOf = (value, unitMs = 1) =>
  ['number', 'string'].includes(typeof value) && value > 0 && value * unitMs < Infinity
    ? Math.max(value * unitMs, LEAST_WAIT_MS)
    : undefined;

/** Codes are counted by the client, and a server may send any text. */
const LONGEST_CODE = 100;
/** With a shorter wait, a server would be asked hundreds of times a second. */
const LEAST_WAIT_MS = 100;
