/** Emits events without a delivery guarantee: at once, or deferred until there is a link. */

import { TOLD } from './numbers.js';
import { copies } from './payload.js';
import { report } from './report.js';

/**
 * @param {() => import('../types/settings.d.ts').Settings} settings
 * @param {import('./engine.js').Engine} engine
 * @param {ReturnType<typeof import('./wire.js').createWire>} wire
 */
export function createLoose(settings, engine, wire) {
  /** Events that wait for a link, by the engine's numbers. @type {Map<number, { event: string, data: unknown }>} */
  const deferredEvents = new Map();

  /** Emits now; drops the event if the link is down. Returns the acknowledgement id. */
  const emit = (
    /** @type {string} */ event,
    /** @type {readonly unknown[]} */ args,
    /** @type {((...reply: any[]) => void) | undefined} */ ack = undefined,
  ) => {
    if (wire.epoch() === 0) return undefined;
    try {
      // Send a copy: socket.io would take a function among the arguments for an acknowledgement, and arguments that are
      // too large, or throw while they are encoded, would end the link.
      return wire.emit(event, copies(args, wire.maxPayload(), settings().io.parser), ack);
    } catch (error) {
      report(error);
      return undefined;
    }
  };

  return {
    emit,

    /** Emits with a callback that is ignored, for servers that call it without checking that there is one. */
    emitAsked(/** @type {string} */ event, /** @type {readonly unknown[]} */ args) {
      wire.forget(emit(event, args, () => {}));
    },

    /** Emits now, or as soon as messages may be sent. At most a hundred events are deferred, for a minute each. */
    emitSoon(/** @type {string} */ event, /** @type {unknown} */ data) {
      const number = engine.note(TOLD.emitSoon, wire.epoch());
      if (number === 0) emit(event, [data]);
      else if (number > 0) deferredEvents.set(number - 1, { event, data });
      engine.drain();
    },

    /** An order of the client: emits a deferred event. */
    emitLater(/** @type {number} */ key) {
      const { event, data } = deferredEvents.get(key) ?? {};
      deferredEvents.delete(key);
      if (event !== undefined) emit(event, [data]);
    },

    deferredEvents,
  };
}
