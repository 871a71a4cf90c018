// Messages, from a checked request to what everybody sees.

import { personOf } from './people.js';

const MAX_CONTENT_LENGTH = 4000;

/** What is refused for good: sending the same again can't help. The code says so to the client. */
export class Refusal extends Error {
  /** @param {string} code @param {string} message */
  constructor(code, message) {
    super(message);
    this.code = code;
  }

  /** As an acknowledgement. */
  get reply() {
    return { error: this.message, code: this.code, timestamp: new Date().toISOString() };
  }
}

/** The room of all devices of a user. */
export function roomOf(userId) {
  return `user_${userId}`;
}

/** @param {{ store: ReturnType<import('./store.js').openStore>, io: import('socket.io').Server }} parts */
export function createMessages({ store, io }) {
  return {
    /**
     * Checks and saves a message and sends it to the recipient's devices, and to the sender's other ones.
     * When it resolves the message is on the disk. One that was saved before is not sent out again.
     *
     * @param {string} sender
     * @param {unknown} data { recipientId, content, _tempId? }
     * @param {{ to: (room: string) => { emit: Function } }} [device] reaches the sender's devices that
     *   are to be told; default: all of them
     * @throws {Refusal} when the message is not acceptable
     */
    async send(sender, data, device = io) {
      const draft = checked(sender, data);
      const { row, isDuplicate } = await store.append(draft);
      const message = present(row);
      if (!isDuplicate) {
        io.to(roomOf(row.recipient)).emit('message:new', message);
        device.to(roomOf(sender)).emit('message:sent', { ...message, messageId: message._id });
      }
      return { message, isDuplicate };
    },

    /**
     * A conversation as `me` sees it, ascending.
     *
     * @param {string} me
     * @param {string} other
     * @param {{ before?: number, limit: number }} range
     */
    between(me, other, { before = Number.MAX_SAFE_INTEGER, limit }) {
      if (!personOf(other)) throw new Refusal('NOT_FOUND', 'There is no such person');
      return store.conversation(me, other, { before, limit }).map(present);
    },
  };
}

function checked(sender, data) {
  if (typeof data !== 'object' || data === null) {
    throw new Refusal('INVALID_MESSAGE', 'A message is an object');
  }
  const { recipientId, content, _tempId: tempId } = data;
  if (recipientId === undefined) throw new Refusal('MISSING_RECIPIENT', 'recipientId is missing');
  if (typeof recipientId !== 'string' || recipientId === sender) {
    throw new Refusal('INVALID_RECIPIENT', 'recipientId is the id of another person');
  }
  if (!personOf(recipientId)) throw new Refusal('NOT_FOUND', 'There is no such person');
  if (content === undefined) throw new Refusal('MISSING_CONTENT', 'content is missing');
  if (typeof content !== 'string') throw new Refusal('INVALID_CONTENT', 'content is a text');
  if (!isText(content)) {
    throw new Refusal('INVALID_CONTENT', 'content has half a character or a zero byte');
  }
  if (content.trim() === '') throw new Refusal('EMPTY_CONTENT', 'The message is empty');
  if (content.length > MAX_CONTENT_LENGTH) {
    throw new Refusal('INVALID_CONTENT', `content has at most ${MAX_CONTENT_LENGTH} characters`);
  }
  if (tempId !== undefined && tempId !== null && !isText(tempId)) {
    throw new Refusal('INVALID_MESSAGE_ID', '_tempId is a text');
  }
  return { sender, recipient: recipientId, content, tempId: tempId ?? undefined };
}

/** Text that the database gives back as it was: no zero byte, no half of a surrogate pair. */
function isText(value) {
  return typeof value === 'string' && !value.includes('\0') && value.isWellFormed();
}

/** A row as the apps know a message. */
function present(row) {
  return {
    _id: String(row.seq),
    seq: row.seq,
    sender: personOf(row.sender),
    recipient: personOf(row.recipient),
    content: row.content,
    createdAt: row.created_at,
    read: row.read === 1,
    _tempId: row.temp_id,
  };
}
