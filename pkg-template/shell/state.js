/** What the app sees of the client: a frozen snapshot, and who is told when there is a new one. */

import { createListeners } from './listeners.js';

/**
 * @typedef {object} Status the engine's last word on itself: times in milliseconds since the epoch, negative where there is none
 * @property {import('../types/index.d.ts').Phase} phase
 * @property {number} queued
 * @property {number} inFlight
 * @property {number} nextAttemptAt
 * @property {number} lastPongAt
 * @property {number} rttMs
 */

/**
 * @typedef {Pick<import('../types/index.d.ts').State, 'isConnected' | 'isReady' | 'transport' | 'onlineUsers' | 'onlineUsersStale' | 'error'> & { isLinked: boolean }} Rest
 *   what others know; `isLinked` is the link, whatever `isConnected` means to the app
 */

export function createState() {
  /** @type {Status} */
  const status = {
    phase: 'idle',
    queued: 0,
    inFlight: 0,
    nextAttemptAt: -1,
    lastPongAt: -1,
    rttMs: -1,
  };
  const subscribers = createListeners();
  /** @type {import('../types/index.d.ts').State | null} */
  let cached = null;
  let isPlain = false;

  /** @param {Rest} rest @returns {import('../types/index.d.ts').State} */
  const snapshot = ({ isLinked, ...others }) => {
    const { phase, queued, inFlight, nextAttemptAt, lastPongAt, rttMs } = status;
    return Object.freeze({
      ...others,
      mode: isPlain ? 'plain' : 'reliable',
      phase,
      connectionHealth: Object.freeze({
        isHealthy: others.isReady,
        lastPongTime: lastPongAt < 0 ? null : lastPongAt,
        rttMs: rttMs < 0 ? null : rttMs,
        isConnected: isLinked,
        isReady: others.isReady,
        queueLength: queued,
      }),
      queueLength: queued,
      inFlight,
      nextAttemptAt: nextAttemptAt < 0 ? null : nextAttemptAt,
    });
  };

  return {
    status,
    /** The module cannot run, or died. */
    plain() {
      isPlain = true;
    },
    get: (/** @type {() => Rest} */ rest) => (cached ??= snapshot(rest())),
    subscribe: subscribers.add,
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
