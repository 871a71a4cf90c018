/**
 * What was missed while away: the app is asked for it, and live messages are kept meanwhile. When, and for how long, is the
 * engine's to decide.
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
  /** @type {[packet: any[], extra: unknown][]} */
  const buffered = [];
  /** The round that the app was asked in last. */
  let asked = 0;
  /** Why, where a feed has lost its place. @type {{ reason?: 'trimmed' | 'replaced', room?: string | null }} */
  let why = {};

  /** Hands an event to the listeners. @param {any[]} packet @param {unknown} [extra] @param {boolean} [isFetched] */
  const dispatch = (packet, extra, isFetched) => {
    const [event, ...args] = packet;
    if (receive(packet, extra, isFetched)) wire.dispatch(event, args);
  };

  return {
    /**
     * Whether a live message is buffered back for now.
     * @param {any[]} packet its event and arguments
     * @param {unknown} extra the last argument where it is not the app's
     */
    holds(packet, extra) {
      const isMessage = settings().events.message.includes(packet[0]);
      if (!isMessage || !engine.note(TOLD.live, typeof extra === 'function')) return false;
      buffered.push([packet, extra]);
      engine.drain();
      return true;
    },

    isBuffering: () => buffered.length > 0,

    /** What a feed had since its position is not to be had from there. */
    lost(/** @type {'trimmed' | 'replaced'} */ reason, /** @type {string | null} */ room) {
      why = { reason, room };
    },

    release() {
      for (const one of buffered.splice(0)) {
        if (engine.note(TOLD.isOurs, asked)) dispatch(...one);
      }
    },

    /** @param {number} round @param {number} since the place of the last message before the gap */
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
            // What another user was sent is not for this one.
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
