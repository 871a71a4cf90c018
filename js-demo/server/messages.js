// Messages, from a request that was checked to what everybody sees.

import { refuseIfAsked } from './faults.js';
import { personOf } from './people.js';
import { Refusal } from './refusal.js';

/** The room of all devices of a user. */
export function roomOf(userId) {
  return `user_${userId}`;
}

/**
 * @param {{ store: import('./store/index.js').Store, io: import('socket.io').Server,
 *   take: ReturnType<import('./limits.js').createLimits>, isShared: boolean }} parts
 *   `isShared`: other server processes have the same store
 */
export function createMessages({ store, io, take, isShared }) {
  return {
    /**
     * Saves a message and sends it to the recipient's devices, and to the sender's other ones. When it
     * resolves the message is on the disk.
     *
     * @param {string} sender
     * @param {{ recipient: string, content: string, _tempId?: string | null }} draft
     * @param {{ to: (room: string) => { emit: Function } }} [device] reaches the sender's devices that
     *   are to be told; default: all of them
     * @throws {Refusal}
     */
    async send(sender, { recipient, content, _tempId }, device = io) {
      refuseIfAsked();
      if (recipient === sender) throw new Refusal('INVALID_RECIPIENT');
      await take('messages', sender);
      const draft = { sender, recipient, content, tempId: _tempId ?? null };
      const { row, isDuplicate } = await store.append(draft);
      const message = present(row);
      // A message that was saved before was also sent out, or everybody lost their link together with
      // the process that saved it and asks for what is missed. But others' links outlive that process:
      // it may have died in between, so they are told once more, and drop what they know.
      if (!isDuplicate || isShared) {
        io.to(roomOf(row.recipient)).emit('message:new', message);
        device.to(roomOf(sender)).emit('message:sent', { ...message, messageId: message._id });
        const notification = presentNotification(row);
        io.to(roomOf(row.recipient)).emit('notification:new', { notification });
      }
      return { message, isDuplicate };
    },

    /** A conversation as `me` sees it, ascending: the newest below `before`. */
    async between(me, other, { before, limit }) {
      return (await store.conversation(me, other, { before, limit })).map(present);
    },

    /** What was sent to and by `me` after a message, ascending. */
    async missed(me, after) {
      return (await store.missed(me, after, MAX_MISSED)).map(present);
    },

    /** How many messages of each person `me` has not read. */
    unreadCounts(me) {
      return store.unreadCounts(me);
    },

    /** Marks what `other` sent to `me` as read, and tells both. */
    async markRead(me, other) {
      const { read, upTo } = await store.markRead(me, other);
      if (read > 0) {
        const rooms = [roomOf(me), roomOf(other)];
        io.to(rooms).emit('message:read', { by: me, with: other, upTo });
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
      io.to(roomOf(me)).emit('notification:read', { _id: String(seq) });
    },

    async readAllNotifications(me) {
      await store.readAllNotifications(me);
      io.to(roomOf(me)).emit('notification:read_all', {});
    },

    async deleteNotification(me, seq) {
      if (!(await store.deleteNotification(me, seq))) throw new Refusal('NOT_FOUND');
      io.to(roomOf(me)).emit('notification:deleted', { _id: String(seq) });
    },
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
