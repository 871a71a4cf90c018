/** The session: its user, and the credentials that each connection attempt sends. */

import { ask, idOf, subjectIn, userOf } from './credentials.js';
import { NO_AUTH } from './options.js';
import { call } from './report.js';

/**
 * The credentials of one attempt, and whom they name.
 * @typedef {object} Grant
 * @property {any} value the credentials
 * @property {string | undefined} name the user that the app names
 * @property {string | undefined} subject the user that the credentials name
 * @property {string | undefined} user owner of the room and the messages: `name`, else the token's user
 */

/**
 * @param {object} needs
 * @param {import('socket.io-client').Socket} needs.socket
 * @param {() => import('../types/settings.d.ts').Settings} needs.settings
 * @param {(epoch: number) => boolean} needs.isAsked whether this attempt still waits for credentials
 */
export function createSession({ socket, settings, isAsked }) {
  /** The user that `initializeSocket` or `setUser` named. @type {string | undefined} */
  let named;
  /** The credentials of the last attempt. @type {Grant | undefined} */
  let granted;
  /** The value that the app assigned to the Socket's `auth`: it overrides the option. @type {unknown} */
  let assigned;

  /** Sets the Socket's `auth`. A different value there later was assigned by the app. */
  const present = (/** @type {any} */ value) => {
    socket.auth = value;
    presented = value;
  };
  /** @type {unknown} */
  let presented;
  /** Once the engine is dead: checks whether the user has changed. */
  let look = () => {};
  const source = () => assigned ?? settings().auth;

  const session = {
    /** The owner of the room and the messages. */
    user: () => named ?? granted?.user,
    /** The user that the credentials of the last attempt name. */
    subject: () => granted?.subject,

    /** The user that the app names. @throws what the app's `userId` function throws */
    name() {
      const { userId: own } = settings();
      return named ?? idOf(typeof own === 'function' ? /** @type {any} */ (own)() : own);
    },

    /**
     * Asks the app for the credentials of an attempt. `done` is called at most once, and not at all once the attempt is
     * over.
     * @param {number} epoch
     * @param {(answer: { grant: Grant | null } | { error: unknown }) => void} done grant null: nobody is logged in; error undefined: the answer was not an object
     */
    authorize(epoch, done) {
      if (socket.auth !== presented) assigned = socket.auth;
      ask(source(), (answer) => {
        if (!isAsked(epoch)) return;
        if ('error' in answer) return done(answer);
        const { value } = answer;
        if (value === null || value === undefined) return done({ grant: null });
        if (typeof value !== 'object') return done({ error: undefined });
        try {
          // Check here that it can be encoded: socket.io would throw only after the transport is open.
          const copy = JSON.parse(JSON.stringify(value));
          if (Array.isArray(copy)) return done({ error: undefined });
          const { query, extraHeaders } = /** @type {any} */ (socket.io.opts);
          const name = session.name();
          const subject = subjectIn([copy, query, extraHeaders]);
          done({ grant: { value, name, subject, user: name ?? userOf(copy) } });
        } catch (error) {
          done({ error });
        }
      });
    },

    /** Sets the credentials that the attempt sends. @param {Grant} grant */
    grant(grant) {
      granted = grant;
      // The app's own object, not the copy: apps change the token in it and connect again.
      present(grant.value === NO_AUTH ? undefined : grant.value);
    },

    /**
     * Finds the user that a logout is for, though there may not have been an attempt. Calls `end` with that user,
     * synchronously if the app gives credentials synchronously.
     * @param {(user: string) => Promise<void> | void} end
     * @returns {Promise<void>} resolves once `end` is done
     */
    whose: (end) =>
      new Promise((resolve) => {
        const user = session.user() ?? call(session.name);
        if (user !== undefined) return resolve(end(user));
        ask(source(), (answer) => {
          const id = 'value' in answer ? userOf(answer.value) : undefined;
          resolve(id === undefined ? undefined : end(id));
        });
      }),

    /** Names the user; this overrides the option `userId` and the token. @returns {boolean} whether the user changed */
    rename(/** @type {unknown} */ id) {
      const next = idOf(id);
      if (next === undefined || next === named) return false;
      named = next;
      look();
      return true;
    },

    /** The session is over: forgets its credentials, also those that the app assigned. */
    forget() {
      assigned = granted = undefined;
      present(undefined);
    },

    /** Forgets the named user. */
    unname() {
      named = undefined;
    },

    /** The engine died: socket.io-client asks for credentials itself, by its own function form. @param {() => void} other called when the user has changed */
    release(other) {
      let user = session.user();
      look = () => {
        const its = call(session.name) ?? granted?.user;
        if (user !== undefined && its !== user) other();
        user = its;
      };
      socket.auth = (done) =>
        ask(source(), (answer) => {
          if (!('value' in answer)) return;
          const value = /** @type {any} */ (answer.value);
          granted = { value, name: undefined, subject: undefined, user: userOf(value) };
          look();
          done(value);
        });
    },
  };
  return session;
}
