/**
 * Connect, disconnect, logout, pause: the commands by which the app and the page's events change the link and the
 * session. Their effect is decided in `src/client/life.rs`. After the engine's death this file decides what is left (D6).
 */

import { DOOR, TOLD } from './numbers.js';

/**
 * @param {import('./engine.js').Engine} engine
 * @param {import('socket.io-client').Socket} socket
 * @param {ReturnType<typeof import('./session.js').createSession>} session
 * @param {ReturnType<typeof import('./owner.js').createOwner>} owner
 * @param {() => void} forgetTalk drops events that were emitted or remembered for the session that ended
 */
export function createLife(engine, socket, session, owner, forgetTalk) {
  /** Whether the app may have a link, by the table `DOOR`: the module's last answer; after its death, set here. */
  let door = DOOR.open;
  let wishes = 0;

  /** The engine is dead: applies a command to the plain Socket. @param {number} what @param {boolean} wantsNone */
  const withoutModule = (what, wantsNone) => {
    if (what === TOLD.logOut) door = DOOR.loggedOut;
    else if (what === TOLD.hold) door = wantsNone ? DOOR.paused : DOOR.open;
    else if (what === TOLD.resetLogout && door === DOOR.loggedOut) door = DOOR.open;
    const isOther = what === TOLD.named;
    if (isOther || (wantsNone && (what !== TOLD.hold || !socket.connected))) socket.disconnect();
    else if (what === TOLD.open && door === DOOR.open) socket.connect();
  };

  /** @param {number} what one of `TOLD` @param {number | boolean} [a] @param {boolean} [b] */
  const note = (what, a, b) => {
    const answer = engine.note(what, a, b);
    if (answer < 0) return;
    door = answer % DOOR.ends;
    if (answer >= DOOR.ends) forgetTalk();
    engine.drain();
  };

  /** @param {number} what one of `TOLD` @param {boolean} [wantsNone] whether the command asks for no link */
  const tell = (what, wantsNone = false) => {
    note(what, wantsNone);
    if (!engine.isDead()) return;
    withoutModule(what, wantsNone);
    engine.drain();
  };

  return {
    tell,

    /** Reports an event of the page. @param {number} event @param {boolean} flag both as `watchPage` passes them */
    page(event, flag) {
      note(TOLD.page, event, flag);
      note(TOLD.reopen);
    },

    /** Requests a link. Refused while logged out. */
    connect() {
      wishes += 1;
      owner.tellName();
      tell(TOLD.open);
    },
    /** How often `connect` was called. */
    wishes: () => wishes,

    /** Ends the link. Listeners stay, and so do unsettled messages if their user is known. */
    disconnect() {
      owner.tellName();
      tell(TOLD.disconnect, true);
    },

    /**
     * Settles unsettled messages as LOGGED_OUT and forgets the user. Nothing connects until `resetLogout`.
     * @returns {Promise<void>} resolves once the disk is clean. The logout is in force at once, even if the page ends
     */
    logOut() {
      const isClean = owner.logOut();
      tell(TOLD.logOut, true);
      session.unname();
      return isClean;
    },
    isLoggedOut: () => door === DOOR.loggedOut,
    resetLogout: () => tell(TOLD.resetLogout),

    /** Pauses connection attempts while the app's login is not ready. */
    pause: (/** @type {boolean} */ isPaused) => tell(TOLD.hold, isPaused),

    /** Names the user; this overrides the option `userId` and the token. @param {unknown} id */
    setUser(id) {
      if (!session.rename(id)) return;
      tell(TOLD.named);
      owner.tellName();
      owner.open();
    },
  };
}
