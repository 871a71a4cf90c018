/** Reports errors to the app (`onError`, the state) and warnings to its developer (the logger). */

import { HoldfastError } from './errors.js';
import { printOf } from './generations.js';
import { TOLD } from './numbers.js';
import { call } from './report.js';

/**
 * @param {() => import('../types/settings.d.ts').Settings} settings
 * @param {import('./engine.js').Engine} engine
 * @param {() => void} changed called when the state has a new error
 */
export function createTrouble(settings, engine, changed) {
  /** @type {(Error & { code?: string }) | null} */
  let last = null;

  const warn = (/** @type {string} */ message) => settings().logger.warn(message);

  /** Warns once for each kind until messages are sent again; every time if the engine is dead. */
  const warnOnce = (/** @type {string} */ message, kind = message) => {
    if (engine.note(TOLD.warns, printOf(kind))) warn(message);
  };

  return {
    warn,
    warnOnce,

    /** The error that the state shows, until it is over. */
    last: () => last,

    /** @param {string} code @param {string} message @param {unknown} [cause] */
    fail(code, message, cause) {
      warnOnce(message, code);
      last = Object.assign(new HoldfastError(code, message), { cause });
      changed();
      call(settings().onError, last);
    },

    /** Clears the error. @param {string} [code] only if the error has this code */
    over(code) {
      if (code && last?.code !== code) return;
      last = null;
      if (code) changed();
    },

    /**
     * A message failed whose sender does not hear of it: it had settled as a success, or an earlier page load sent it.
     * @param {import('./result.js').Result} result
     * @param {boolean} isOld whether an earlier page load sent it
     */
    refused({ code = '', message = '', reply, event, id }, isOld) {
      if (isOld) warnOnce(`a message of an earlier page failed: ${code}`);
      const error = Object.assign(new HoldfastError(code, message), { id, event, reply });
      call(settings().onError, error);
    },
  };
}
