// The REST interface, as whoever is logged in.

import { ask } from './http.js';
import { distrustToken, getFreshToken } from './session.js';

export const PAGE = 50;
/** What the server answers at most when it is asked for what was missed. */
const MISSED_AT_ONCE = 1000;

const at = encodeURIComponent;

export const getPeople = () => ask('/people');

/** A page of a conversation, ascending: the newest, or what is older than `before`. */
export const getMessages = (userId, { before, signal } = {}) =>
  askAsMe(`/messages/${at(userId)}?limit=${PAGE}${before ? `&before=${before}` : ''}`, { signal });

/** How many unread messages there are from whom, and the last of them. */
export const getUnread = (signal) => askAsMe('/messages/unread', { signal });
export const markConversationRead = (userId) =>
  askAsMe(`/messages/${at(userId)}/read`, { method: 'PUT' });

export const getNotifications = (signal) => askAsMe('/notifications', { signal });
export const markNotificationRead = (id) =>
  askAsMe(`/notifications/${at(id)}/read`, { method: 'PUT' });
export const markAllNotificationsRead = () => askAsMe('/notifications/read-all', { method: 'PUT' });
export const deleteNotification = (id) => askAsMe(`/notifications/${at(id)}`, { method: 'DELETE' });

/**
 * All messages to and from me after the one with this number.
 * @param {number} seq
 * @param {(messages: object[]) => void} deliver called for each batch
 */
export async function getMissed(seq, deliver) {
  for (let after = seq; ; ) {
    const messages = await askAsMe(`/missed?after=${after}`);
    deliver(messages);
    if (messages.length < MISSED_AT_ONCE) return;
    after = messages.at(-1).seq;
  }
}

async function askAsMe(path, options) {
  try {
    return await ask(path, { ...options, token: await getFreshToken() });
  } catch (error) {
    // A clock that runs late holds a token for fresh which the server does not.
    if (error.status !== 401) throw error;
    distrustToken();
    return ask(path, { ...options, token: await getFreshToken() });
  }
}
