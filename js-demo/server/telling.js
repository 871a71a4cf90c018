// Tells of the messages that were saved. Each is kept as untold until its events are in the feeds: where they cannot be
// stored for now it is told later, and by the next process where this one is killed.

import { setTimeout } from 'node:timers/promises';

/**
 * @param {import('./store/index.js').Store} store
 * @param {(row: import('./store/index.js').Row) => Promise<unknown>} tell resolves once all that it publishes is stored
 */
export function createTelling(store, tell) {
  /** In the order of the messages. @type {import('./store/index.js').Row[]} */
  const untold = [];
  let running = null;
  let isStopping = false;

  async function run() {
    while (untold.length > 0 && !isStopping) {
      const batch = untold.slice(0, MAX_BATCH);
      try {
        await Promise.all(batch.map(tell));
        await store.markTold(batch.map(({ seq }) => seq));
        untold.splice(0, batch.length);
      } catch (error) {
        console.error(`Telling of ${untold.length} messages failed, and is tried again:`, error);
        if (!isStopping) await setTimeout(RETRY_MS);
      }
    }
    running = null;
  }

  return {
    /** @param {import('./store/index.js').Row} row */
    add(row) {
      if (untold.some(({ seq }) => seq === row.seq)) return;
      untold.push(row);
      running ??= run();
    },

    /** Resolves when nothing is under way any more. */
    async stop() {
      isStopping = true;
      await running;
    },
  };
}

const MAX_BATCH = 100;
const RETRY_MS = 1000;
