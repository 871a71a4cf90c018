// The REST interface.

import { API_CONFIG } from '../config.js';

/** @returns {Promise<{ token: string, user: { _id: string, username: string } }>} */
export function login(userId) {
  return ask('/login', { method: 'POST', body: JSON.stringify({ userId }) });
}

/** @returns {Promise<{ _id: string, username: string }[]>} */
export function getPeople() {
  return ask('/people');
}

/** The conversation with somebody, ascending. */
export function getMessages(userId, token, signal) {
  const headers = { authorization: `Bearer ${token}` };
  return ask(`/messages/${encodeURIComponent(userId)}`, { headers, signal });
}

async function ask(path, { headers, ...options } = {}) {
  const response = await fetch(API_CONFIG.BASE_URL + path, {
    ...options,
    headers: { ...headers, ...(options.body && { 'content-type': 'application/json' }) },
  });
  const body = await response.json().catch(() => null);
  if (!response.ok || body === null) {
    throw new Error(body?.error ?? `The server answered ${response.status}`);
  }
  return body;
}
