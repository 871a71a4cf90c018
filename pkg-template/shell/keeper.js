/**
 * Keeps what waits across reloads and crashes: one journal for each tab, under a lock of its own, and
 * those of tabs that are gone taken over. Where storage fails, messages are in memory only, and that is
 * said once.
 */

import { createJournal, openDatabase } from './journal.js';
import { createTabs } from './tabs.js';

/**
 * @typedef {import('./journal.js').Kept} Kept
 * @typedef {import('./journal.js').Place} Place
 * @typedef {import('./deliveries.js').Result} Result
 */

/** What does not open in this time is as good as broken. */
const OPEN_MS = 5000;
/** Another tab that has a message of ours says so in this time. */
const ANSWER_MS = 2000;

export const canKeep = () => typeof indexedDB === 'object' && indexedDB !== null;

/**
 * @param {object} on
 * @param {(found: { kept: Kept, place: Place }[]) => void} on.found left by an earlier life of
 *   this tab, or adopted from one that is gone
 * @param {(kept: Set<string> | null) => string[]} on.opened all of this tab's own is found, or nothing ever
 *   will be; answers what it misses
 * @param {(result: Result) => void} on.settled by another tab, which had taken it over
 * @param {(id: string) => void} on.lost no tab has this message any more
 * @param {(error: unknown) => void} on.failed nothing is kept from now on
 */
export function createKeeper({ found, opened, settled, lost, failed }) {
  /** Of the open scope. @type {ReturnType<typeof createJournal> | null} */
  let journal = null;
  /** @type {ReturnType<typeof createTabs> | null} */
  let tabs = null;
  let openings = 0;
  let hasFailed = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let late;
  /** What came before it was open. @type {[Kept, (place: Place | null) => void][]} */
  const early = [];

  const close = () => {
    openings += 1;
    clearTimeout(late);
    tabs?.close();
    // Another tab may have the journal by the time that this one could write more of it.
    for (const { kept, done } of journal?.takeBack() ?? []) early.push([kept, done]);
    journal = tabs = null;
  };

  const fail = (/** @type {unknown} */ error) => {
    if (hasFailed) return;
    hasFailed = true;
    // What is on disk of an open journal is in memory too and sent from here, so its lock stays.
    if (journal) journal = null;
    else close();
    failed(error);
    for (const [, done] of early.splice(0)) done(null);
    opened(null);
  };

  /** What is gone from our journal is with a tab that is alive, or with none. */
  const lookFor = async (
    /** @type {ReturnType<typeof createJournal>} */ mine,
    /** @type {string[]} */ missing,
  ) => {
    if (missing.length === 0) return;
    tabs?.ask(missing);
    await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
    const elsewhere = new Set();
    for (const name of await mine.journals()) {
      for (const { kept } of await mine.read(name)) elsewhere.add(kept.id);
    }
    for (const id of missing) if (!elsewhere.has(id)) lost(id);
  };

  const open = async (/** @type {string} */ scope) => {
    const opening = openings;
    const own = createTabs(scope, {
      settled,
      adopt: async (name) => journal && found(await journal.adopt(name)),
    });
    tabs = own;
    const database = await openDatabase();
    const mine = createJournal(database, scope, await own.name(), fail);
    const left = await mine.read();
    if (opening !== openings) return;
    journal = mine;
    found(left);
    for (const [kept, done] of early.splice(0)) mine.add(kept, done);
    const missing = opened(new Set(left.map(({ kept }) => kept.id)));
    clearTimeout(late);
    await own.adoptFree(await mine.journals());
    if (opening === openings) await lookFor(mine, missing);
  };

  return {
    /** Opens what is kept for a server and a user, and closes what was open. */
    open(/** @type {string} */ scope) {
      close();
      hasFailed = false;
      late = setTimeout(() => fail(new Error('the storage does not open')), OPEN_MS);
      const opening = openings;
      open(scope).catch((error) => opening === openings && fail(error));
    },

    /** @param {Kept} kept @param {(place: Place | null) => void} done it is kept, or cannot be */
    add(kept, done) {
      if (hasFailed) done(null);
      else if (journal) journal.add(kept, done);
      else early.push([kept, done]);
    },

    /** What waits to be kept is not to be: it was another user's. */
    discard() {
      early.length = 0;
      journal?.takeBack();
    },

    /** How a message ended that another tab had. @param {Result} result */
    tell: (result) => tabs?.tell(result),

    /** Deletes all that is kept for the open scope. */
    clear: async () => journal?.clear(),

    close,
  };
}
