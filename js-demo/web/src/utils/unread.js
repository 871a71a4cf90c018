// Unread messages by sender: the count that the server returned, and the messages that arrived since.

/**
 * @typedef {object} OfOne the unread messages from one user
 * @property {number} count the number that the server counted
 * @property {number} upTo the last one of these, or the last one that was read
 * @property {readonly number[]} later the numbers of the messages that arrived since
 *
 * @typedef {Readonly<Record<string, OfOne>>} Unread by sender
 */

/** @type {OfOne} */
const NONE = { count: 0, upTo: 0, later: [] };

/** For `useReducer`. @param {Unread} unread */
export function unreadReducer(unread, action) {
  switch (action.type) {
    case 'loaded': {
      const all = Object.entries(action.loaded);
      return Object.fromEntries(all.map(([peerId, one]) => [peerId, { ...one, later: [] }]));
    }
    case 'received': {
      const { seq, sender, read } = action.message;
      const one = unread[sender._id] ?? NONE;
      // After a reload the feed repeats messages that were already counted.
      if (read || seq <= one.upTo || one.later.includes(seq)) return unread;
      return { ...unread, [sender._id]: { ...one, later: [...one.later, seq] } };
    }
    case 'read': {
      const { peerId, upTo } = action;
      const { later, ...one } = unread[peerId] ?? NONE;
      if (upTo < one.upTo) return unread;
      return { ...unread, [peerId]: { count: 0, upTo, later: later.filter((seq) => seq > upTo) } };
    }
    default:
      throw new Error(`There is no action ${action.type}`);
  }
}

/** The numbers to show. @param {Unread} unread @returns {Record<string, number>} */
export function countsOf(unread) {
  const all = Object.entries(unread);
  return Object.fromEntries(all.map(([id, { count, later }]) => [id, count + later.length]));
}

/** The last message from a user that is known to be unread. @param {OfOne} one */
export const lastOf = ({ upTo, later }) => Math.max(upTo, ...later);
