// The messages of all conversations, as far as the page has them, and the rows that it shows.

/**
 * @typedef {object} Known
 * @property {readonly object[]} messages the server's messages, in its order
 * @property {Readonly<Record<string, number>>} readUpTo the last of the user's messages that each peer has read
 * @property {Readonly<Record<string, boolean>>} hasOlder whether a conversation has older messages than those loaded;
 *   undefined before its first page
 */

/** @type {Known} */
export const NOTHING = { messages: [], readUpTo: {}, hasOlder: {} };

/** For `useReducer`. @param {Known} known */
export function messagesReducer(known, action) {
  switch (action.type) {
    case 'received':
      return { ...known, messages: merge(known.messages, action.messages) };
    case 'fetched': {
      const { peerId, messages, isFirst, isLast } = action;
      // The newest page does not say what comes before the older messages that are loaded already.
      const isKnown = isFirst && known.hasOlder[peerId] !== undefined;
      const hasOlder = isKnown ? known.hasOlder : { ...known.hasOlder, [peerId]: !isLast };
      return { ...known, hasOlder, messages: merge(known.messages, messages) };
    }
    case 'read': {
      const upTo = Math.max(known.readUpTo[action.peerId] ?? 0, action.upTo);
      return { ...known, readUpTo: { ...known.readUpTo, [action.peerId]: upTo } };
    }
    default:
      throw new Error(`There is no action ${action.type}`);
  }
}

function merge(old, messages) {
  const byId = new Map(old.map((message) => [message._id, message]));
  for (const message of messages) byId.set(message._id, { ...byId.get(message._id), ...message });
  return [...byId.values()].sort((a, b) => a.seq - b.seq);
}

/** The other user of a message. */
export const peerOf = (message, me) =>
  message.sender._id === me ? message.recipient._id : message.sender._id;

/**
 * The rows of one conversation: first the messages that the server has, then those that it does not have yet.
 *
 * @param {Known} known
 * @param {readonly import('holdfast/react').SentMessage[]} sending
 * @param {{ me: string, peerId: string, composedAt: Map<string, string>, waits: Map<string, object> }} view
 * @returns {{ key: string, isMine: boolean, content: string, createdAt: string, seq: number | null,
 *   state: 'received' | 'queued' | 'sending' | 'sent' | 'read' | 'failed', error: object | null,
 *   wait: { waitsFor: string, attempts: number } | undefined }[]}
 */
export function rowsOf(known, sending, { me, peerId, composedAt, waits }) {
  const here = known.messages.filter((message) => peerOf(message, me) === peerId);
  const isKnown = new Set(here.map(({ _tempId }) => _tempId));
  // The feed may report a message before its acknowledgement arrives.
  const underWay = new Map(
    sending.filter(({ status }) => UNDER_WAY.includes(status)).map((one) => [one.id, one]),
  );
  const rows = here.map((message) => {
    const isMine = message.sender._id === me;
    const isRead = message.read || message.seq <= (known.readUpTo[peerId] ?? 0);
    const { seq, content, createdAt, _id, _tempId } = message;
    const mine = underWay.get(_tempId)?.status ?? (isRead ? 'read' : 'sent');
    const state = isMine ? mine : 'received';
    const key = (isMine && _tempId) || _id;
    return { key, isMine, content, createdAt, seq, state, error: null, wait: waits.get(key) };
  });
  for (const { id, data, status, error } of sending) {
    if (data.recipientId !== peerId || isKnown.has(id)) continue;
    const createdAt = composedAt.get(id);
    const shared = { key: id, isMine: true, content: data.content, createdAt, seq: null };
    rows.push({ ...shared, state: status, error, wait: waits.get(id) });
  }
  return rows;
}

const UNDER_WAY = ['queued', 'sending'];
