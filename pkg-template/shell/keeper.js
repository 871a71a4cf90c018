/**
 * Keeps what waits across reloads and crashes: one journal for each tab, under a lock of its own, and
 * those of tabs that are gone taken over. Where storage fails, messages are in memory only, and that is
 * said once.
 */

import { begin, isRaised, raise, read } from './generations.js';
import { clearScopes, createJournal, formerJournals, openDatabase } from './journal.js';
import { createTabs, ifFree, remembered, tellOver } from './tabs.js';

/**
 * @typedef {ReturnType<typeof createJournal>} Journal
 * @typedef {import('./journal.js').Kept} Kept
 * @typedef {import('./journal.js').Place} Place
 * @typedef {import('./deliveries.js').Result} Result
 */

/** What does not open in this time is gone ahead without. */
const OPEN_MS = 5000;
/** Another tab that has a message of ours says so in this time. */
const ANSWER_MS = 2000;

/** Whether there is storage here at all. Under Node there is none; where it is forbidden, opening it says so. */
export function canKeep() {
  try {
    return typeof indexedDB === 'object' && indexedDB !== null;
  } catch {
    return true;
  }
}

/**
 * @typedef {object} Found a message from the disk
 * @property {Kept} kept
 * @property {Place | null} place none where another tab has taken over what this one sent before
 */

/**
 * @param {object} on
 * @param {(found: Found[]) => void} on.found left by an earlier life of this tab, or adopted from one that is
 *   gone
 * @param {(kept: Set<string> | null) => string[]} on.opened all that this tab sent before is found, or nothing
 *   will be for now; answers what it misses
 * @param {(result: Result) => void} on.settled by another tab, which had taken it over
 * @param {(id: string) => void} on.cancel another tab wants this message of its own cancelled
 * @param {(generation: number | null) => void} on.began this tab sends in this generation of the scope from now on
 * @param {() => void} on.loggedOut the user logged out in another tab: nothing is kept until the next `open`
 * @param {(kept: Kept[]) => void} on.erased by a logout, before it was found
 * @param {(id: string) => void} on.lost no tab has this message any more
 * @param {(error: unknown) => void} on.failed nothing is kept from now on
 * @param {(message: string) => void} on.warn
 */
