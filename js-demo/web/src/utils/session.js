// Who uses this tab. Kept per tab, so that two windows can be two people.

import { login } from './api.js';

const KEY = 'holdfast-demo-session';
const EARLY_MS = 60_000;

/** The id of the person who is signed in, or null. */
export function currentUserId() {
  return read()?.userId ?? null;
}

/** Signs in, unless this tab already is that person's. */
export async function signIn(userId) {
  if (currentUserId() === userId) return;
  write({ userId, token: (await login(userId)).token });
}

/** A token that is valid for a while yet: the kept one, or a new one. Rejects while the server is away. */
export async function getFreshToken() {
  const session = read();
  if (!session) throw new Error('Nobody is signed in');
  if (session.token && expiryOf(session.token) - Date.now() > EARLY_MS) return session.token;
  const { token } = await login(session.userId);
  // Whoever signed out or changed meanwhile stays signed out.
  if (currentUserId() === session.userId) write({ ...session, token });
  return token;
}

/** Forgets the token, because the server refused it; the next one is asked for anew. */
export function dropToken() {
  const session = read();
  if (session) write({ userId: session.userId });
}

export function clearSession() {
  sessionStorage.removeItem(KEY);
}

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

function write(session) {
  sessionStorage.setItem(KEY, JSON.stringify(session));
}

function expiryOf(token) {
  const payload = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
  return JSON.parse(atob(payload)).exp * 1000;
}
