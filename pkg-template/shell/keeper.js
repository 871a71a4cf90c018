/**
 * Keeps what waits across reloads and crashes: one journal for each tab, under a lock of its own, and
 * those of tabs that are gone taken over. Where storage fails, messages are in memory only, and that is
 * said once.
 */

import { createJournal, openDatabase } from './journal.js';

/** @typedef {import('./journal.js').Kept} Kept @typedef {import('./journal.js').Place} Place */

/** What does not open in this time is as good as broken. */
const OPEN_MS = 5000;
/** A tab that is reloaded takes its own journal back; only then is it anybody's. */
const GRACE_MS = 2000;

export const canKeep = () => typeof indexedDB === 'object' && indexedDB !== null;

const newName = () => Array.from(crypto.getRandomValues(new Uint32Array(3)), String).join('-');

/**
 * @param {object} on
 * @param {(found: { kept: Kept, place: Place }[]) => void} on.found left by an earlier life of this tab, or by
 *   a tab that is gone
 * @param {() => void} on.opened all of this tab's own is found
 * @param {(error: unknown) => void} on.failed nothing is kept from now on
 */
export function createKeeper({ found, opened, failed }) {
  /** The one before, whose last messages may still be taken out of it. @type {typeof journal} */
  let former = null;
  /** Of the open scope. @type {ReturnType<typeof createJournal> | null} */
  let journal = null;
  let scope = '';
  let hasFailed = false;
  /** What came before it was open. @type {[Kept, (place: Place | null) => void][]} */
  const early = [];
  /** Ends the locks. @type {AbortController} */
  let held = new AbortController();

  const fail = (/** @type {unknown} */ error) => {
    if (hasFailed) return;
    hasFailed = true;
    journal = null;
    held.abort();
    failed(error);
    for (const [, done] of early.splice(0)) done(null);
    opened();
  };

  const lockName = (/** @type {string} */ name) => `holdfast ${scope} ${name}`;

  /**
   * Holds a lock until the scope is closed.
   * @param {string} name
   * @param {LockOptions} options
   * @returns {Promise<boolean>} whether it is ours
   */
  const hold = (name, options) =>
    new Promise((resolve) => {
      const { signal } = held;
      const until = new Promise((end) => signal.addEventListener('abort', end));
      navigator.locks
        .request(lockName(name), options, (lock) => {
          resolve(lock !== null && !signal.aborted);
          return lock && !signal.aborted ? until : undefined;
        })
        .catch(() => resolve(false));
    });

  /** Waits for a tab to die and takes what it left, unless it is back by then. */
  const watch = async (/** @type {string} */ name) => {
    const { signal } = held;
    try {
      await navigator.locks.request(lockName(name), { signal }, () => {});
      await new Promise((resolve) => setTimeout(resolve, GRACE_MS));
      if (!signal.aborted) await adopt(name);
    } catch {
      // The scope was closed.
    }
  };

  const adopt = (/** @type {string} */ name) =>
    navigator.locks.request(lockName(name), { ifAvailable: true }, async (lock) => {
      if (!lock) watch(name);
      else if (journal) found(await journal.adopt(name));
    });

  const open = async () => {
    const mine = scope;
    const database = await openDatabase();
    const own = await ownName();
    const created = createJournal(database, scope, own, fail);
    const left = await created.read();
    if (mine !== scope || hasFailed) return;
    journal = created;
    found(left);
    for (const [kept, done] of early.splice(0)) journal.add(kept, done);
    if (navigator.locks) {
      for (const other of await journal.journals()) if (other !== own) await adopt(other);
    }
    opened();
  };

  /** The journal that this tab had before it was reloaded, or a new one. */
  const ownName = async () => {
    const before = remembered();
    if (before) {
      // Another tab has it where this one was duplicated. Without locks nobody can tell.
      const signal = AbortSignal.timeout(GRACE_MS);
      if (!navigator.locks || (await hold(before, { signal }))) return before;
    }
    const name = newName();
    remember(name);
    if (navigator.locks) await hold(name, {});
    return name;
  };

  return {
    /** Opens what is kept for a server and a user, and closes what was open. */
    open(/** @type {string} */ next) {
      if (hasFailed) return opened();
      this.close();
      scope = next;
      const late = setTimeout(() => fail(new Error('the storage does not open')), OPEN_MS);
      open()
        .catch(fail)
        .finally(() => clearTimeout(late));
    },

    /** @param {Kept} kept @param {(place: Place | null) => void} done it is kept, or cannot be */
    add(kept, done) {
      if (hasFailed) done(null);
      else if (journal) journal.add(kept, done);
      else early.push([kept, done]);
    },

    /** @param {Place} place */
    erase: (place) => journal?.erase(place),

    /** The same in the journal of the scope that was open before. @param {Place} place */
    forget: (place) => former?.erase(place),

    /** Deletes all that is kept for the open scope. */
    clear: async () => journal?.clear(),

    close() {
      held.abort();
      held = new AbortController();
      former = journal;
      journal = null;
    },
  };
}

const KEY = 'holdfast';

function remembered() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function remember(/** @type {string} */ name) {
  try {
    sessionStorage.setItem(KEY, name);
  } catch {
    // Blocked: after a reload another journal is begun, and this one adopted.
  }
}
