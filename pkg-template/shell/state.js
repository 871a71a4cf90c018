/** What the app sees of the client: a frozen snapshot, and who is told when there is a new one. */

import { createListeners } from './listeners.js';

/**
 * @typedef {object} Status the engine's last word on itself, times in milliseconds since the epoch
 * @property {import('../types/index.d.ts').Phase} phase
 * @property {number} queued
 * @property {number} inFlight
 * @property {number | null} nextAttemptAt
 * @property {number | null} lastPongTime
 * @property {number | null} rttMs
 */

/**
 * @param {() => Pick<import('../types/index.d.ts').State, 'isConnected' | 'isReady' | 'transport' | 'onlineUsers' | 'onlineUsersStale' | 'error'> & { isLinked: boolean }} rest
 *   what others know; `isLinked` is the link, whatever `isConnected` means to the app
 */
export function createState(rest) {
  /** @type {Status} */
  const status = {
    phase: 'idle',
    queued: 0,
    inFlight: 0,
    nextAttemptAt: null,
    lastPongTime: null,
    rttMs: null,
  };
  const subscribers = createListeners();
  /** @type {import('../types/index.d.ts').State | null} */
  let cached = null;

  /** @returns {import('../types/index.d.ts').State} */
  const snapshot = () => {
    const { isLinked, ...others } = rest();
    const { phase, queued, inFlight, nextAttemptAt, lastPongTime, rttMs } = status;
    return Object.freeze({
      ...others,
      phase,
      connectionHealth: Object.freeze({
        isHealthy: others.isReady,
        lastPongTime,
        rttMs,
        isConnected: isLinked,
        isReady: others.isReady,
        queueLength: queued,
      }),
      queueLength: queued,
      inFlight,
      nextAttemptAt,
    });
  };

  return {
    status,
    get: () => (cached ??= snapshot()),
    subscribe: (/** @type {() => void} */ fn) => subscribers.add(fn),
    /** The next to ask gets a new snapshot. */
    spoil() {
      cached = null;
    },
    changed() {
      cached = null;
      subscribers.tell();
    },
  };
}
