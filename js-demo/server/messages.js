// Messages, from a request that was checked to what everybody sees.

import { refuseIfAsked } from './faults.js';
import { personOf } from './people.js';
import { Refusal } from './refusal.js';
import { createTelling } from './telling.js';

/** The room of all devices of a user. */
export function roomOf(userId) {
  return `user_${userId}`;
}

/** @typedef {Awaited<ReturnType<typeof createMessages>>} Messages */

/**
 * Whatever devices have to know goes through the feeds of their users, so that one that was away hears of it as well.
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
  // What the process before saved and did not live to tell of.
  for (const row of await store.untold()) telling.add(row);

  return {
    /**
     * Saves a message and tells the devices of both. When it resolves the message is on the disk, and told of unless the feeds
     * are out of order: then it is told of later.
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
      // The process that saved a duplicate may have died before it told anybody.
      if (!isTold) await telling.add(row);
      return { message: present(row), isDuplicate };
    },

    /** A conversation as `me` sees it, ascending: the newest below `before`. */
    async between(me, other, { before, limit }) {
      return (await store.conversation(me, other, { before, limit })).map(present);
    },

    /** What was sent to and by `me` after a message, ascending. */
    async missed(me, after) {
      return (await store.missed(me, after, MAX_MISSED)).map(present);
    },

    /** How many messages of each person `me` has not read, and the last of them. */
    unread(me) {
      return store.unread(me);
    },

    /** How many messages of each person `me` has not read. */
    async unreadCounts(me) {
      const all = Object.entries(await store.unread(me));
      return Object.fromEntries(all.map(([sender, { count }]) => [sender, count]));
    },

    /** Marks what `other` sent to `me` as read, and tells both. */
    async markRead(me, other) {
      const { read, upTo } = await store.markRead(me, other);
      if (read > 0) {
        const mark = { by: me, with: other, upTo };
        await Promise.all([me, other].map((user) => feed.user(user).publish('message:read', mark)));
      }
      return { read };
    },

    /** The newest first. */
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

    /** Resolves when what was being told of is told. */
    stop: telling.stop,
  };
}

/** A row as the apps know a message. */
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

/** The notification of a message. It has the message's id: each message makes one. */
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
  // By code points: half of a pair is no character.
  const characters = [...content];
  if (characters.length <= MAX_NOTIFICATION_TEXT) return content;
  return `${characters.slice(0, MAX_NOTIFICATION_TEXT).join('')}…`;
}

const MAX_MISSED = 1000;
const MAX_NOTIFICATIONS = 100;
const MAX_NOTIFICATION_TEXT = 140;
