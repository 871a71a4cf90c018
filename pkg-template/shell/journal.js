/**
 * What waits, on disk: IndexedDB, written in groups.
 *
 * All that is added in one turn becomes one segment, and while one group is written the next gathers.
 * A segment is deleted once all of it has settled; until then a list beside it names what has. So 10,000
 * messages cost some dozens of writes instead of 20,000.
 *
 * Keys are [scope, journal, number]: the scope is the server and the user, the journal one tab's. Each
 * segment names the generation of logout in which its messages were sent.
 */

import { isRaised } from './generations.js';
import { call } from './report.js';
import { isFormer } from './scope.js';

/**
 * @typedef {object} Kept a message as it is on disk
 * @property {string} id
 * @property {string} event
 * @property {any} data
 * @property {any[]} [args] all of its arguments, where they are not the payload alone
 * @property {string} lane
 * @property {boolean} strict
 * @property {import('./ways.js').Way} [way]
 * @property {number} expiresAt milliseconds since the epoch
 * @property {string} [from] the journal that had it first, where another tab took it over
 *
 * @typedef {object} Place
 * @property {{ erase(place: Place): void }} journal the one that has it, whichever is open by now
 * @property {number} number of the segment
 * @property {number} index in it
 */

/** Of what a segment holds. A later version is left alone: a newer build wrote it. */
const VERSION = 3;
/** Of a segment whose messages all have a payload and nothing else: builds read it that know no other. */
const PAYLOADS = 2;
/** The most messages of a segment: the list of what has settled in it is written anew each time. */
const SEGMENT = 250;
/** Of the stores. Tabs of an older build, which may be open too, would lose a database that is upgraded. */
const DATABASE_VERSION = 1;
const SEGMENTS = 'segments';
const SETTLED = 'settled';

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const answer = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/**
 * @param {(error: unknown) => void} onLost the browser took the storage away while it was open
 * @returns {Promise<IDBDatabase>}
 */
export async function openDatabase(onLost) {
  const request = indexedDB.open('holdfast', DATABASE_VERSION);
  request.onupgradeneeded = () => {
    for (const name of [SEGMENTS, SETTLED]) request.result.createObjectStore(name);
  };
  const database = await answer(request);
  database.onclose = () => onLost(new Error('the browser closed it'));
  // A newer build, or a developer's tools, want to change or delete it: they shall not wait for us.
  database.onversionchange = () => {
    database.close();
    onLost(new Error('it was changed from elsewhere'));
  };
  sweep(database);
  return database;
}

/** Deletes what has expired, whoever's it was: a user who never comes back leaves nothing for ever. */
function sweep(/** @type {IDBDatabase} */ database) {
  const transaction = database.transaction([SEGMENTS, SETTLED], 'readwrite');
  const request = transaction.objectStore(SEGMENTS).openCursor();
  request.onsuccess = () => {
    const cursor = request.result;
    if (!cursor) return;
    const { version, messages } = cursor.value;
    const isOver = (/** @type {Kept} */ { expiresAt }) => expiresAt <= Date.now();
    if (version <= VERSION && messages.every(isOver)) {
      transaction.objectStore(SETTLED).delete(cursor.key);
      cursor.delete();
    }
    cursor.continue();
  };
}

/**
 * Writes even where the page is gone before it is done: what has settled is not to come back after a reload.
 * @param {IDBDatabase} database
 * @param {(stores: IDBObjectStore[]) => boolean | void} work answers whether it waits for an answer from the disk, which
 *   the page has to live for
 * @returns {Promise<void>}
 */
const write = (database, work) =>
  new Promise((resolve, reject) => {
    const options = { durability: /** @type {const} */ ('relaxed') };
    const transaction = database.transaction([SEGMENTS, SETTLED], 'readwrite', options);
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
    try {
      const stores = [SEGMENTS, SETTLED].map((name) => transaction.objectStore(name));
      if (!work(stores)) transaction.commit?.();
    } catch (error) {
      // Without this, what was asked before it would be written.
      transaction.abort();
      reject(error);
    }
  });

/** All the keys that begin like this. @param {string[]} start */
const within = (start) => IDBKeyRange.bound(start, [...start, []]);

/** Deletes all of some scopes, whichever tab's. @param {IDBDatabase} database @param {string[]} scopes */
export const clearScopes = (database, scopes) =>
  write(database, (stores) => {
    for (const store of stores) for (const scope of scopes) store.delete(within([scope]));
  });

/**
 * What a build of version 1 left. Messages whose user it did not know are nobody's and are erased.
 * @param {IDBDatabase} database
 * @param {string} scope
 * @returns {Promise<[string, string][]>} for each segment of this scope: its own scope and journal
 */
export async function formerJournals(database, scope) {
  const keys = /** @type {[string, string][]} */ (
    await answer(database.transaction(SEGMENTS).objectStore(SEGMENTS).getAllKeys())
  );
  const nobodys = keys.map(([name]) => name).filter((name) => /^[^ ]* $/.test(name));
  if (nobodys.length > 0) await clearScopes(database, nobodys);
  return keys.filter(([name]) => isFormer(name, scope));
}

/**
 * @param {IDBDatabase} database
 * @param {string} scope
 * @param {string} journal
 * @param {(error: unknown) => void} onFailure writing failed: nothing is kept from now on
 * @param {number} generation of the scope, in which the messages of this journal are sent
 * @param {() => number} current its generation by now
 * @param {(kept: Kept[]) => void} erased a logout had ended these
 */
