/** Who the user is, and with what the server is told so. */

/**
 * Asks for credentials. Answers at once where the app can, so that a synchronous `auth` costs no turn.
 *
 * @param {unknown} source a value, a function or an async function; socket.io's own form, a function
 *   that takes a callback, works too
 * @param {(answer: { value: unknown } | { error: unknown }) => void} done called once at most
 */
export function ask(source, done) {
  let isDone = false;
  const answer = (/** @type {{ value: unknown } | { error: unknown }} */ result) => {
    if (!isDone) done(result);
    isDone = true;
  };
  const settle = (/** @type {any} */ value) => {
    try {
      if (typeof value?.then === 'function') {
        value.then(
          (/** @type {unknown} */ later) => answer({ value: later }),
          (/** @type {unknown} */ error) => answer({ error }),
        );
      } else {
        answer({ value });
      }
    } catch (error) {
      answer({ error });
    }
  };
  try {
    const result = typeof source === 'function' ? source(settle) : source;
    // A function that takes something may answer by calling it; then only a promise is an answer too.
    const isAsked = typeof source === 'function' && source.length > 0;
    if (!isAsked || typeof result?.then === 'function') settle(result);
  } catch (error) {
    answer({ error });
  }
}

/**
 * The user named by a token's claims: `userId`, `sub` or `id`. The token is read, not verified: the
 * server does that.
 * @param {any} credentials
 * @returns {string | undefined} nothing where it is no JWT, or names nobody
 */
export function userOf(credentials) {
  const token = credentials?.token;
  if (typeof token !== 'string') return undefined;
  try {
    const base64 = token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/');
    const escaped = atob(base64).replace(/./gs, (byte) => {
      const code = byte.charCodeAt(0);
      return `%${code < 16 ? '0' : ''}${code.toString(16)}`;
    });
    const claims = JSON.parse(decodeURIComponent(escaped));
    return idOf(claims.userId ?? claims.sub ?? claims.id);
  } catch {
    return undefined;
  }
}

/**
 * An id as a string: servers send numbers, strings and objects that print as one. What has no text of
 * its own is none.
 * @param {unknown} id
 */
export function idOf(id) {
  try {
    const text = String(id ?? '');
    return text === '' || text.startsWith('[object ') ? undefined : text;
  } catch {
    return undefined;
  }
}
