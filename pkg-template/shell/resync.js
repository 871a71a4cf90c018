/**
 * Fetches what was missed while disconnected: asks the app's `onResync` for it, and buffers live messages until it
 * answers. The engine decides when to ask and how long to buffer.
 */

import { TOLD } from './numbers.js';
import { call, report } from './report.js';

/**
 * @param {() => import('../types/settings.d.ts').Settings} settings
 * @param {import('./engine.js').Engine} engine
 * @param {ReturnType<typeof import('./inbound.js').createInbound>} inbound
 * @param {ReturnType<typeof import('./wire.js').createWire>} wire
 */
export function createResync(settings, engine, { receive, lastMessages }, wire) {
  /** Live messages, in the order in which they arrived. @type {[packet: any[], extra: unknown][]} */
  const buffered = [];
  /** The round in which the app was asked last. */
  let asked = 0;
  /** Why the app is asked, if a feed cannot continue at its position. @type {{ reason?: 'trimmed' | 'replaced', room?: string | null }} */
  let why = {};

  /** Hands an event to the listeners. @param {any[]} packet @param {unknown} [extra] @param {boolean} [isFetched] */
  const dispatch = (packet, extra, isFetched) => {
    const [event, ...args] = packet;
    if (receive(packet, extra, isFetched)) wire.dispatch(event, args);
  };

  return {
    /**
     * Buffers an event if it is a live message and a resync is in progress. Returns whether it did.
     * @param {any[]} packet its event and arguments
     * @param {unknown} extra the last argument where it is not the app's
     */
    bufferLive(packet, extra) {
      const isMessage = settings().events.message.includes(packet[0]);
      if (!isMessage || !engine.note(TOLD.live, typeof extra === 'function')) return false;
      buffered.push([packet, extra]);
      engine.drain();
      return true;
    },

    isBuffering: () => buffered.length > 0,

    /** The server no longer has a feed's items from its position on. */
    lost(/** @type {'trimmed' | 'replaced'} */ reason, /** @type {string | null} */ room) {
      why = { reason, room };
    },

    /** An order of the engine: hands buffered messages to the listeners. */
    release() {
      for (const one of buffered.splice(0)) {
        if (engine.note(TOLD.isOurs, asked)) dispatch(...one);
      }
    },

    /** An order of the engine: asks the app. @param {number} round @param {number} since index in `lastMessages` of the last one before the gap */
    ask(round, since) {
      asked = round;
      const { onResync } = settings();
      const answered = (/** @type {boolean} */ isWhole) =>
        engine.tell(TOLD.resynced, round, isWhole);
      if (!onResync) return answered(true);
      const deliver = (/** @type {unknown} */ messages) => {
        call(() => {
          if (!Array.isArray(messages)) return;
          for (const message of messages) {
            // The session of the user for whom they were fetched may have ended.
            if (!engine.note(TOLD.isOurs, round)) return;
            dispatch([settings().events.message[0], message], undefined, true);
          }
        });
      };
      const { reason = /** @type {const} */ ('returned'), room = null } = why;
      why = {};
      const missed = { since: lastMessages[since] ?? { id: null, at: 0 }, reason, room, deliver };
      new Promise((resolve) => resolve(onResync(missed))).then(
        () => answered(true),
        (error) => {
          report(error);
          answered(false);
        },
      );
    },

    forget() {
      buffered.length = lastMessages.length = 0;
      why = {};
    },
  };
}
