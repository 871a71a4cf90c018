/** Names a server (endpoint), and a user there (scope), as text. Journals, locks and channels are named by these. */

/** Matches the scheme, the host with its port, and the namespace of a url. Skips credentials, query and hash. */
const PARTS = /^(?:([\w+.-]+:)?\/\/)?(?:[^/?#]*@)?([^/?#]*)([^?#]*)/;
/** The parts that are removed from the option `path`: the first slash, the last ones, and a query. */
const AROUND = /^\/|\/*(?:[?#].*)?$/gs;

/**
 * Names the server, the path of Engine.IO and the namespace, read from the url as socket.io-client reads it.
 * The text has no query, hash, credentials or space. Never throws.
 * @param {unknown} url undefined: the server of the page
 * @param {{ path?: unknown }} [io] options of socket.io-client
 * @returns {string} three parts, separated by a question mark
 */
export function endpointOf(url, io) {
  const { protocol = 'http:', host = '' } = globalThis.location ?? {};
  let [text, path] = ['', ''];
  try {
    path = String(io?.path || '');
    text = String(url ?? '');
  } catch {
    // An option that has no text counts as absent.
  }
  const [, given = protocol, name, namespace] = /** @type {string[]} */ (PARTS.exec(text));
  const scheme = given.toLowerCase().replace(/^ws/, 'http');
  const usual = scheme === 'https:' ? /:(0*443)?$/ : /:(0*80)?$/;
  const origin = `${scheme}//${(name || host).toLowerCase().replace(usual, '')}`;
  const engine = `/${(path || 'socket.io').replace(AROUND, '')}`;
  return `${origin}?${engine}?${namespace || '/'}`.replace(/ /g, '%20');
}

/**
 * Names a user at an endpoint. The text has no space, so it never equals a scope of storage version 1, which was the
 * url, a space and the user.
 * @param {string} endpoint @param {string} user
 */
export const scopeOf = (endpoint, user) =>
  `${endpoint}?${user.replace(/[ %]/g, encodeURIComponent)}`;

/**
 * Whether a scope of version 1 means the same server, namespace and user. Version 1 did not name the path.
 * @param {string} former @param {string} scope
 */
export function isFormer(former, scope) {
  const [url, ...user] = former.split(' ');
  const [, path] = scope.split('?');
  return scopeOf(endpointOf(url, { path }), user.join(' ')) === scope;
}
