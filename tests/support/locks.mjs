// The Web Locks of one origin, for tests in Node: as in a browser, but that a page's end is a call.

/** @typedef {{ grant: () => void, isOver: () => boolean }} Waiting */

export function createLocks() {
  /** Who waits for each lock; the first has it. @type {Map<string, object[]>} */
  const queues = new Map();

  /** One page's `navigator.locks`. */
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
      /** The page is gone, and its locks with it. */
      end() {
        for (const leave of [...held]) leave();
      },
    };
  }
  return { openPage, isHeld: (/** @type {string} */ name) => (queues.get(name) ?? []).length > 0 };
}
