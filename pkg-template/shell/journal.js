/**
 * What waits, on disk: IndexedDB, written in groups.
 *
 * All that is added in one turn becomes one segment, and while one group is written the next gathers.
 * A segment is deleted once all of it has settled; until then a list beside it names what has. So 10,000
 * messages cost some dozens of writes instead of 20,000.
 *
 * Keys are [scope, journal, number]: the scope is the server and the user, the journal one tab's.
 */

import { call } from './report.js';

/**
 * @typedef {object} Kept a message as it is on disk
 * @property {string} id
 * @property {string} event
 * @property {any} data
 * @property {string} lane
 * @property {boolean} strict
 * @property {number} expiresAt milliseconds since the epoch
 *
 * @typedef {object} Place
 * @property {{ erase(place: Place): void }} journal the one that has it, whichever is open by now
 * @property {number} number of the segment
 * @property {number} index in it
 */

/** Of what a segment holds. Another version is left alone: a newer build wrote it. */
const VERSION = 1;
/** The most messages of a segment: the list of what has settled in it is written anew each time. */
const SEGMENT = 250;
const SEGMENTS = 'segments';
const SETTLED = 'settled';

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const answer = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** @returns {Promise<IDBDatabase>} */
export function openDatabase() {
  const request = indexedDB.open('holdfast', VERSION);
  request.onupgradeneeded = () => {
    for (const name of [SEGMENTS, SETTLED]) request.result.createObjectStore(name);
  };
  return answer(request);
}

/**
 * @param {IDBDatabase} database
 * @param {string} scope
 * @param {string} journal
 * @param {(error: unknown) => void} onFailure writing failed: nothing is kept from now on
 */
export function createJournal(database, scope, journal, onFailure) {
  // No number is ever given twice: who had the journal before may still have one in mind.
  let next = Date.now();
  let isWriting = false;
  let hasFailed = false;
  /** @type {{ kept: Kept, done: (place: Place | null) => void }[]} */
  let added = [];
  /** Of each segment: how many are in it, and which have settled. */
  /** @type {Map<number, { size: number, settled: number[] }>} */
  const segments = new Map();
  /** Segments whose list has to be written. @type {Set<number>} */
  const dirty = new Set();

  const key = (/** @type {number} */ number) => [scope, journal, number];
  const all = (/** @type {string} */ of) => IDBKeyRange.bound([scope, of], [scope, of, []]);

  /** @param {(stores: IDBObjectStore[]) => void} work @returns {Promise<void>} once it is committed */
  const write = (work) =>
    new Promise((resolve, reject) => {
      const options = { durability: /** @type {const} */ ('relaxed') };
      const transaction = database.transaction([SEGMENTS, SETTLED], 'readwrite', options);
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
      work([transaction.objectStore(SEGMENTS), transaction.objectStore(SETTLED)]);
    });

  const schedule = () => {
    if (isWriting || hasFailed) return;
    isWriting = true;
    queueMicrotask(flush);
  };

  const flush = async () => {
    const group = added.splice(0);
    const lists = [...dirty];
    dirty.clear();
    /** @type {(() => void)[]} */
    const done = [];
    try {
      await write(([messages, settled]) => {
        for (let from = 0; from < group.length; from += SEGMENT) {
          const part = group.slice(from, from + SEGMENT);
          const number = next++;
          segments.set(number, { size: part.length, settled: [] });
          messages.put({ version: VERSION, messages: part.map(({ kept }) => kept) }, key(number));
          for (const [index, one] of part.entries())
            done.push(() => one.done({ journal: self, number, index }));
        }
        for (const number of lists) {
          const segment = segments.get(number);
          if (!segment) continue;
          if (segment.settled.length < segment.size) {
            // Where it is still there: another tab may have taken it over.
            const count = messages.count(key(number));
            count.onsuccess = () => count.result && settled.put(segment.settled, key(number));
          } else {
            segments.delete(number);
            messages.delete(key(number));
            settled.delete(key(number));
          }
        }
      });
    } catch (error) {
      hasFailed = true;
      onFailure(error);
      done.length = 0;
      for (const one of [...group, ...added.splice(0)]) done.push(() => one.done(null));
    }
    isWriting = false;
    for (const tell of done) call(tell);
    if (added.length > 0 || dirty.size > 0) schedule();
  };

  const self = {
    /** @param {Kept} kept @param {(place: Place | null) => void} done it is committed, or cannot be */
    add(kept, done) {
      added.push({ kept, done });
      schedule();
    },

    /** What waits to be written is not to be: the next journal is to keep it. */
    takeBack: () => added.splice(0),

    /** A message has settled. @param {Place} place */
    erase({ number, index }) {
      segments.get(number)?.settled.push(index);
      dirty.add(number);
      schedule();
    },

    /** Takes what another tab left, whose lock is ours: it is in this journal then, in one commit. */
    async adopt(/** @type {string} */ other) {
      const found = await self.read(other);
      const number = next++;
      const messages = found.map(({ kept }) => kept);
      await write(([stored, settled]) => {
        stored.delete(all(other));
        settled.delete(all(other));
        if (messages.length > 0) stored.put({ version: VERSION, messages }, key(number));
      });
      segments.set(number, { size: messages.length, settled: [] });
      return found.map(({ kept }, index) => ({ kept, place: { journal: self, number, index } }));
    },

    /** The journals of this scope, by those that have messages. @returns {Promise<string[]>} */
    async journals() {
      const store = database.transaction(SEGMENTS).objectStore(SEGMENTS);
      const keys = await answer(store.getAllKeys(IDBKeyRange.bound([scope], [scope, []])));
      return [...new Set(keys.map((at) => /** @type {any} */ (at)[1]))];
    },

    /** Deletes all of the scope, that of other tabs too: the user logged out. */
    clear() {
      added = [];
      dirty.clear();
      segments.clear();
      const range = IDBKeyRange.bound([scope], [scope, []]);
      return write((stores) => {
        for (const store of stores) store.delete(range);
      });
    },

    /** All that is on disk under a journal, in the order in which it was added. */
    async read(/** @type {string} */ of = journal) {
      const stores = [SEGMENTS, SETTLED];
      const transaction = database.transaction(stores);
      const [[keys, values], [settledKeys, settled]] = await Promise.all(
        stores.map((name) => {
          const store = transaction.objectStore(name);
          return Promise.all([answer(store.getAllKeys(all(of))), answer(store.getAll(all(of)))]);
        }),
      );
      const gone = new Map(settledKeys.map((at, index) => [String(at), settled[index]]));
      /** @type {{ kept: Kept, place: Place }[]} */
      const found = [];
      keys.forEach((at, index) => {
        const { version, messages } = values[index];
        if (version !== VERSION) return;
        const number = /** @type {any} */ (at)[2];
        const list = gone.get(String(at)) ?? [];
        if (of === journal) {
          segments.set(number, { size: messages.length, settled: list });
          next = Math.max(next, number + 1);
        }
        messages.forEach((/** @type {Kept} */ kept, /** @type {number} */ place) => {
          if (!list.includes(place))
            found.push({ kept, place: { journal: self, number, index: place } });
        });
      });
      return found;
    },
  };
  return self;
}
