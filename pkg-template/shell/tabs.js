/** Coordinates tabs: the lock of each journal, the channel between tabs, and the journal's name across a reload. */

const KEY = 'holdfast';

const lockName = (/** @type {string} */ scope, /** @type {string} */ journal) =>
  `${KEY} ${scope} ${journal}`;

/** @param {string} scope */
export const channelOf = (scope) =>
  typeof BroadcastChannel === 'function' ? new BroadcastChannel(lockName(scope, '')) : null;

/** Tells the other tabs that the user logged out. @param {string} scope @param {number | null} generation */
export function tellOver(scope, generation) {
  try {
    const channel = channelOf(scope);
    channel?.postMessage({ over: generation });
    channel?.close();
  } catch {
    // They notice the new generation before they send their next message.
  }
}

/**
 * Requests the lock of a journal, and keeps it until `signal` aborts.
 * @param {string[]} journal scope and name
 * @param {boolean} waits whether to queue for it
 * @param {AbortSignal} signal
 * @param {(isGranted: boolean) => void} done
 * @returns {Promise<unknown>} rejects if locks are not available
 */
export function lock([scope, journal], waits, signal, done) {
  const end = new Promise((resolve) => signal.addEventListener('abort', resolve));
  const options = waits ? { signal } : { ifAvailable: true };
  return navigator.locks.request(lockName(scope, journal), options, (granted) => {
    // Aborted meanwhile.
    if (signal.aborted) return undefined;
    done(granted !== null);
    return granted && !signal.aborted ? end : undefined;
  });
}

export const hasLocks = () => navigator.locks !== undefined;

/** The journal that this tab had before a reload. */
export function remembered() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export function remember(/** @type {string} */ journal) {
  try {
    sessionStorage.setItem(KEY, journal);
  } catch {
    // Storage is blocked: after a reload the tab begins a new journal, and takes this one over.
  }
}
