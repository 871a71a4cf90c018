// Shared by the tests about the user of a message: credentials with their owner, and a check on the server that finds
// everything that arrived over another user's link.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { api, settled as hasSettled, jwt } from './shell-kit.mjs';

/** Credentials with a token that can be read. `of` says to the test whose they are. */
export const tokenOf = (user, claims = {}) => ({ token: jwt({ sub: user, ...claims }), of: user });

/** Credentials with a token that nobody but the server can read. */
export const opaqueOf = (user, serial = 1) => ({ token: `opaque-${user}-${serial}`, of: user });

/** Whose credentials a link was authorized with. */
export function ownerOf({ auth }) {
  if (auth.of !== undefined) return auth.of;
  try {
    return JSON.parse(Buffer.from(auth.token.split('.')[1], 'base64url')).sub;
  } catch {
    return undefined;
  }
}

/**
 * Everything that came with a name on it, came over a link of that name. Messages and emits of these tests say
 * in `by` whose they are; a join says it by itself.
 *
 * @param {Record<string, string>} [owners] the name of an owner, where his credentials call him otherwise
 */
export function assertEachOverItsOwn(server, owners = {}) {
  for (const { event, args, link } of server.came) {
    const by = event === 'join' ? args[0] : args[0]?.by;
    if (by === undefined) continue;
    const owner = ownerOf(link);
    const said = `${event} of ${by} over a link of ${owner}`;
    assert.equal(by, Object.hasOwn(owners, owner) ? owners[owner] : owner, said);
  }
}

/** The texts of the messages that came, in order, repeats included. */
export const textsOf = (server) => server.received.map(({ data }) => data.text);

/** Events of this name that came, by their first argument. */
export const cameAs = (server, name) =>
  server.came.filter(({ event }) => event === name).map(({ args }) => args[0]);

/** Callbacks that were waiting for a promise have run. */
export const turn = () => new Promise((resolve) => setImmediate(resolve));

/** An `auth` whose answers are in the test's hands, one for each time that it was asked. */
export function askedAuth() {
  const answers = [];
  const auth = () => new Promise((resolve, reject) => answers.push({ resolve, reject }));
  return { answers, auth };
}

/** As `settled` of the shell kit, for messages of which a fault is that they never settle. */
export async function settled(sent) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('it has not settled within 4 s')), 4000);
  });
  return await Promise.race([hasSettled(sent), late]).finally(() => clearTimeout(timer));
}

/** Loses the link; when it resolves, the next attempt has not begun. */
export async function lose(server, socket = api.getSocket()) {
  const lost = once(socket, 'disconnect');
  server.dropAll();
  await lost;
}

/** A `localStorage` for as long as the test runs. Call it before anything that may read it. */
export function fakeStorage(t, content = {}) {
  const items = new Map(Object.entries(content));
  const before = Object.getOwnPropertyDescriptor(globalThis, 'localStorage');
  const storage = {
    getItem: (name) => items.get(String(name)) ?? null,
    setItem: (name, value) => items.set(String(name), String(value)),
    removeItem: (name) => items.delete(String(name)),
    clear: () => items.clear(),
    key: (index) => [...items.keys()][index] ?? null,
    get length() {
      return items.size;
    },
  };
  Object.defineProperty(globalThis, 'localStorage', { configurable: true, value: storage });
  t.after(() => {
    delete globalThis.localStorage;
    if (before) Object.defineProperty(globalThis, 'localStorage', before);
  });
  return storage;
}

export function logOutAndIn(user) {
  api.disconnectSocketForLogout();
  api.resetLogoutFlag();
  api.initializeSocket(user);
}
