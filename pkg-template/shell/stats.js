/** `getStats`: counts outcomes and measures round trips. An app that does not import this counts nothing. */

/** How many of the last round trips the percentiles cover. */
const ROUND_TRIPS = 1024;

/** Bounds on the codes that are counted separately, since servers choose them: how many, and how long. */
const CODES = 100;
const CODE_LENGTH = 100;

/** @param {ReturnType<typeof import('../core.js').makeClient>} client */
export function createStats(client) {
  /** Not an object: codes of servers may be any text. @type {Map<string, number>} */
  const outcomes = new Map();
  const roundTrips = new Float64Array(ROUND_TRIPS);
  let measured = 0;
  let links = 0;
  let queueHighWater = 0;
  let was = client.status.phase;

  client.onSettled(({ code = 'DELIVERED', rttMs }) => {
    const short = code.slice(0, CODE_LENGTH);
    const name = outcomes.has(short) || outcomes.size < CODES ? short : 'OTHER';
    outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
    if (rttMs === undefined) return;
    roundTrips[measured % ROUND_TRIPS] = rttMs;
    measured += 1;
  });
  client.subscribe(() => {
    const { phase, queued, inFlight } = client.status;
    // From `suspect` the same link returns to `ready`: no reconnect.
    if (phase === 'ready' && was !== 'ready' && was !== 'suspect') links += 1;
    was = phase;
    queueHighWater = Math.max(queueHighWater, queued + inFlight);
  });

  /** @returns {import('../types/index.d.ts').Stats} */
  return () => {
    const sorted = roundTrips.slice(0, Math.min(measured, ROUND_TRIPS)).sort();
    // By the nearest rank, so that it is a measured value.
    const percentile = (/** @type {number} */ share) =>
      sorted.length === 0 ? null : sorted[Math.ceil(share * sorted.length) - 1];
    return {
      mode: client.getState().mode,
      outcomes: Object.fromEntries(outcomes),
      rttMs: { p50: percentile(0.5), p95: percentile(0.95), p99: percentile(0.99) },
      reconnects: Math.max(links - 1, 0),
      queueHighWater,
    };
  };
}
