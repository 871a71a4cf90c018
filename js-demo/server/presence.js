// Who is online. A user is online while at least one of their devices is connected, to any server process.

/**
 * Tracks the devices of this process. With `shared`, it tells the other processes about a user's first and last device
 * here.
 *
 * @param {ReturnType<import('./cluster.js').sharePresence> | null} shared
 */
export function createPresence(shared = null) {
  /** @type {Map<string, Set<string>>} */
  const devices = new Map();

  return {
    /** @returns {Promise<boolean>} whether that was the user's first device */
    async arrive(userId, deviceId) {
      const known = devices.get(userId);
      if (known) {
        known.add(deviceId);
        return false;
      }
      devices.set(userId, new Set([deviceId]));
      return shared ? shared.arrive(userId) : true;
    },

    /** @returns {Promise<boolean>} whether that was the user's last device */
    async leave(userId, deviceId) {
      const known = devices.get(userId);
      if (!known?.delete(deviceId) || known.size > 0) return false;
      devices.delete(userId);
      return shared ? shared.leave(userId) : true;
    },

    /** The ids of all users online. */
    async list() {
      return shared ? shared.list() : [...devices.keys()];
    },

    /** The ids of all users with a device at this process. */
    here() {
      return [...devices.keys()];
    },
  };
}
