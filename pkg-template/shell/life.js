/**
 * What the app and the page want of the link and the session. What comes of it is decided in `src/client/life.rs`; once
 * the module is dead the little that is left of that is here (D6).
 */

import { DOOR, TOLD } from './numbers.js';

/**
 * @param {import('./engine.js').Engine} engine
 * @param {import('socket.io-client').Socket} socket
 * @param {ReturnType<typeof import('./session.js').createSession>} session
 * @param {ReturnType<typeof import('./owner.js').createOwner>} owner
 * @param {() => void} forgetTalk what was said so far is nobody's
 */
export function createLife(engine, socket, session, owner, forgetTalk) {
  /** By the table `DOOR`: what the module said last, and from its death on what comes of that. */
  let door = DOOR.open;
  let wishes = 0;

  /** The app has a plain Socket. @param {number} what @param {boolean} wantsNone */
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

  /** @param {number} what one of `TOLD` @param {boolean} [wantsNone] no link for now */
  const tell = (what, wantsNone = false) => {
    note(what, wantsNone);
    if (!engine.isDead()) return;
    withoutModule(what, wantsNone);
    engine.drain();
  };

  return {
    tell,

    /** Something became of the page. @param {number} event @param {boolean} flag as `watchPage` tells them */
    page(event, flag) {
      note(TOLD.page, event, flag);
      note(TOLD.reopen);
    },

    /** Asks for a link. Refused while logged out. */
    connect() {
      wishes += 1;
      owner.tellName();
      tell(TOLD.open);
    },
    /** How often a link was asked for. */
    wishes: () => wishes,

    /** Ends the link. What waits stays where it is known whose it is, and so do all listeners. */
    disconnect() {
      owner.tellName();
      tell(TOLD.disconnect, true);
    },

    /**
     * Settles what waits as LOGGED_OUT and forgets the user. Nothing connects until the flag is reset.
     * @returns {Promise<void>} once the disk is clean. The logout holds from now on, whatever becomes of the page
     */
    logOut() {
      const isClean = owner.logOut();
      tell(TOLD.logOut, true);
      session.unname();
      return isClean;
    },
    isLoggedOut: () => door === DOOR.loggedOut,
    resetLogout: () => tell(TOLD.resetLogout),

    /** While the app's login is not ready, no attempt is made. */
    hold: (/** @type {boolean} */ hold) => tell(TOLD.hold, hold),

    /** Names the user, before the option and the token do. @param {unknown} id */
    setUser(id) {
      if (!session.rename(id)) return;
      tell(TOLD.named);
      owner.tellName();
      owner.open();
    },
  };
}
