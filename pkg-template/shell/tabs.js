/**
 * The tabs of one server and user: whose journal is whose, by locks, and how adopted messages ended, by
 * broadcast. Without locks no journal is ever adopted.
 */

import { newId } from './ids.js';

/** @typedef {import('./deliveries.js').Result} Result */

/** A tab that is reloaded takes its own journal back; only then is it anybody's. */
const GRACE_MS = 2000;
/** The page before a reload is gone by then; a tab that was duplicated shall not wait for its original. */
const OWN_MS = 200;
/** Results that are kept in mind, for a tab that comes back from the cache and asks. */
const RESULTS = 1000;
const KEY = 'holdfast';

/**
 * @param {string} scope
 * @param {object} on
 * @param {(name: string) => unknown} on.adopt this journal is ours to take, while the answer is pending
 * @param {(result: Result) => void} on.settled another tab settled a message
 * @param {(id: string) => void} on.cancel another tab's message that was taken over is not wanted any more
 * @param {(generation: number | null) => void} on.loggedOut the user logged out in another tab, which began this generation
 * @param {(message: string) => void} on.warn
 */
export function createTabs(scope, { adopt, settled, cancel, loggedOut, warn }) {
  const { locks } = navigator;
  const held = new AbortController();
  const { signal } = held;
  const channel = channelOf(scope);
  /** @type {Map<string, Result>} */
  const results = new Map();

  /**
   * Holds a journal's lock until this is closed. Answers whether it is ours.
   * @param {string} name @param {LockOptions} options @returns {Promise<boolean>}
   */
  const hold = (name, options) =>
    new Promise((resolve) => {
      const end = new Promise((done) => signal.addEventListener('abort', done));
      locks
        .request(lockName(scope, name), options, () => {
          resolve(true);
          return signal.aborted ? undefined : end;
        })
        .catch(() => resolve(false));
    });

  /** Waits for a tab to die and takes what it left, unless it is back by then. */
  const watch = async (/** @type {string} */ name) => {
    watched.add(name);
    try {
      await locks.request(lockName(scope, name), { signal }, () => {});
      await new Promise((resolve) => setTimeout(resolve, GRACE_MS));
      if (!signal.aborted) await adoptIfFree(name);
    } catch {
      // This was closed.
    }
  };

  const adoptIfFree = (/** @type {string} */ name) => {
    watched.delete(name);
    return locks.request(lockName(scope, name), { ifAvailable: true }, async (lock) => {
      if (lock) await adopt(name);
      else watch(name);
    });
  };

  /** Journals whose tabs this one waits for to die. @type {Set<string>} */
  const watched = new Set();
  let mine = '';
  const isOther = (/** @type {string} */ name) => locks && name !== mine && !watched.has(name);

  const post = (/** @type {object} */ message) => channel?.postMessage(message);
  channel?.addEventListener('message', ({ data }) => {
    if (data.name && isOther(data.name)) watch(data.name);
    // It may have been here before, but does not know of us any more.
    if (data.isNew) post({ name: mine });
    if (data.settled) settled(data.settled);
    if (data.cancel) cancel(data.cancel);
    if ('over' in data) loggedOut(data.over);
    for (const id of data.ask ?? []) {
      const result = results.get(id);
      if (result) post({ settled: result });
    }
  });

  return {
    /** The name of this tab's journal: the one that it had before it was reloaded, or a new one. */
    async name() {
      const before = remembered();
      // A tab that was duplicated finds it taken. Without locks nobody can tell.
      const mayBe =
        before && (!locks || (await hold(before, { signal: AbortSignal.timeout(OWN_MS) })));
      const name = mayBe ? before : newId();
      if (!mayBe) {
        remember(name);
        if (locks) await hold(name, {});
      }
      mine = name;
      post({ name, isNew: true });
      return name;
    },

    /** Takes over the journals of tabs that are gone, and waits for the others. */
    async adoptFree(/** @type {Set<string>} */ names) {
      if (!locks) {
        warn(
          'this browser has no Web Locks: what a closed tab left waits until it is opened again',
        );
        return;
      }
      for (const name of names) if (isOther(name)) await adoptIfFree(name);
    },

    /** Of a message that another tab has taken over. */
    cancel: (/** @type {string} */ id) => post({ cancel: id }),

    /** Asks the other tabs how these messages ended. */
    ask: (/** @type {string[]} */ ids) => post({ ask: ids }),

    /** Says how an adopted message ended. */
    tell(/** @type {Result} */ result) {
      results.set(result.id, result);
      if (results.size > RESULTS) {
        results.delete(/** @type {string} */ (results.keys().next().value));
      }
      post({ settled: result });
    },

    close() {
      held.abort();
      channel?.close();
    },
  };
}

const lockName = (/** @type {string} */ scope, /** @type {string} */ name) =>
  `${KEY} ${scope} ${name}`;

const channelOf = (/** @type {string} */ scope) =>
  typeof BroadcastChannel === 'function' ? new BroadcastChannel(lockName(scope, '')) : null;

/** Tells the other tabs that the user logged out. @param {string} scope @param {number | null} generation */
export function tellOver(scope, generation) {
  const channel = channelOf(scope);
  channel?.postMessage({ over: generation });
  channel?.close();
}

/**
 * Does something with a journal of version 1, unless a tab still has it. Without locks only this tab's
 * own journal is sure to be free.
 * @param {string} scope @param {string} name @param {() => Promise<unknown>} move
 */
export async function ifFree(scope, name, move) {
  const { locks } = navigator;
  try {
    if (locks) {
      // The page before a reload may have it a moment longer.
      const options = { signal: AbortSignal.timeout(OWN_MS) };
      await locks.request(lockName(scope, name), options, move);
    } else if (name === remembered()) await move();
  } catch {
    // It stays where it is, until the next opening.
  }
}

export function remembered() {
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
