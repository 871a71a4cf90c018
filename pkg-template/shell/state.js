/** The state that the app sees: a cached, frozen snapshot, and the subscribers that hear of a new one. */

import { createListeners } from './listeners.js';

/**
 * @typedef {object} Status the engine's last report; times in milliseconds since the epoch, negative if there is none
 * @property {import('../types/index.d.ts').Phase} phase
 * @property {number} queued
 * @property {number} inFlight
 * @property {number} nextAttemptAt
 * @property {number} lastPongAt
 * @property {number} rttMs
 */

/**
 * @typedef {Pick<import('../types/index.d.ts').State, 'isConnected' | 'isReady' | 'transport' | 'onlineUsers' | 'onlineUsersStale' | 'error'> & { isLinked: boolean }} Rest
 *   the parts of the state that other files know; `isLinked`: there is a link, whatever the option `connectedMeans` says
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
    /** Drops the cached snapshot, without calling subscribers. */
    spoil() {
      cached = null;
    },
    changed() {
      cached = null;
      subscribers.tell();
    },
  };
}
