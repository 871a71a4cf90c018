/**
 * What was missed while away. On every return that was not a recovered session the app is asked for it;
 * live messages are held meanwhile, so that what came first is shown first.
 */

import { call, report } from './report.js';

/** Nobody waits longer for what was missed, and no more than this is held. */
const HOLD_MS = 5000;
const HOLD_MOST = 1000;

/** @typedef {{ id: string | null, at: number }} Position */

/**
 * @param {(packet: any[], extra?: unknown, isFetched?: boolean) => void} dispatch hands an event to the listeners
 */
export function createResync(dispatch) {
  /** The last message. @type {Position | null} */
  let last = null;
  /** From where on something may be missing: the last message before a link was lost. */
  /** @type {Position | null} */
  let gap = null;
  /** @type {[packet: any[], extra: unknown][] | null} */
  let held = null;
  /** @type {string[]} */
  let events = [];
  /** Counts returns and losses: an answer to an earlier return fills no later gap. */
  let round = 0;
  /** The round in which the user's time began. */
  let first = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const release = () => {
    clearTimeout(timer);
    const messages = held ?? [];
    held = null;
    for (const message of messages) dispatch(...message);
  };

  return {
    /** A message was handed to the listeners. @param {string | undefined} id */
    saw(id) {
      last = { id: id ?? null, at: Date.now() };
    },

    /**
     * Whether a live message is held back for now. One that wants an acknowledgement is not.
     * @param {any[]} packet its event and arguments
     * @param {unknown} extra the last argument where it is not the app's
     */
    holds(packet, extra) {
      if (!held || !events.includes(packet[0]) || typeof extra === 'function') return false;
      held.push([packet, extra]);
      if (held.length >= HOLD_MOST) release();
      return true;
    },

    /** What is said from now on is missed, and what comes later does not tell from where on. */
    linkLost() {
      round += 1;
      gap ??= last;
    },

    /**
     * The link is ready.
     * @param {boolean} isRecovered the server has sent what was missed by itself
     * @param {string[]} names under which messages arrive
     * @param {((details: any) => unknown) | undefined} ask the app's
     */
    ready(isRecovered, names, ask) {
      last ??= { id: null, at: Date.now() };
      if (isRecovered || !ask) gap = null;
      if (!gap || !ask) return;
      round += 1;
      const asked = round;
      held ??= [];
      events = names;
      clearTimeout(timer);
      timer = setTimeout(release, HOLD_MS);
      const deliver = (/** @type {unknown} */ messages) => {
        // What another user was sent is not for this one.
        if (asked < first) return;
        call(() => {
          if (!Array.isArray(messages)) return;
          for (const message of messages) dispatch([names[0], message], undefined, true);
        });
      };
      new Promise((resolve) => resolve(ask({ since: gap, deliver })))
        .then(() => {
          if (asked === round) gap = null;
        }, report)
        .then(() => asked === round && release());
    },

    forget() {
      round += 1;
      first = round;
      last = gap = held = null;
      clearTimeout(timer);
    },
  };
}
