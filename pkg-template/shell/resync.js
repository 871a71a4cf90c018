/**
 * What was missed while away. On every return that was not a recovered session the app is asked for it;
 * live messages are held meanwhile, so that what came first is shown first.
 */

import { report } from './report.js';

/** Nobody waits longer for what was missed, and no more than this is held. */
const HOLD_MS = 5000;
const HOLD_MOST = 1000;

/**
 * @param {(event: string, args: unknown[]) => void} dispatch hands an event to the listeners
 */
export function createResync(dispatch) {
  /** @type {{ id: string | null, at: number } | null} */
  let since = null;
  /** @type {{ event: string, args: unknown[] }[] | null} */
  let held = null;
  let heldEvent = '';
  /** Counts returns: an answer to an earlier one releases nothing. */
  let round = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const release = () => {
    clearTimeout(timer);
    const messages = held ?? [];
    held = null;
    for (const { event, args } of messages) dispatch(event, args);
  };

  return {
    /** A message was handed to the listeners. @param {string | undefined} id */
    saw(id) {
      since = { id: id ?? null, at: Date.now() };
    },

    /**
     * Whether a live message is held back for now. One that wants an acknowledgement is not.
     * @param {string} event
     * @param {unknown[]} args
     */
    holds(event, args) {
      if (!held || event !== heldEvent || typeof args.at(-1) === 'function') return false;
      held.push({ event, args });
      if (held.length >= HOLD_MOST) release();
      return true;
    },

    /**
     * The link is ready.
     * @param {boolean} isRecovered the server has sent what was missed by itself
     * @param {string} event under which messages arrive
     * @param {((details: any) => unknown) | undefined} ask the app's
     */
    ready(isRecovered, event, ask) {
      const position = since;
      since ??= { id: null, at: Date.now() };
      if (!position || isRecovered || !ask) return;
      round += 1;
      const asked = round;
      held ??= [];
      heldEvent = event;
      clearTimeout(timer);
      timer = setTimeout(release, HOLD_MS);
      const deliver = (/** @type {unknown} */ messages) => {
        if (!Array.isArray(messages)) return;
        for (const message of messages) dispatch(event, [message]);
      };
      const done = () => asked === round && release();
      new Promise((resolve) => resolve(ask({ since: position, deliver }))).then(done, (error) => {
        report(error);
        done();
      });
    },

    forget() {
      round += 1;
      since = null;
      held = null;
      clearTimeout(timer);
    },
  };
}
