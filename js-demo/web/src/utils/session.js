// The user of this tab, and the user's token. Stored per tab, so that two windows can have different users.

import { ask } from './http.js';

const KEY = 'holdfast-demo-session';
/** A token is renewed after this part of its lifetime. */
const RENEW_AFTER = 0.75;

/** @typedef {{ _id: string, username: string }} User */
/** @type {{ user: User, token: string, renewAt: number } | null} */
let session = read();
/** @type {{ user: User | null, endedBecause: string | null }} */
let shown = { user: session?.user ?? null, endedBecause: null };
let renewal = null;
const listeners = new Set();

/** For `useSyncExternalStore`: the same object until a user logs in or out. */
export const currentSession = () => shown;

export function subscribeToSession(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The time at which the token should be renewed, in ms since the epoch. */
export const renewalTime = () => session?.renewAt ?? null;

export async function signIn(userId) {
  if (session?.user._id === userId) return;
  const { token, expiresAt, user } = await ask('/login', { method: 'POST', body: { userId } });
  keep({ user, ...lifeOf(token, expiresAt) });
  show({ user, endedBecause: null });
}

/** Logs out. @param {string | null} reason why, if the user did not ask for it */
export function signOut(reason) {
  keep(null);
  show({ user: null, endedBecause: reason });
}

/**
 * A token that stays valid for a while: the stored one, or a new one. Concurrent calls share one renewal. Rejects while
 * the server is unreachable, and if no user is logged in.
 */
export function getFreshToken() {
  if (!session) return Promise.reject(new Error('Nobody is logged in'));
  if (Date.now() < session.renewAt) return Promise.resolve(session.token);
  renewal ??= renew(session).finally(() => {
    renewal = null;
  });
  return renewal;
}

/** Call it after the server refused the token. The next call of `getFreshToken` renews it. */
export function distrustToken() {
  if (session) keep({ ...session, renewAt: 0 });
}

async function renew(old) {
  let life;
  try {
    const { token, expiresAt } = await ask('/token/refresh', { method: 'POST', token: old.token });
    life = lifeOf(token, expiresAt);
  } catch (error) {
    if (error.status === 401 && session?.user === old.user) signOut('Your session has ended.');
    throw error;
  }
  // The user may have logged out or changed meanwhile.
  if (session?.user !== old.user) throw new Error('Nobody is logged in');
  keep({ user: old.user, ...life });
  return life.token;
}

function lifeOf(token, expiresAt) {
  const now = Date.now();
  return { token, renewAt: now + (new Date(expiresAt).getTime() - now) * RENEW_AFTER };
}

function show(next) {
  shown = next;
  for (const listener of listeners) listener();
}

function keep(next) {
  session = next;
  if (next) sessionStorage.setItem(KEY, JSON.stringify(next));
  else sessionStorage.removeItem(KEY);
}

function read() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY));
    return kept?.user && kept.token ? kept : null;
  } catch {
    return null;
  }
}
