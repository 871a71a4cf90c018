/** Watches events of the page: online, visibility, back-forward cache. `src/client/page.rs` decides what they mean. */

import { PAGE_EVENTS } from './numbers.js';

/**
 * Watches the page; does nothing in Node, which has none.
 *
 * @param {(event: number, flag: boolean) => void} happened called with the index in `PAGE_EVENTS`, and a flag: for
 *   `pagehide` and `pageshow`, whether the back-forward cache is involved; else whether the page is visible
 * @returns {() => void} stops watching
 */
export function watchPage(happened) {
  const { document } = globalThis;
  if (!document || typeof globalThis.addEventListener !== 'function') return () => {};
  const watched = PAGE_EVENTS.map((event, index) => {
    const target = index < FIRST_OF_DOCUMENT ? globalThis : document;
    const listener = (/** @type {any} */ { persisted }) =>
      happened(index, persisted ?? document.visibilityState === 'visible');
    target.addEventListener(event, listener);
    return () => target.removeEventListener(event, listener);
  });
  return () => {
    for (const stop of watched) stop();
  };
}

/** Index of the first event of the document; those before it are the window's. */
const FIRST_OF_DOCUMENT = 3;
