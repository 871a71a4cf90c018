/** Who the user is, and with what the server is told so at each attempt. */

import { ask, idOf, userOf } from './credentials.js';

/**
 * @param {object} needs
 * @param {import('socket.io-client').Socket} needs.socket
 * @param {() => import('../types/settings.d.ts').Settings} needs.settings
 * @param {() => void} needs.onChange the user is another one: what was the former's has to go
 */
export function createSession({ socket, settings, onChange }) {
  /** The user whose room and messages these are, and the one that `initializeSocket` named. */
  /** @type {string | undefined} */
  let user;
  /** @type {string | undefined} */
  let named;
  /** What the last attempt was made with. */
  /** @type {unknown} */
  let credentials;
  /** What a component assigned to the Socket's `auth`: it goes before the option. */
  /** @type {unknown} */
  let assigned;
  /** The attempt that credentials are asked for, until they are there or too late. */
  let asked = 0;

  /** What the Socket's `auth` is from now on, unless a component assigns another. */
  const present = (/** @type {any} */ value) => {
    socket.auth = credentials = value;
  };
  const source = () => assigned ?? settings().auth;

  const session = {
    user: () => user,
    /** Who will be the user, as far as `initializeSocket` said. */
    named: () => named,

    /**
     * Asks for the credentials of an attempt. The answer comes once at most, and not at all where it
     * would be too late. An error that is undefined: what was answered is no object.
     * @param {number} epoch
     * @param {(answer: { isGranted: boolean } | { error: unknown }) => void} done
     */
    authorize(epoch, done) {
      asked = epoch;
      if (socket.auth !== credentials) assigned = socket.auth;
      ask(source(), (answer) => {
        if (epoch !== asked) return;
        asked = 0;
        if ('error' in answer) return done(answer);
        const { value } = answer;
        if (value === null || value === undefined) return done({ isGranted: false });
        if (typeof value !== 'object') return done({ error: undefined });
        /** @type {unknown} */
        let copy;
        let { userId: own } = settings();
        try {
          // What cannot be encoded would throw inside of socket.io, once the transport is open.
          copy = JSON.parse(JSON.stringify(value));
          if (typeof own === 'function') own = /** @type {any} */ (own());
        } catch (error) {
          return done({ error });
        }
        if (Array.isArray(copy)) return done({ error: undefined });
        session.become(named ?? idOf(own) ?? userOf(copy));
        // Not the copy: apps set the token in it, and connect again.
        present(value);
        done({ isGranted: true });
      });
    },

    /** Credentials that are still asked for come too late. */
    expire() {
      asked = 0;
    },

    /** Names the user, before the option and the token do. @returns {boolean} whether that is news */
    name(/** @type {unknown} */ id) {
      const next = idOf(id);
      if (next === undefined || next === named) return false;
      named = next;
      return next !== user;
    },

    /** A user who changed finds nothing of the one before. @param {string} [next] */
    become(next) {
      if (user !== undefined && next !== user) onChange();
      user = next;
    },

    /** What a component assigned was the user's too. */
    forgetCredentials() {
      assigned = undefined;
      present(undefined);
    },

    forgetUser() {
      user = undefined;
      named = undefined;
    },

    /** Without an engine socket.io-client asks by itself, in its own form. */
    release() {
      socket.auth = (done) =>
        ask(source(), (answer) => {
          if ('value' in answer) done(/** @type {any} */ (answer.value));
        });
    },
  };
  return session;
}
