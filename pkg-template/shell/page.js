/** What becomes of the page: hidden and shown, frozen and resumed, cached and restored, offline and back. */

/**
 * Watches where there is a page to watch; under Node there is none. A page that is merely left does
 * nothing: its link ends by itself, and one that stays after all keeps it.
 *
 * @param {object} on
 * @param {() => void} on.wake timers may have slept, or the network may be back
 * @param {() => void} on.stash the page goes into the back-forward cache, where a link must not be open
 * @param {() => void} on.restore the page came back from there
 * @returns {() => void} stops watching
 */
export function watchPage({ wake, stash, restore }) {
  const { document } = globalThis;
  if (!document || typeof globalThis.addEventListener !== 'function') return () => {};
  /** @type {[EventTarget, string, (event: any) => void][]} */
  const watched = [
    [globalThis, 'online', wake],
    [globalThis, 'pagehide', ({ persisted }) => persisted && stash()],
    [globalThis, 'pageshow', ({ persisted }) => persisted && restore()],
    [document, 'visibilitychange', () => document.visibilityState === 'visible' && wake()],
    [document, 'resume', wake],
  ];
  for (const [target, event, listener] of watched) target.addEventListener(event, listener);
  return () => {
    for (const [target, event, listener] of watched) target.removeEventListener(event, listener);
  };
}
