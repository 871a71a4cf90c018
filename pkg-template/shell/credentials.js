/** Asks the app for credentials, and reads the user from a token. */

/**
 * Asks for credentials. `done` is called synchronously if the app's answer is synchronous.
 *
 * @param {unknown} source a value, a function or an async function, or socket.io's own form: a function that takes a
 *   callback
 * @param {(answer: { value: unknown } | { error: unknown }) => void} done called at most once
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
    // A function with a parameter may answer by calling it; of its return values only a promise counts.
    const isAsked = typeof source === 'function' && source.length > 0;
    if (!isAsked || typeof result?.then === 'function') settle(result);
  } catch (error) {
    answer({ error });
  }
}

/**
 * The user that the token in `credentials` names.
 * @param {any} credentials
 */
export const userOf = (credentials) => namedBy(credentials?.token);

/**
 * The user that credentials name: by the claims of a token in any field, else by `userId`. Only used to tell one user's
 * credentials from another's.
 * @param {unknown[]} sources a connection's auth, query and headers
 * @returns {string | undefined} undefined if none of them names a user
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
      // A getter of the app threw.
    }
  }
  return undefined;
}

/**
 * The user in a token's claims: `userId`, `sub` or `id`. The token is read, not verified: the server does that.
 * @param {unknown} token
 * @returns {string | undefined} undefined if it is no JWT or names nobody
 */
function namedBy(token) {
  if (typeof token !== 'string') return undefined;
  try {
    const base64 = token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/');
    // `escape` and `decodeURIComponent` together decode the bytes as UTF-8.
    const claims = JSON.parse(decodeURIComponent(escape(atob(base64))));
    return idOf(claims.userId ?? claims.sub ?? claims.id);
  } catch {
    return undefined;
  }
}

/**
 * An id as a string. Servers send strings, numbers, and objects that print as an id. A value without text of its own is
 * none.
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
