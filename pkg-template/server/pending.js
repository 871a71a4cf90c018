// Bounds the calls that wait for an answer.

/**
 * @param {number} max for all owners together
 * @param {number} maxEach for one owner: a user, or a connection without one
 */
export function pendingCalls(max, maxEach) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  let all = 0;
  return {
    /** Counts a call. @param {string} owner @returns {boolean} false if that would be too many */
    begin(owner) {
      const own = counts.get(owner) ?? 0;
      if (all >= max || own >= maxEach) return false;
      all += 1;
      counts.set(owner, own + 1);
      return true;
    },

    /** A call was answered. @param {string} owner */
    end(owner) {
      all -= 1;
      const own = counts.get(owner) ?? 0;
      if (own > 1) counts.set(owner, own - 1);
      else counts.delete(owner);
    },
  };
}
