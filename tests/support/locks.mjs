// The Web Locks of one origin, for tests in Node. They behave as in a browser; a call ends a page.

/** @typedef {{ grant: () => void, isOver: () => boolean }} Waiting */

export function createLocks() {
  /** The requests for each lock, in order. The first one holds the lock. @type {Map<string, object[]>} */
  const queues = new Map();

  /** Makes the `navigator.locks` of one page. */
  function openPage() {
    /** @type {Set<() => void>} */
    const held = new Set();
    return {
      async request(name, options, callback) {
        const { ifAvailable = false, signal } = options;
        signal?.throwIfAborted();
        const queue = queues.get(name) ?? [];
        queues.set(name, queue);
        if (ifAvailable && queue.length > 0) return callback(null);
        /** @type {() => void} */
        let grant = () => {};
        const turn = new Promise((resolve, reject) => {
          grant = () => resolve(undefined);
          signal?.addEventListener('abort', () => reject(signal.reason));
        });
        const leave = () => {
          held.delete(leave);
          const place = queue.indexOf(grant);
          if (place >= 0) queue.splice(place, 1);
          queue[0]?.();
        };
        queue.push(grant);
        held.add(leave);
        if (queue[0] === grant) grant();
        try {
          await turn;
          return await callback({ name });
        } finally {
          leave();
        }
      },
      /** Ends the page and releases its locks. */
      end() {
        for (const leave of [...held]) leave();
      },
    };
  }
  return { openPage, isHeld: (/** @type {string} */ name) => (queues.get(name) ?? []).length > 0 };
}