export function createJournal(database, scope, journal, onFailure, generation, current, erased) {
  // No number is ever given twice: who had the journal before may still have one in mind.
  let next = Date.now();
  let isWriting = false;
  let hasFailed = false;
  /** @type {{ kept: Kept, done: (place: Place | null) => void }[]} */
  const added = [];
  /** Of each segment: how many are in it, and which have settled. */
  /** @type {Map<number, { size: number, settled: Set<number> }>} */
  const segments = new Map();
  /** Segments whose list has to be written. @type {Set<number>} */
  const dirty = new Set();

  const key = (/** @type {number} */ number) => [scope, journal, number];

  /** Writes messages in segments of their own, and answers where each is. */
  const put = (/** @type {IDBObjectStore} */ store, /** @type {Kept[]} */ messages) => {
    /** @type {Place[]} */
    const places = [];
    for (let from = 0; from < messages.length; from += SEGMENT) {
      const part = messages.slice(from, from + SEGMENT);
      const number = next++;
      segments.set(number, { size: part.length, settled: new Set() });
      const version = part.some(({ args }) => args) ? VERSION : PAYLOADS;
      store.put({ version, generation, messages: part }, key(number));
      for (const index of part.keys()) places.push({ journal: self, number, index });
    }
    return places;
  };

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
      await write(database, ([messages, settled]) => {
        const places = put(
          messages,
          group.map(({ kept }) => kept),
        );
        for (const [index, one] of group.entries()) done.push(() => one.done(places[index]));
        let asks = false;
        for (const number of lists) {
          const segment = segments.get(number);
          if (!segment) continue;
          if (segment.settled.size < segment.size) {
            asks = true;
            // Where it is still there: another tab may have taken it over.
            const count = messages.count(key(number));
            count.onsuccess = () => count.result && settled.put([...segment.settled], key(number));
          } else {
            segments.delete(number);
            messages.delete(key(number));
            settled.delete(key(number));
          }
        }
        return asks;
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

  /** What has not settled of the keys that begin like this. @param {string[]} start */
  const load = async (start) => {
    const range = within(start);
    const transaction = database.transaction([SEGMENTS, SETTLED]);
    const [[keys, values], [listed, lists]] = await Promise.all(
      [SEGMENTS, SETTLED].map((name) => {
        const store = transaction.objectStore(name);
        return Promise.all([answer(store.getAllKeys(range)), answer(store.getAll(range))]);
      }),
    );
    const gone = new Map(listed.map((at, index) => [String(at), lists[index]]));
    return keys.flatMap((at, position) => {
      // Version 1 knew no generations. What it left is of this one, unless there was a logout since.
      const {
        version,
        messages,
        generation: its = isRaised(generation) ? 0 : generation,
      } = values[position];
      const [, owner, number] = /** @type {[string, string, number]} */ (at);
      if (owner === journal) next = Math.max(next, number + 1);
      if (!(version <= VERSION)) return [];
      /** @type {Set<number>} */
      const settled = new Set(gone.get(String(at)));
      const left = (/** @type {Kept} */ kept, /** @type {number} */ index) => ({
        kept,
        its,
        key: /** @type {[string, string, number]} */ (at),
        index,
        size: messages.length,
        settled,
      });
      return messages.map(left).filter((/** @type {any} */ one) => !settled.has(one.index));
    });
  };

  const remove = (/** @type {IDBObjectStore[]} */ stores, /** @type {{ key: any }[]} */ all) => {
    for (const at of new Set(all.map((one) => one.key))) for (const one of stores) one.delete(at);
  };

  /** Erases what a logout has ended, and answers the rest. @param {string[]} start */
  const living = async (start) => {
    const all = await load(start);
    const now = current();
    const ended = all.filter(({ its }) => its !== now);
    if (ended.length > 0) {
      write(database, (stores) => remove(stores, ended)).catch(onFailure);
      erased(ended.map(({ kept }) => kept));
    }
    // A later generation is not for a journal whose own one has ended.
    return now === generation ? all.filter(({ its }) => its === now) : [];
  };

  const self = {
    /** @param {Kept} kept @param {(place: Place | null) => void} done it is committed, or cannot be */
    add(kept, done) {
      added.push({ kept, done });
      schedule();
    },

    /** A message has settled. @param {Place} place */
    erase({ number, index }) {
      segments.get(number)?.settled.add(index);
      dirty.add(number);
      schedule();
    },

    /**
     * Takes what another tab left, whose lock is ours: it is in this journal then, in one commit.
     * @param {string} other
     * @param {string} [from] the scope that it has it in
     */
    async adopt(other, from = scope) {
      const left = await living([from, other]);
      const messages = left.map(({ kept }) => ({ from: other, ...kept }));
      /** @type {Place[]} */
      let places = [];
      await write(database, (stores) => {
        if (current() !== generation) return;
        // A segment of a version that is not ours stays.
        remove(stores, left);
        places = put(stores[0], messages);
      });
      return places.map((place, index) => ({ kept: messages[index], place }));
    },

    /** What waits to be written is not to be: the next journal is to keep it. */
    takeBack: () => added.splice(0),

    /** Writes nothing more of what it has: all of it is to go. */
    drop() {
      added.length = 0;
      segments.clear();
    },

    /**
     * All that is on disk for the scope, in the order in which it was added. What is in this journal has a
     * place; of the rest it is told whose it is.
     */
    async read() {
      const all = await living([scope]);
      return all.map(({ kept, key: [, owner, number], index, size, settled }) => {
        if (owner !== journal) return { kept, owner, place: null };
        if (!segments.has(number)) segments.set(number, { size, settled });
        return { kept, owner, place: { journal: self, number, index } };
      });
    },
  };
  return self;
}
