// Who is online: a person is as long as one of their devices is, on whichever server process.

/**
 * The devices of this process. Alone it is all there is to know; with `shared` it tells the others of a
 * person's first and last device here.
 *
 * @param {ReturnType<import('./cluster.js').sharePresence> | null} shared
 */
export function createPresence(shared = null) {
  /** @type {Map<string, Set<string>>} */
  const devices = new Map();

  return {
    /** @returns {Promise<boolean>} whether that was the person's first device */
    async arrive(userId, deviceId) {
      const known = devices.get(userId);
      if (known) {
        known.add(deviceId);
        return false;
      }
      devices.set(userId, new Set([deviceId]));
      return shared ? shared.arrive(userId) : true;
    },

    /** @returns {Promise<boolean>} whether that was the person's last device */
    async leave(userId, deviceId) {
      const known = devices.get(userId);
      if (!known?.delete(deviceId) || known.size > 0) return false;
      devices.delete(userId);
      return shared ? shared.leave(userId) : true;
    },

    /** The ids of everybody online. */
    async list() {
      return shared ? shared.list() : [...devices.keys()];
    },

    /** The ids of everybody with a device at this process. */
    here() {
      return [...devices.keys()];
    },
  };
}
