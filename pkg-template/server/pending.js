// How many calls may be without an answer.

/**
 * @param {number} max of all together
 * @param {number} maxEach of one user, or of one connection that nobody is logged in on
 */
export function pendingCalls(max, maxEach) {
  /** @type {Map<string, number>} */
  const taken = new Map();
  let all = 0;
  return {
    /** @param {string} owner @returns {boolean} whether there was one */
    take(owner) {
      const own = taken.get(owner) ?? 0;
      if (all >= max || own >= maxEach) return false;
      all += 1;
      taken.set(owner, own + 1);
      return true;
    },

    /** @param {string} owner */
    giveBack(owner) {
      all -= 1;
      const own = taken.get(owner) ?? 0;
      if (own > 1) taken.set(owner, own - 1);
      else taken.delete(owner);
    },
  };
}
