// Who is logged in here, and their token. Kept per tab, so that two windows can be two people.

import { ask } from './http.js';

const KEY = 'holdfast-demo-session';
/** A token is renewed when this share of its life has passed. */
const RENEW_AFTER = 0.75;

/** @typedef {{ _id: string, username: string }} User */
/** @type {{ user: User, token: string, renewAt: number } | null} */
let session = read();
/** @type {{ user: User | null, endedBecause: string | null }} */
let shown = { user: session?.user ?? null, endedBecause: null };
let renewal = null;
const listeners = new Set();

/** For `useSyncExternalStore`: the same object until somebody logs in or out. */
export const currentSession = () => shown;

export function subscribeToSession(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** When the token should be renewed, in ms since the epoch. */
export const renewalTime = () => session?.renewAt ?? null;

export async function signIn(userId) {
  if (session?.user._id === userId) return;
  const { token, expiresAt, user } = await ask('/login', { method: 'POST', body: { userId } });
  keep({ user, ...lifeOf(token, expiresAt) });
  show({ user, endedBecause: null });
}

/** @param {string | null} reason why, if the user did not ask for it */
export function signOut(reason) {
  keep(null);
  show({ user: null, endedBecause: reason });
}

/**
 * A token that is valid for a while yet: the kept one, or a new one. However many ask at once, it is
 * renewed once. Rejects while the server is away, and where nobody is logged in.
 */
export function getFreshToken() {
  if (!session) return Promise.reject(new Error('Nobody is logged in'));
  if (Date.now() < session.renewAt) return Promise.resolve(session.token);
  renewal ??= renew(session).finally(() => {
    renewal = null;
  });
  return renewal;
}

/** The server did not take the token: the next one is a new one. */
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
  // Whoever logged out or changed meanwhile stays so.
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
