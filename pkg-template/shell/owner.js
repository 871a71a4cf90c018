/** Tells the client whose session it is, and opens that user's storage. */

import { begin, keepSubject, peek, printOf, printOfHash, raise, subjectOf } from './generations.js';
import { TOLD } from './numbers.js';
import { call } from './report.js';
import { scopeOf } from './scope.js';

/**
 * @param {string} endpoint names the server, the path and the namespace
 * @param {import('./engine.js').Engine} engine
 * @param {ReturnType<typeof import('./wire.js').createWire>} wire
 * @param {ReturnType<typeof import('./session.js').createSession>} session
 * @param {ReturnType<typeof import('./storage.js').createStorage> | null} storage
 */
export function createOwner(endpoint, engine, wire, session, storage) {
  /** The current user's scope: undefined if nobody is logged in, null if not known yet. @type {string | undefined | null} */
  let openScope = null;
  /** The user's logout generation when the scope was opened; null without localStorage. @type {number | null} */
  let generation = null;
  /** @type {string | undefined} */
  let toldName;
  return {
    scope: () => openScope,

    /** Tells the client which user the app names, if that has changed. */
    tellName() {
      const name = call(session.name);
      if (name === undefined || name === toldName) return;
      toldName = name;
      const subject = printOfHash(subjectOf(scopeOf(endpoint, name)));
      engine.tell(TOLD.name, printOf(name), subject);
    },

    /** Opens the storage of the current user. */
    open() {
      const user = session.user();
      const scope = user === undefined ? undefined : scopeOf(endpoint, user);
      if (scope === openScope) return;
      openScope = scope;
      if (storage) generation = storage.open(scope ?? '');
      else generation = scope ? begin(scope) : null;
    },

    /** The server accepted the user's credentials. */
    accepted() {
      const subject = session.subject();
      if (openScope && subject !== undefined) keepSubject(openScope, subject);
    },

    /** Reports the state outside of the engine: logouts in other tabs, and the transport with its backlog. */
    look() {
      const stored = openScope && generation !== null ? peek(openScope) : -1;
      engine.note(TOLD.looked, stored, wire.isPolling(), wire.waiting());
    },

    /** The user logs out. @returns {Promise<void>} resolves once the user's storage is deleted */
    logOut: () =>
      session.whose((user) => {
        const scope = scopeOf(endpoint, user);
        return storage ? storage.clear(scope) : void raise(scope);
      }),

    /** The session is over: nothing is open until the next user is known. */
    forget() {
      openScope = null;
      toldName = undefined;
      session.forget();
    },
  };
}