export function createKeeper(on) {
  const { found, opened, began, erased, lost, failed } = on;
  /** @type {Promise<IDBDatabase> | undefined} */
  let database;
  /** Of the open scope. @type {Journal | null} */
  let journal = null;
  /** @type {ReturnType<typeof createTabs> | null} */
  let tabs = null;
  let openings = 0;
  let isBroken = false;
  /** The scope whose messages from the disk were handed out. */
  let foundScope = '';
  let isLate = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let late;
  /** What came before it was open. @type {[Kept, (place: Place | null) => void][]} */
  const early = [];

  const close = () => {
    openings += 1;
    clearTimeout(late);
    isLate = false;
    tabs?.close();
    // Another tab may have the journal by the time that this one could write more of it.
    for (const { kept, done } of journal?.takeBack() ?? []) early.push([kept, done]);
    journal = tabs = null;
  };

  /** Nothing waits for storage any longer. */
  const goAhead = (/** @type {unknown} */ error = undefined) => {
    if (error) failed(error);
    for (const [, done] of early.splice(0)) done(null);
    opened(null);
  };

  const fail = (/** @type {unknown} */ error) => {
    database = undefined;
    if (isBroken) return;
    isBroken = true;
    // What is on disk of an open journal is in memory too and sent from here, so its lock stays.
    if (journal) journal = null;
    else close();
    goAhead(error);
  };

  /** @param {string} scope @param {number} generation @param {boolean} isNew it has just begun */
  const open = async (scope, generation, isNew) => {
    const opening = openings;
    /** Where localStorage fails by now, it is as it was. */
    const current = () => read(scope) ?? generation;

    /** The user logged out in another tab. What this one has in memory ends, before it could leave. */
    const end = () => {
      close();
      isBroken = true;
      on.loggedOut();
      goAhead();
    };

    const isCurrent = () => {
      if (opening !== openings) return false;
      if (current() === generation) return true;
      end();
      return false;
    };

    try {
      /** @type {typeof journal} */
      let mine = null;
      if (!isCurrent()) return;
      late = setTimeout(() => {
        isLate = true;
        goAhead(new Error('the storage does not open'));
      }, OPEN_MS);
      const own = createTabs(scope, {
        ...on,
        loggedOut(begun) {
          if (begun !== generation) end();
        },
        async adopt(name) {
          const adopted = await mine?.adopt(name);
          if (adopted && isCurrent()) found(adopted);
        },
      });
      tabs = own;
      database ??= openDatabase(fail);
      const [base, name] = await Promise.all([database, own.name()]);
      // Two tabs that began the first generation at the same time agree on the one that was written last.
      const now = current();
      if (isNew && now && !isRaised(now)) generation = now;
      began(generation);
      const into = createJournal(base, scope, name, fail, generation, current, erased);
      mine = into;
      const all = await into.read();
      /** @type {Found[]} */
      const moved = [];
      const former = (await formerJournals(base, scope)).map(([from, other]) =>
        ifFree(from, other, async () => moved.push(...(await into.adopt(other, from)))),
      );
      await Promise.all(former);
      if (!isCurrent()) return;
      clearTimeout(late);
      isLate = false;
      journal = into;
      foundScope = scope;
      // Other tabs have it while this page was gone. It is older than what is in our own journal.
      const away = all.filter(({ kept, place }) => !place && kept.from === name);
      const left = [...moved, ...all.filter(({ place }) => place)];
      found([...away, ...left]);
      for (const [kept, done] of early.splice(0)) into.add(kept, done);
      const missing = opened(new Set(left.map(({ kept }) => kept.id)));
      await own.adoptFree(new Set(all.map(({ owner }) => owner)));
      missing.push(...away.map(({ kept }) => kept.id));
      if (missing.length === 0) return;
      own.ask(missing);
      await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
      const there = new Set((await into.read()).map(({ kept }) => kept.id));
      // What is in no journal is with nobody.
      if (isCurrent()) for (const id of missing) if (!there.has(id)) lost(id);
    } catch (error) {
      if (opening === openings) fail(error);
    }
  };

  return {
    /**
     * Opens what is kept for a server and a user, and closes what was open.
     * @param {string} scope '' where there is no user: nothing is kept
     * @param {number | null} [before] the generation in which this tab has sent already. If it is over, so is
     *   all that the tab has of it
     */
    open(scope, before) {
      close();
      const generation = before || (scope ? begin(scope) : null);
      isBroken = generation === null;
      began(generation);
      if (generation !== null) return open(scope, generation, !before);
      goAhead(scope && new Error('localStorage fails, which has to remember logouts'));
    },

    /** @param {Kept} kept @param {(place: Place | null) => void} done it is kept, or cannot be */
    add(kept, done) {
      if (journal) journal.add(kept, done);
      else if (isBroken || isLate) done(null);
      else early.push([kept, done]);
    },

    /** What waits to be kept is not to be: it was another user's. */
    discard() {
      early.length = 0;
      journal?.takeBack();
    },

    /** How an adopted message ended. @param {Result} result */
    tell: (result) => tabs?.tell(result),

    /** Of a message that another tab has. */
    cancel: (/** @type {string} */ id) => tabs?.cancel(id),

    /**
     * The user logs out. All that is kept for a scope ends at once, whatever the state of this keeper, and
     * is then deleted. Where that does not happen any more, the next opening does it.
     * @param {string} scope
     */
    async clear(scope) {
      const generation = read(scope) ?? 0;
      const next = raise(scope);
      // What was found is told by whom it was found for.
      const isFound = foundScope === scope;
      foundScope = '';
      journal?.drop();
      close();
      early.length = 0;
      try {
        tellOver(scope, next);
        database ??= openDatabase(fail);
        const base = await database;
        const name = remembered() ?? '';
        const own = createJournal(base, scope, name, fail, generation, () => generation, erased);
        const left = isFound ? [] : (await own.read()).filter(({ place }) => place);
        const former = await formerJournals(base, scope);
        await clearScopes(base, [scope, ...former.map(([from]) => from)]);
        erased(left.map(({ kept }) => kept));
      } catch (error) {
        fail(error);
      }
    },

    close,
  };
}
