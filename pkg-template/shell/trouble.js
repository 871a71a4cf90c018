/** What goes wrong, as the app and its developer are told of it. */

import { HoldfastError } from './errors.js';
import { printOf } from './generations.js';
import { TOLD } from './numbers.js';
import { call } from './report.js';

/**
 * @param {() => import('../types/settings.d.ts').Settings} settings
 * @param {import('./engine.js').Engine} engine
 * @param {() => void} changed the state has another error
 */
export function createTrouble(settings, engine, changed) {
  /** @type {(Error & { code?: string }) | null} */
  let last = null;

  const warn = (/** @type {string} */ message) => settings().logger.warn(message);

  /** Once for each kind, until messages leave again; without an engine each time. */
  const warnOnce = (/** @type {string} */ message, kind = message) => {
    if (engine.note(TOLD.warns, printOf(kind))) warn(message);
  };

  return {
    warn,
    warnOnce,

    /** What the app may see of it, until it is over. */
    last: () => last,

    /** @param {string} code @param {string} message @param {unknown} [cause] */
    fail(code, message, cause) {
      warnOnce(message, code);
      last = Object.assign(new HoldfastError(code, message), { cause });
      changed();
      call(settings().onError, last);
    },

    /** @param {string} [code] that of the error which is over, if it is the last one */
    over(code) {
      if (code && last?.code !== code) return;
      last = null;
      if (code) changed();
    },

    /**
     * A message was refused of which nobody who sent it hears: it had settled as a success, or it is of an earlier life.
     * @param {import('./result.js').Result} result
     * @param {boolean} isOld
     */
    refused({ code = '', message = '', reply, event, id }, isOld) {
      if (isOld) warnOnce(`a message of an earlier page failed: ${code}`);
      const error = Object.assign(new HoldfastError(code, message), { id, event, reply });
      call(settings().onError, error);
    },
  };
}
