/** Who the user is, and with what the server is told so at each attempt. */

import { ask, idOf, subjectIn, userOf } from './credentials.js';
import { NO_AUTH } from './options.js';
import { call } from './report.js';

/**
 * What an attempt is to be made with.
 * @typedef {object} Grant
 * @property {any} value the credentials
 * @property {string | undefined} name the user as the app names him
 * @property {string | undefined} subject whom the credentials name
 * @property {string | undefined} user whose room and messages these are
 */

/**
 * @param {object} needs
 * @param {import('socket.io-client').Socket} needs.socket
 * @param {() => import('../types/settings.d.ts').Settings} needs.settings
 * @param {(epoch: number) => boolean} needs.isAsked whether credentials are still asked for, for an attempt
 */
export function createSession({ socket, settings, isAsked }) {
  /** The one that `initializeSocket` named. @type {string | undefined} */
  let named;
  /** What the last attempt was made with. @type {Grant | undefined} */
  let granted;
  /** What a component assigned to the Socket's `auth`: it goes before the option. @type {unknown} */
  let assigned;

  /** What the Socket's `auth` is from now on, unless a component assigns another. */
  const present = (/** @type {any} */ value) => {
    socket.auth = value;
    presented = value;
  };
  /** @type {unknown} */
  let presented;
  /** Without an engine: who the user is by now. */
  let look = () => {};
  const source = () => assigned ?? settings().auth;

  const session = {
    /** Whose room and messages these are. */
    user: () => named ?? granted?.user,
    /** Whom the credentials of the last attempt name. */
    subject: () => granted?.subject,

    /** The user as the app names him. @throws what a function of the app's throws */
    name() {
      const { userId: own } = settings();
      return named ?? idOf(typeof own === 'function' ? /** @type {any} */ (own)() : own);
    },

    /**
     * Asks for the credentials of an attempt. The answer comes once at most, and not at all where it
     * would be too late. An error that is undefined: what was answered is no object.
     * @param {number} epoch
     * @param {(answer: { grant: Grant | null } | { error: unknown }) => void} done null: nobody is logged in
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
          // What cannot be encoded would throw inside of socket.io, once the transport is open.
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

    /** The attempt is made with these. @param {Grant} grant */
    grant(grant) {
      granted = grant;
      // Not the copy: apps set the token in it, and connect again.
      present(grant.value === NO_AUTH ? undefined : grant.value);
    },

    /**
     * Whose a logout is, though no attempt may have been made: calls `end` for that user, synchronously if
     * the credentials can say so.
     * @param {(user: string) => Promise<void> | void} end
     * @returns {Promise<void>} once what `end` answered is done
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

    /** Names the user, before the option and the token do. @returns {boolean} whether that is news */
    rename(/** @type {unknown} */ id) {
      const next = idOf(id);
      if (next === undefined || next === named) return false;
      named = next;
      look();
      return true;
    },

    /** The user is gone, and with him what a component assigned. */
    forget() {
      assigned = granted = undefined;
      present(undefined);
    },

    /** Nobody is named any more. */
    unname() {
      named = undefined;
    },

    /** Without an engine socket.io-client asks by itself, in its own form. @param {() => void} other it is another user's */
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
