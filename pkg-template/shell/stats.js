/** What a client has been through, in numbers. */

/** Percentiles are over the last so many answers. */
const SAMPLES = 1024;

export function createStats() {
  /** @type {Record<string, number>} */
  const outcomes = {};
  /** @type {number[]} */
  const rtts = [];
  let answers = 0;
  let links = 0;
  let queueHighWater = 0;
  return {
    /** @param {string} outcome a code, or `DELIVERED` */
    settled(outcome) {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    },
    /** @param {number} ms from a transmission to its answer */
    answered(ms) {
      rtts[answers % SAMPLES] = ms;
      answers += 1;
    },
    linked() {
      links += 1;
    },
    /** @param {number} unsettled */
    queued(unsettled) {
      queueHighWater = Math.max(queueHighWater, unsettled);
    },
    /** A copy. */
    read() {
      const sorted = [...rtts].sort((a, b) => a - b);
      const at = (/** @type {number} */ share) =>
        sorted.length ? sorted[Math.ceil(share * sorted.length) - 1] : null;
      return {
        outcomes: { ...outcomes },
        rttMs: { p50: at(0.5), p90: at(0.9), p99: at(0.99) },
        reconnects: Math.max(0, links - 1),
        queueHighWater,
      };
    },
  };
}
