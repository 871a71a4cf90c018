// Publishes saved messages. Each message stays marked as untold until its events are in the feeds. If the feeds are
// unavailable, it is published later, and if this process is killed, by the next one.

import { setTimeout } from 'node:timers/promises';

/**
 * @param {import('./store/index.js').Store} store
 * @param {(row: import('./store/index.js').Row) => Promise<unknown>} tell resolves once everything it publishes is stored
 */
export function createTelling(store, tell) {
  /**
   * The queue, in the order of the messages. `tried` resolves after the first attempt.
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
        // The next process publishes the rest.
        if (isStopping) break;
        await setTimeout(RETRY_MS);
      }
    }
    running = null;
  }

  return {
    /**
     * Resolves once the message is published, or is sure to be published later. The message must not be acknowledged
     * before that: its sender would not send it again, and if this process died, it would stay unpublished until the
     * next process starts.
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

    /** Resolves when everything is published, or cannot be published. */
    async stop() {
      isStopping = true;
      await running;
    },
  };
}

const MAX_BATCH = 100;
const RETRY_MS = 1000;
