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
 * The user whom the token in `credentials` names.
 * @param {any} credentials
 */
export const userOf = (credentials) => namedBy(credentials?.token);

/**
 * Whom credentials name, whatever the field: by a token's claims, else by a plain `userId`. It tells one user's
 * credentials from another's, and is compared with nothing else.
 * @param {unknown[]} sources what identifies a connection: its auth, its query, its headers
 * @returns {string | undefined} nothing where none of them can be read
 */
export function subjectIn(sources) {
  for (const source of /** @type {any[]} */ (sources)) {
    try {
      for (const value of [source?.token, ...Object.values(source ?? {})]) {
        const id = namedBy(value);
        if (id !== undefined) return id;
      }
      const id = idOf(source?.userId);
      if (id !== undefined) return id;
    } catch {
      // A getter of the app's threw.
    }
  }
  return undefined;
}

/**
 * The user named by a token's claims: `userId`, `sub` or `id`. The token is read, not verified: the
 * server does that.
 * @param {unknown} token
 * @returns {string | undefined} nothing where it is no JWT, or names nobody
 */
function namedBy(token) {
  if (typeof token !== 'string') return undefined;
  try {
    const base64 = token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/');
    // What `escape` makes of bytes is UTF-8 to its counterpart.
    const claims = JSON.parse(decodeURIComponent(escape(atob(base64))));
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
