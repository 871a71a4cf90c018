/** What becomes of the page: what of it there is to hear. What it means is the module's to say (`src/client/page.rs`). */

import { PAGE_EVENTS } from './numbers.js';

/**
 * Watches where there is a page to watch; under Node there is none.
 *
 * @param {(event: number, flag: boolean) => void} happened by the list `PAGE_EVENTS`. The flag: whether the event is
 *   about the back-forward cache; of other events, whether the page is shown
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

/** Those before it are the window's. */
const FIRST_OF_DOCUMENT = 3;
