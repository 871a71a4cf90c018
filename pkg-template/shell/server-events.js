/**
 * Passes events that concern the client itself (join answers, pong, logout, presence) to the engine, before the app's
 * listeners get them.
 */

import { idOf } from './credentials.js';
import { printOf } from './generations.js';
import { TOLD } from './numbers.js';
import { call, textOf } from './report.js';

/** The engine's number for an id; -1 if it is none. */
export const printOfId = (/** @type {unknown} */ id) => {
  const text = idOf(id);
  return text === undefined ? -1 : printOf(text);
};

/**
 * @param {() => import('../types/settings.d.ts').Settings} settings
 * @param {import('./engine.js').Engine} engine
 * @param {ReturnType<typeof import('./wire.js').createWire>} wire
 * @param {ReturnType<typeof import('./trouble.js').createTrouble>} trouble
 * @param {ReturnType<typeof import('./deliveries.js').createDeliveries>} deliveries
 * @param {ReturnType<typeof import('./presence.js').createPresence>} presence
 * @param {() => void} logOut
 * @returns {(event: string, args: unknown[]) => void}
 */
export function createServerEvents(settings, engine, wire, trouble, deliveries, presence, logOut) {
  /** A warning for the developer; '' once it was given. */
  let advice = 'the server forced a logout: set the option onForceLogout';

  const forcedOut = (/** @type {any} */ data) => {
    logOut();
    const { onForceLogout } = settings();
    if (onForceLogout) call(onForceLogout, data ?? {});
    else if (advice && wire.socket.listeners('force_logout').length === 0) {
      trouble.warn(advice);
      advice = '';
    }
  };

  return (event, args) => {
    const { join, health, events } = settings();
    const epoch = wire.epoch();
    if (health && event === 'pong') engine.tell(TOLD.ponged, epoch);
    if (join && event === join.confirm) {
      trouble.over('JOIN_REJECTED');
      engine.tell(TOLD.joined, epoch);
    }
    if (join && event === join.reject) {
      const room = printOfId(/** @type {any} */ (args[0])?.room);
      if (engine.note(TOLD.joinRejected, epoch, room)) {
        trouble.fail('JOIN_REJECTED', `The server refused the join: ${textOf(args[0])}`, args[0]);
        engine.drain();
      }
    }
    if (events.sent.includes(event)) deliveries.confirm(args[0], false);
    if (events.failed.includes(event)) deliveries.confirm(args[0], true);
    if (event === 'force_logout') forcedOut(args[0]);
    presence.handle(epoch, event, args);
  };
}
