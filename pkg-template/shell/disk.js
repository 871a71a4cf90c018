/**
 * Reads and writes saved messages in IndexedDB. The keeper (`src/client/keeper.rs`) decides what is written and when.
 *
 * Keys are [scope, journal, number]: the scope names the server and the user, the journal belongs to one tab. A segment
 * has messages, and the logout generation in which they were sent; a second store lists which of them have settled.
 */

import { isFormer } from './scope.js';

/**
 * @typedef {object} Kept a message as it is on disk
 * @property {string} id
 * @property {string} event
 * @property {any} data
 * @property {any[] | undefined} [args] all arguments, unless the payload is the only one
 * @property {string} lane
 * @property {boolean} strict
 * @property {import('./ways.js').Way} [way]
 * @property {number} expiresAt milliseconds since the epoch
 * @property {string} [from] the journal that had it first, if another tab took it over
 *
 * @typedef {[scope: string, journal: string, number: number]} Key
 *
 * @typedef {object} Segment
 * @property {Key} key
 * @property {Kept[]} messages empty if a later version wrote them
 * @property {Set<number>} settled
 * @property {number} generation -1 if version 1 wrote it, which had no generations
 *
 * @typedef {object} Parts of one transaction
 * @property {[Key, Kept[], number][]} puts new segments, and the generation of each
 * @property {[Key, number[]][]} lists settled indexes of segments that exist
 * @property {Key[]} drops segments to delete
 */

/** The version of a segment. A later one is left alone: a newer build wrote it. */
const VERSION = 3;
/** The version of a segment whose messages all have the payload as their only argument: older builds can read it. */
const PAYLOADS = 2;
/** The version of the database, which never changes: an upgrade would close it for open tabs of an older build. */
const DATABASE_VERSION = 1;
/** Expired messages stay this long, so that their user hears of it at the next visit. */
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
 * @param {(error: unknown) => void} onLost called if the browser closes the database
 * @returns {Promise<IDBDatabase>}
 */
export async function openDatabase(onLost) {
  const request = indexedDB.open('holdfast', DATABASE_VERSION);
  request.onupgradeneeded = () => {
    for (const name of [SEGMENTS, SETTLED]) request.result.createObjectStore(name);
  };
  const database = await answer(request);
  database.onclose = () => onLost(new Error('the browser closed it'));
  // A newer build or the developer tools want to change or delete it: close, or they would wait.
  database.onversionchange = () => {
    database.close();
    onLost(new Error('it was changed from elsewhere'));
  };
  sweep(database);
  return database;
}

/**
 * Deletes messages of every user that expired long ago, so that a user who never returns leaves nothing behind. Recent
 * ones stay: their user is to hear of them, and a clock that is some days fast must erase nothing.
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
 * Runs a transaction that completes even if the page ends meanwhile: settled messages must not return after a reload.
 * @param {IDBDatabase} database
 * @param {(stores: IDBObjectStore[]) => void} work makes all requests synchronously
 * @returns {Promise<void>}
 */
const write = (database, work) =>
  new Promise((resolve, reject) => {
    const options = { durability: /** @type {const} */ ('relaxed') };
    const transaction = database.transaction([SEGMENTS, SETTLED], 'readwrite', options);
    transaction.oncomplete = () => resolve();
    // WebKit completes a transaction although one of its requests failed.
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
    try {
      const stores = [SEGMENTS, SETTLED].map((name) => transaction.objectStore(name));
      work(stores);
      transaction.commit?.();
    } catch (error) {
      // Without this, the requests made so far would be written.
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
    // Another tab may have taken the segment over. A list without a segment is swept later.
    for (const [key, list] of lists) settled.put(list, key);
  });

/** The range of keys that begin with these parts. @param {string[]} start */
const within = (start) => IDBKeyRange.bound(start, [...start, []]);

/** Deletes some scopes with the journals of all tabs. @param {IDBDatabase} database @param {string[]} scopes */
export const clearScopes = (database, scopes) =>
  write(database, (stores) => {
    for (const store of stores) for (const scope of scopes) store.delete(within([scope]));
  });

/**
 * Deletes all segments of a scope that are not of this generation, also those of other tabs.
 * @param {IDBDatabase} database @param {string} scope @param {number} living
 */
export async function clearGenerations(database, scope, living) {
  const all = await readSegments(database, [scope]);
  const drops = all.filter(({ generation }) => generation !== living).map(({ key }) => key);
  await commit(database, { puts: [], lists: [], drops });
}

/**
 * Finds segments that version 1 wrote, and deletes those without a user.
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
 * Reads the segments whose keys begin with these parts, in the order in which they were added.
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
