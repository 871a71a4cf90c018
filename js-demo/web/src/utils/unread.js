// How many messages of whom are unread: what the server counted, and what came since.

/**
 * @typedef {object} OfOne the unread messages of one person
 * @property {number} count how many the server counted
 * @property {number} upTo the last of these, or the last that was read
 * @property {readonly number[]} later the numbers of those that came since
 *
 * @typedef {Readonly<Record<string, OfOne>>} Unread by person
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
      // After a reload the feed tells once more of some that were counted.
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

/** The last message of a person that is known to be unread. @param {OfOne} one */
export const lastOf = ({ upTo, later }) => Math.max(upTo, ...later);
