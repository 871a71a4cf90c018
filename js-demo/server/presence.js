// Who is online: a person is as long as one of their devices is.

export function createPresence() {
  /** @type {Map<string, Set<string>>} */
  const devices = new Map();

  return {
    /** @returns {boolean} whether that was the person's first device */
    arrive(userId, deviceId) {
      const known = devices.get(userId);
      if (known) {
        known.add(deviceId);
        return false;
      }
      devices.set(userId, new Set([deviceId]));
      return true;
    },

    /** @returns {boolean} whether that was the person's last device */
    leave(userId, deviceId) {
      const known = devices.get(userId);
      if (!known?.delete(deviceId) || known.size > 0) return false;
      devices.delete(userId);
      return true;
    },

    /** The ids of everybody online. */
    list() {
      return [...devices.keys()];
    },
  };
}
