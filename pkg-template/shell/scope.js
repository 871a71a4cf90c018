/** Where messages go and whose they are, as one text. Journals, locks and channels are named by it. */

/** A scheme, a host with its port, and a namespace. Credentials, a query and a hash are left out. */
const PARTS = /^(?:([\w+.-]+:)?\/\/)?(?:[^/?#]*@)?([^/?#]*)([^?#]*)/;
/** What is left out of the engine's path: its first slash, its last ones, and a query. */
const AROUND = /^\/|\/*(?:[?#].*)?$/gs;

/**
 * Names the server, the engine's path and the namespace, as socket.io-client would take them from a url.
 * The text holds no query, no hash, no credentials and no space. Never throws.
 * @param {unknown} url none: the server of the page
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
    // Such an option names nothing.
  }
  const [, given = protocol, name, namespace] = /** @type {string[]} */ (PARTS.exec(text));
  const scheme = given.toLowerCase().replace(/^ws/, 'http');
  const usual = scheme === 'https:' ? /:(0*443)?$/ : /:(0*80)?$/;
  const origin = `${scheme}//${(name || host).toLowerCase().replace(usual, '')}`;
  const engine = `/${(path || 'socket.io').replace(AROUND, '')}`;
  return `${origin}?${engine}?${namespace || '/'}`.replace(/ /g, '%20');
}

/**
 * Names a user at a place. The text holds no space, so that no scope of version 1, which was the url, a
 * space and the user, is equal to it.
 * @param {string} endpoint @param {string} user
 */
export const scopeOf = (endpoint, user) =>
  `${endpoint}?${user.replace(/[ %]/g, encodeURIComponent)}`;

/**
 * Whether a scope of version 1 is of the same server, namespace and user. It did not name the engine's path.
 * @param {string} former @param {string} scope
 */
export function isFormer(former, scope) {
  const [url, ...user] = former.split(' ');
  const [, path] = scope.split('?');
  return scopeOf(endpointOf(url, { path }), user.join(' ')) === scope;
}
