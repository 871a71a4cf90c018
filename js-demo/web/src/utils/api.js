// Calls of the REST interface as the user who is logged in.

import { ask } from './http.js';
import { distrustToken, getFreshToken } from './session.js';

export const PAGE = 50;
/** The most messages that the server returns for one request of missed messages. */
const MISSED_AT_ONCE = 1000;

const at = encodeURIComponent;

export const getPeople = () => ask('/people');

/** A page of a conversation, ascending: the newest messages, or those before `before`. */
export const getMessages = (userId, { before, signal } = {}) =>
  askAsMe(`/messages/${at(userId)}?limit=${PAGE}${before ? `&before=${before}` : ''}`, { signal });

/** By sender: the number of unread messages, and the last one of them. */
export const getUnread = (signal) => askAsMe('/messages/unread', { signal });
export const markConversationRead = (userId) =>
  askAsMe(`/messages/${at(userId)}/read`, { method: 'PUT' });

export const getNotifications = (signal) => askAsMe('/notifications', { signal });
export const markNotificationRead = (id) =>
  askAsMe(`/notifications/${at(id)}/read`, { method: 'PUT' });
export const markAllNotificationsRead = () => askAsMe('/notifications/read-all', { method: 'PUT' });
export const deleteNotification = (id) => askAsMe(`/notifications/${at(id)}`, { method: 'DELETE' });

/**
 * Loads all messages to and from the user after the given number.
 *
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
    // If the local clock is late, a token may look valid here that the server refuses as expired.
    if (error.status !== 401) throw error;
    distrustToken();
    return ask(path, { ...options, token: await getFreshToken() });
  }
}
