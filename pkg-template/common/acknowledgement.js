/**
 * What an acknowledgement means: one table for the client, which gets it, and for the server, which keeps
 * the answer of what took effect.
 *
 * | acknowledgement | meaning |
 * | --- | --- |
 * | `()`, `(x)` | `x` is the reply, and a refusal where it is an object that refuses |
 * | `(null, x)` | as `(x)` |
 * | `(null, x, y)` | `[x, y]` is the reply, and a refusal where `x` refuses |
 * | `(error, x)` | a refusal where `error` is an object that refuses; the reply is all of it |
 * | `(error, null)` | likewise, and where `error` is what an encoded Error looks like; the reply is `error` |
 * | `(x, y)` otherwise | `[x, y]` is the reply |
 */

/**
 * @typedef {object} Reading
 * @property {boolean} isAccepted
 * @property {any} reply what was said: one value, or a list where there were several
 * @property {string} code of a refusal
 * @property {string} message of a refusal
 * @property {number | undefined} [span] milliseconds after which to try again, where it names a time
 */

/**
 * @param {any[]} args what the acknowledgement was called with
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
        // Before nothing but null: an Error reaches the other side with a code, or with nothing.
        (more.length > 0 && isAlone && (code || JSON.stringify(said) === '{}')));
    const why = textOf([code, error?.code, error]) ?? 'REFUSED';
    return {
      // A repeat of what took effect took effect.
      isAccepted: !isError || why === 'DUPLICATE_MESSAGE',
      reply: more.length === 0 || (isError && isAlone) ? said : all,
      code: why.slice(0, LONGEST_CODE),
      message: textOf([message, error?.message, error, said]) ?? 'The server refused the message',
      span: spanOf(retryAfterMs) ?? spanOf(retryAfter, 1000),
    };
  } catch {
    // What cannot be read refuses nothing.
    return read([]);
  }
}

/**
 * What an app's own function makes of it.
 * @param {any} own what it answered
 * @param {string[]} words that it may answer
 * @returns {[place?: number, span?: number | undefined]} the word's place; that behind the last word with a span, where it says when
 *   to try again; nothing where it has no opinion
 * @throws {TypeError} on anything else
 */
export function opinion(own, words) {
  if (own == null) return [];
  const place = words.indexOf(own);
  if (place >= 0) return [place];
  if (own.retryAfterMs !== undefined) return [words.length, spanOf(own.retryAfterMs)];
  throw new TypeError(`A verdict is ${words}, or { retryAfterMs }`);
}

/** The words of a verdict about a message: the first is that it took effect. */
export const WORDS = ['accepted', 'refused', 'retry'];

/** The first that is a text. @param {any[]} values @returns {string | undefined} */
const textOf = (values) => values.find((value) => typeof value === 'string' && value !== '');

/**
 * A wait of none is none: it would ask a busy server again at once, as often as it says so.
 * @param {any} value
 * @param {number} [unitMs]
 */
const spanOf = (value, unitMs = 1) =>
  ['number', 'string'].includes(typeof value) && value > 0 && value * unitMs < Infinity
    ? Math.max(value * unitMs, LEAST_WAIT_MS)
    : undefined;

/** Codes are counted, and a server may write anything. */
const LONGEST_CODE = 100;
/** A server that names less would be asked hundreds of times a second. */
const LEAST_WAIT_MS = 100;
