// Messages, from a validated request to the events that users receive.

import { refuseIfAsked } from './faults.js';
import { personOf } from './people.js';
import { Refusal } from './refusal.js';
import { createTelling } from './telling.js';

/** The room with all devices of a user. */
export function roomOf(userId) {
  return `user_${userId}`;
}

/** @typedef {Awaited<ReturnType<typeof createMessages>>} Messages */

/**
 * Publishes to the feeds of both users, so that a device that was away receives the events as well.
 *
 * @param {{ store: import('./store/index.js').Store, feed: import('holdfast/server').Feed,
 *   take: ReturnType<import('./limits.js').createLimits> }} parts
 */
export async function createMessages({ store, feed, take }) {
  const telling = createTelling(store, (row) => {
    const message = present(row);
    const recipient = feed.user(row.recipient);
    return Promise.all([
      recipient.publish('message:new', message),
      feed.user(row.sender).publish('message:sent', { ...message, messageId: message._id }),
      recipient.publish('notification:new', { notification: presentNotification(row) }),
    ]);
  });
  // The process before this one may have saved messages and died before it published them.
  for (const row of await store.untold()) telling.add(row);

  return {
    /**
     * Saves a message and tells the devices of both users. When it resolves, the message is on disk and has been published,
     * unless the feeds are unavailable: then it is published later.
     *
     * @param {string} sender
     * @param {{ recipient: string, content: string, _tempId?: string | null }} draft
     * @throws {Refusal}
     */
    async send(sender, { recipient, content, _tempId }) {
      refuseIfAsked();
      if (recipient === sender) throw new Refusal('INVALID_RECIPIENT');
      await take('messages', sender);
      const draft = { sender, recipient, content, tempId: _tempId ?? null };
      const { row, isDuplicate, isTold } = await store.append(draft);
      // The process that saved the message may have died before it published it.
      if (!isTold) await telling.add(row);
      return { message: present(row), isDuplicate };
    },

    /** A conversation as `me` sees it: the newest messages below `before`, ascending. */
    async between(me, other, { before, limit }) {
      return (await store.conversation(me, other, { before, limit })).map(present);
    },

    /** The messages to and from `me` after a given message, ascending. */
    async missed(me, after) {
      return (await store.missed(me, after, MAX_MISSED)).map(present);
    },

    /** By sender: how many messages `me` has not read, and the last one of them. */
    unread(me) {
      return store.unread(me);
    },

    /** By sender: how many messages `me` has not read. */
    async unreadCounts(me) {
      const all = Object.entries(await store.unread(me));
      return Object.fromEntries(all.map(([sender, { count }]) => [sender, count]));
    },

    /** Marks the messages from `other` to `me` as read, and tells both users. */
    async markRead(me, other) {
      const { read, upTo } = await store.markRead(me, other);
      if (read > 0) {
        const mark = { by: me, with: other, upTo };
        await Promise.all([me, other].map((user) => feed.user(user).publish('message:read', mark)));
      }
      return { read };
    },

    /** The newest notifications first. */
    async notifications(me) {
      const rows = await store.notifications(me, MAX_NOTIFICATIONS);
      return rows.map((row) => presentNotification(row));
    },

    async readNotification(me, seq) {
      if (!(await store.readNotification(me, seq))) throw new Refusal('NOT_FOUND');
      await feed.user(me).publish('notification:read', { _id: String(seq) });
    },

    async readAllNotifications(me) {
      await store.readAllNotifications(me);
      await feed.user(me).publish('notification:read_all', {});
    },

    async deleteNotification(me, seq) {
      if (!(await store.deleteNotification(me, seq))) throw new Refusal('NOT_FOUND');
      await feed.user(me).publish('notification:deleted', { _id: String(seq) });
    },

    /** Resolves when everything that is being published is published. */
    stop: telling.stop,
  };
}

/** A row in the form that the apps use. */
function present(row) {
  return {
    _id: String(row.seq),
    seq: row.seq,
    sender: personOf(row.sender),
    recipient: personOf(row.recipient),
    content: row.content,
    createdAt: row.createdAt,
    read: row.read,
    _tempId: row.tempId,
  };
}

/** The notification of a message. It has the message's id, because each message makes exactly one. */
function presentNotification(row) {
  return {
    _id: String(row.seq),
    type: 'message',
    from: personOf(row.sender),
    messageId: String(row.seq),
    text: shortened(row.content),
    createdAt: row.createdAt,
    read: row.notificationRead ?? false,
  };
}

function shortened(content) {
  // Cut at code points, because half of a surrogate pair is no character.
  const characters = [...content];
  if (characters.length <= MAX_NOTIFICATION_TEXT) return content;
  return `${characters.slice(0, MAX_NOTIFICATION_TEXT).join('')}…`;
}

const MAX_MISSED = 1000;
const MAX_NOTIFICATIONS = 100;
const MAX_NOTIFICATION_TEXT = 140;
