/**
 * What waits, on disk: IndexedDB. What is written and when is the keeper's to decide (`src/client/keeper.rs`); here is
 * how.
 *
 * Keys are [scope, journal, number]: the scope is the server and the user, the journal one tab's. A segment holds
 * messages and the generation of logout in which they were sent; beside it is the list of those that have settled.
 */

import { isFormer } from './scope.js';

/**
 * @typedef {object} Kept a message as it is on disk
 * @property {string} id
 * @property {string} event
 * @property {any} data
 * @property {any[] | undefined} [args] all of its arguments, where they are not the payload alone
 * @property {string} lane
 * @property {boolean} strict
 * @property {import('./ways.js').Way} [way]
 * @property {number} expiresAt milliseconds since the epoch
 * @property {string} [from] the journal that had it first, where another tab took it over
 *
 * @typedef {[scope: string, journal: string, number: number]} Key
 *
 * @typedef {object} Segment
 * @property {Key} key
 * @property {Kept[]} messages none where a later version wrote it
 * @property {Set<number>} settled
 * @property {number} generation -1 where version 1 wrote it, which knew none
 *
 * @typedef {object} Parts of one transaction
 * @property {[Key, Kept[], number][]} puts new segments, and the generation of each
 * @property {[Key, number[]][]} lists what has settled of segments that are there
 * @property {Key[]} drops segments that are over
 */

/** Of what a segment holds. A later version is left alone: a newer build wrote it. */
const VERSION = 3;
/** Of a segment whose messages all have a payload and nothing else: builds read it that know no other. */
const PAYLOADS = 2;
/** Of the stores. Tabs of an older build, which may be open too, would lose a database that is upgraded. */
const DATABASE_VERSION = 1;
/** Expired messages stay as long, so that their owner may hear of it. */
const SWEPT_MS = 7 * 24 * 3600 * 1000;
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

/**
 * Deletes what expired long ago, whoever's it was: a user who never comes back leaves nothing for ever. What expired
 * lately is told to its owner, and a clock that is some days fast erases nothing.
 */
function sweep(/** @type {IDBDatabase} */ database) {
  const transaction = database.transaction([SEGMENTS, SETTLED], 'readwrite');
  const [segments, settled] = [SEGMENTS, SETTLED].map((name) => transaction.objectStore(name));
  const request = segments.openCursor();
  request.onsuccess = () => {
    const cursor = request.result;
    if (!cursor) return sweepLists(segments, settled);
    const { version, messages } = cursor.value;
    const isOver = (/** @type {Kept} */ { expiresAt }) => expiresAt <= Date.now() - SWEPT_MS;
    if (version <= VERSION && messages.every(isOver)) cursor.delete();
    cursor.continue();
  };
}

/** Deletes lists whose segments are gone. @param {IDBObjectStore} segments @param {IDBObjectStore} settled */
function sweepLists(segments, settled) {
  const request = settled.getAllKeys();
  request.onsuccess = () => {
    for (const key of request.result) {
      const count = segments.count(key);
      count.onsuccess = () => count.result || settled.delete(key);
    }
  };
}

/**
 * Writes even where the page is gone before it is done: what has settled is not to come back after a reload.
 * @param {IDBDatabase} database
 * @param {(stores: IDBObjectStore[]) => void} work asks for all of it at once
 * @returns {Promise<void>}
 */
const write = (database, work) =>
  new Promise((resolve, reject) => {
    const options = { durability: /** @type {const} */ ('relaxed') };
    const transaction = database.transaction([SEGMENTS, SETTLED], 'readwrite', options);
    transaction.oncomplete = () => resolve();
    // WebKit completes one of which a request has failed.
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
    try {
      const stores = [SEGMENTS, SETTLED].map((name) => transaction.objectStore(name));
      work(stores);
      transaction.commit?.();
    } catch (error) {
      // Without this, what was asked before it would be written.
      transaction.abort();
      reject(error);
    }
  });

/** @param {IDBDatabase} database @param {Parts} parts */
export const commit = (database, { puts, lists, drops }) =>
  write(database, ([segments, settled]) => {
    for (const key of drops) for (const store of [segments, settled]) store.delete(key);
    for (const [key, messages, generation] of puts) {
      const version = messages.some(({ args }) => args) ? VERSION : PAYLOADS;
      segments.put({ version, generation, messages }, key);
    }
    // Another tab may have taken the segment over. A list without one is swept.
    for (const [key, list] of lists) settled.put(list, key);
  });

/** All the keys that begin like this. @param {string[]} start */
const within = (start) => IDBKeyRange.bound(start, [...start, []]);

/** Deletes all of some scopes, whichever tab's. @param {IDBDatabase} database @param {string[]} scopes */
export const clearScopes = (database, scopes) =>
  write(database, (stores) => {
    for (const store of stores) for (const scope of scopes) store.delete(within([scope]));
  });

/**
 * Deletes what is of other generations than this one, whichever tab's.
 * @param {IDBDatabase} database @param {string} scope @param {number} living
 */
export async function clearGenerations(database, scope, living) {
  const all = await readSegments(database, [scope]);
  const drops = all.filter(({ generation }) => generation !== living).map(({ key }) => key);
  await commit(database, { puts: [], lists: [], drops });
}

/**
 * What a build of version 1 left. Messages whose user it did not know are nobody's and are erased.
 * @param {IDBDatabase} database
 * @param {string} scope
 * @returns {Promise<Key[]>} the segments of this scope
 */
export async function formerSegments(database, scope) {
  const keys = /** @type {Key[]} */ (
    await answer(database.transaction(SEGMENTS).objectStore(SEGMENTS).getAllKeys())
  );
  const nobodys = keys.map(([name]) => name).filter((name) => /^[^ ]* $/.test(name));
  if (nobodys.length > 0) await clearScopes(database, nobodys);
  return keys.filter(([name]) => isFormer(name, scope));
}

/**
 * What is kept under the keys that begin like this, in the order in which it was added.
 * @param {IDBDatabase} database
 * @param {string[]} start
 * @returns {Promise<Segment[]>}
 */
export async function readSegments(database, start) {
  const range = within(start);
  const transaction = database.transaction([SEGMENTS, SETTLED]);
  const [[keys, values], [listed, lists]] = await Promise.all(
    [SEGMENTS, SETTLED].map((name) => {
      const store = transaction.objectStore(name);
      return Promise.all([answer(store.getAllKeys(range)), answer(store.getAll(range))]);
    }),
  );
  const settled = new Map(listed.map((at, index) => [String(at), lists[index]]));
  return keys.map((at, index) => {
    const { version, messages, generation = -1 } = values[index];
    return {
      key: /** @type {Key} */ (at),
      messages: version <= VERSION ? messages : [],
      settled: new Set(settled.get(String(at))),
      generation,
    };
  });
}
