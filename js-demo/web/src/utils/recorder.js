// Records when the connection and each message changed their state, for the timeline.

/** The shortest and the longest time that the timeline shows. */
const SHORTEST_MS = 15_000;
const LONGEST_MS = 60_000;
/** The number of messages shown. Older ones are dropped. The timeline always has room for all of them. */
export const SHOWN = 6;
/** The number of samples of round trip and queue length that are kept. Each change adds one. */
const SAMPLES = 240;

/** @typedef {{ state: string, at: number }} Mark `state` holds from `at` until the next mark */
/** @typedef {{ id: string, text: string, attempts: number, marks: Mark[] }} Track */

const LINK = { ready: 'up', suspect: 'doubtful', joining: 'joining', connecting: 'joining' };

/**
 * @returns the record, which `note` changes in place and the timeline reads
 */
export function createRecorder() {
  /** @type {Map<string, Track>} */
  const tracks = new Map();
  /** @type {Mark[]} */
  const link = [];
  /** @type {{ at: number, rttMs: number | null, waiting: number }[]} */
  const samples = [];
  const totals = { accepted: 0, delivered: 0 };

  /** The last round trip, of a ping or of a message that was sent once. */
  let roundTrip = null;
  let lastPing = null;

  const mark = (/** @type {Mark[]} */ marks, state, at) => {
    if (marks.at(-1)?.state === state) return false;
    marks.push({ state, at });
    return true;
  };

  return {
    link,
    samples,
    totals,

    /**
     * Records the current states.
     *
     * @param {number} at
     * @param {{ phase: string, rttMs: number | null, waiting: number,
     *   sending: readonly import('holdfast/react').SentMessage[], waits: Map<string, { attempts: number }> }} now
     */
    note(at, { phase, rttMs, waiting, sending, waits }) {
      mark(link, LINK[phase] ?? 'down', at);
      // Marks that ended before the visible time are dropped, except the last one of them.
      while (link.length > 1 && link[1].at < at - LONGEST_MS) link.shift();

      if (rttMs !== lastPing) roundTrip = rttMs;
      lastPing = rttMs;

      for (const { id, data, status } of sending) {
        let track = tracks.get(id);
        if (!track) {
          track = { id, text: data.content, attempts: 0, marks: [] };
          tracks.set(id, track);
          totals.accepted += 1;
          mark(track.marks, 'queued', at);
        }
        track.attempts = Math.max(track.attempts, waits.get(id)?.attempts ?? 0);
        const left = track.marks.at(-1);
        if (!mark(track.marks, status, at) || status !== 'sent') continue;
        totals.delivered += 1;
        if (left.state === 'sending' && track.attempts <= 1) roundTrip = at - left.at;
      }

      const last = samples.at(-1);
      if (last?.rttMs !== roundTrip || last.waiting !== waiting) {
        samples.push({ at, rttMs: roundTrip, waiting });
      }
      if (samples.length > SAMPLES) samples.shift();

      // A message that has not settled is kept. Otherwise it would be recorded as a new one.
      const isHere = new Set(sending.map(({ id }) => id));
      const spare = [...tracks.keys()].slice(0, -SHOWN).filter((id) => !isHere.has(id));
      for (const id of spare) tracks.delete(id);
    },

    /** The newest messages, in send order. */
    shown: () => [...tracks.values()].slice(-SHOWN),

    /** How much time the timeline shows: enough for all messages in it. */
    windowMs(now) {
      const oldest = Math.min(now, ...this.shown().map(({ marks }) => marks[0].at));
      return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, (now - oldest) * 1.15));
    },
  };
}

/** The time at which the connection was lost. @param {Mark[]} link */
export const lossesOf = (link) =>
  link
    .filter(({ state }, n) => isLinked(link[n - 1]?.state) && !isLinked(state))
    .map(({ at }) => at);

const isLinked = (state) => state === 'up' || state === 'doubtful';

/** The final state of a message, or its current one. @param {Track} track */
export function outcomeOf({ marks, attempts }, now) {
  const first = marks[0];
  const last = marks.at(-1);
  const isOver = last.state === 'sent' || last.state === 'failed';
  return { state: last.state, tookMs: (isOver ? last.at : now) - first.at, attempts };
}
