// Tells of the messages that were saved. Each is kept as untold until its events are in the feeds: where they cannot be
// stored for now it is told later, and by the next process where this one is killed.

import { setTimeout } from 'node:timers/promises';

/**
 * @param {import('./store/index.js').Store} store
 * @param {(row: import('./store/index.js').Row) => Promise<unknown>} tell resolves once all that it publishes is stored
 */
export function createTelling(store, tell) {
  /**
   * In the order of the messages. `tried` resolves after the first attempt.
   * @type {{ row: import('./store/index.js').Row, tried: Promise<void>, settle: () => void }[]}
   */
  const untold = [];
  let running = null;
  let isStopping = false;

  async function run() {
    while (untold.length > 0) {
      const batch = untold.slice(0, MAX_BATCH);
      try {
        await Promise.all(batch.map(({ row }) => tell(row)));
        await store.markTold(batch.map(({ row }) => row.seq));
        for (const { settle } of untold.splice(0, batch.length)) settle();
      } catch (error) {
        console.error(`Telling of ${batch.length} messages failed, and is tried again:`, error);
        for (const { settle } of batch) settle();
        // The next process tells of what is left.
        if (isStopping) break;
        await setTimeout(RETRY_MS);
      }
    }
    running = null;
  }

  return {
    /**
     * Resolves once it is told, or will be as soon as that can be. One that is acknowledged before would be told by nobody
     * while its process is dead: nobody would send it again.
     *
     * @param {import('./store/index.js').Row} row
     */
    add(row) {
      const known = untold.find((one) => one.row.seq === row.seq);
      if (known) return known.tried;
      let settle;
      const tried = new Promise((resolve) => {
        settle = resolve;
      });
      untold.push({ row, tried, settle });
      running ??= run();
      return tried;
    },

    /** Resolves when all is told, or cannot be. */
    async stop() {
      isStopping = true;
      await running;
    },
  };
}

const MAX_BATCH = 100;
const RETRY_MS = 1000;
