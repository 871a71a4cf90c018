/** What the browser knows of this tab and tells the others: locks, a channel, and what survives a reload. */

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
    // They find out by the generation, before their next message leaves.
  }
}

/**
 * Asks for the lock of a journal, and holds it until `signal` says otherwise.
 * @param {string[]} journal its scope and its name
 * @param {boolean} waits whether to stand in line for it
 * @param {AbortSignal} signal
 * @param {(isGranted: boolean) => void} done
 * @returns {Promise<unknown>} rejects where there can be no lock
 */
export function lock([scope, journal], waits, signal, done) {
  const end = new Promise((resolve) => signal.addEventListener('abort', resolve));
  const options = waits ? { signal } : { ifAvailable: true };
  return navigator.locks.request(lockName(scope, journal), options, (granted) => {
    // Given up meanwhile.
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
    // Blocked: after a reload another journal is begun, and this one adopted.
  }
}
