/** Events of the app's that may be lost, or wait for a moment, but have no guarantee. */

import { TOLD } from './numbers.js';
import { copies } from './payload.js';
import { report } from './report.js';

/**
 * @param {() => import('../types/settings.d.ts').Settings} settings
 * @param {import('./engine.js').Engine} engine
 * @param {ReturnType<typeof import('./wire.js').createWire>} wire
 */
export function createLoose(settings, engine, wire) {
  /** By the engine's numbers. @type {Map<number, { event: string, data: unknown }>} */
  const deferredEvents = new Map();

  /** Emits where it may be lost: dropped unless the link is up. Answers the number of the acknowledgement. */
  const emit = (
    /** @type {string} */ event,
    /** @type {readonly unknown[]} */ args,
    /** @type {((...reply: any[]) => void) | undefined} */ ack = undefined,
  ) => {
    if (wire.epoch() === 0) return undefined;
    try {
      // Copied, as a function among them would be taken for an acknowledgement, and what is too large, or
      // throws, would end the link.
      return wire.emit(event, copies(args, wire.maxPayload(), settings().io.parser), ack);
    } catch (error) {
      report(error);
      return undefined;
    }
  };

  return {
    emit,

    /** With a callback, which a server may call without a look. Nobody needs its answer. */
    emitAsked(/** @type {string} */ event, /** @type {readonly unknown[]} */ args) {
      wire.forget(emit(event, args, () => {}));
    },

    /** Held until messages leave, for a minute and a hundred at most. */
    emitSoon(/** @type {string} */ event, /** @type {unknown} */ data) {
      const number = engine.note(TOLD.emitSoon, wire.epoch());
      if (number === 0) emit(event, [data]);
      else if (number > 0) deferredEvents.set(number - 1, { event, data });
      engine.drain();
    },

    /** An order of the client's. */
    emitLater(/** @type {number} */ key) {
      const { event, data } = deferredEvents.get(key) ?? {};
      deferredEvents.delete(key);
      if (event !== undefined) emit(event, [data]);
    },

    deferredEvents,
  };
}
