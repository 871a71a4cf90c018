/** Figures about a client, for those who watch it. Nothing is counted for an app that does not import this. */

/** Round trips that the percentiles are of: the last so many. */
const ROUND_TRIPS = 1024;

/** Codes that are counted apart, and how long each may be: servers write them. */
const CODES = 100;
const CODE_LENGTH = 100;

/** @param {ReturnType<typeof import('../core.js').makeClient>} client */
export function createStats(client) {
  /** Keyed by codes of the server's too, which may be any text. @type {Map<string, number>} */
  const outcomes = new Map();
  const roundTrips = new Float64Array(ROUND_TRIPS);
  let measured = 0;
  let links = 0;
  let queueHighWater = 0;
  let was = client.getState().phase;

  client.onSettled(({ code = 'DELIVERED', rttMs }) => {
    const short = code.slice(0, CODE_LENGTH);
    const name = outcomes.has(short) || outcomes.size < CODES ? short : 'OTHER';
    outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
    if (rttMs === undefined) return;
    roundTrips[measured % ROUND_TRIPS] = rttMs;
    measured += 1;
  });
  client.subscribe(() => {
    const { phase, queueLength, inFlight } = client.getState();
    // Out of a doubt the same link comes back.
    if (phase === 'ready' && was !== 'ready' && was !== 'suspect') links += 1;
    was = phase;
    queueHighWater = Math.max(queueHighWater, queueLength + inFlight);
  });

  /** @returns {import('../types/index.d.ts').Stats} */
  return () => {
    const sorted = roundTrips.slice(0, Math.min(measured, ROUND_TRIPS)).sort();
    // The nearest rank: a value that was measured.
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
