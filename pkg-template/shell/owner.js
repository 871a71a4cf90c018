/** Whose the session is: for the client a number, on disk a scope. */

import { begin, keepSubject, peek, printOf, printOfHash, raise, subjectOf } from './generations.js';
import { TOLD } from './numbers.js';
import { call } from './report.js';
import { scopeOf } from './scope.js';

/**
 * @param {string} endpoint the server, the path and the namespace
 * @param {import('./engine.js').Engine} engine
 * @param {ReturnType<typeof import('./wire.js').createWire>} wire
 * @param {ReturnType<typeof import('./session.js').createSession>} session
 * @param {ReturnType<typeof import('./storage.js').createStorage> | null} storage
 */
export function createOwner(endpoint, engine, wire, session, storage) {
  /** The user's, at this endpoint. @type {string | undefined | null} */
  let openScope = null;
  /** Of the user's logouts, when the scope was opened; none without localStorage. @type {number | null} */
  let generation = null;
  /** @type {string | undefined} */
  let toldName;
  return {
    scope: () => openScope,

    /** Says who the user is, as far as the app has said so. */
    tellName() {
      const name = call(session.name);
      if (name === undefined || name === toldName) return;
      toldName = name;
      const subject = printOfHash(subjectOf(scopeOf(endpoint, name)));
      engine.tell(TOLD.name, printOf(name), subject);
    },

    /** Opens what is kept of the user, as soon as it is known who that is. */
    open() {
      const user = session.user();
      const scope = user === undefined ? undefined : scopeOf(endpoint, user);
      if (scope === openScope) return;
      openScope = scope;
      if (storage) generation = storage.open(scope ?? '');
      else generation = scope ? begin(scope) : null;
    },

    /** The server has taken the credentials of the user. */
    accepted() {
      const subject = session.subject();
      if (openScope && subject !== undefined) keepSubject(openScope, subject);
    },

    /** Says what is outside by now: the transport, and the user's logouts as storage has them. */
    look() {
      const stored = openScope && generation !== null ? peek(openScope) : -1;
      engine.note(TOLD.looked, stored, wire.isPolling(), wire.waiting());
    },

    /** The user logs out. @returns {Promise<void>} once nothing of his is kept */
    logOut: () =>
      session.whose((user) => {
        const scope = scopeOf(endpoint, user);
        return storage ? storage.clear(scope) : void raise(scope);
      }),

    /** Until the next session is known nothing is open. */
    forget() {
      openScope = null;
      toldName = undefined;
      session.forget();
    },
  };
}
