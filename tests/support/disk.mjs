// Reads and writes the package's database without any code of the package.

/** The original function: a test may replace `indexedDB.open` to delay its answer. */
const openNow = indexedDB.open.bind(indexedDB);

/**
 * Writes records in the form of an earlier version.
 *
 * @param {{ DATABASE: { name: string, version: number, stores: string[] }, RECORDS: Record<string, any[]> }} fixture
 */
export async function leave({ DATABASE, RECORDS }) {
  const open = openNow(DATABASE.name, DATABASE.version);
  open.onupgradeneeded = () => {
    for (const store of DATABASE.stores) open.result.createObjectStore(store);
  };
  await new Promise((resolve, reject) => {
    open.onsuccess = resolve;
    open.onerror = () => reject(open.error);
  });
  const database = open.result;
  const transaction = database.transaction(DATABASE.stores, 'readwrite');
  for (const store of DATABASE.stores) {
    for (const [key, value] of RECORDS[store]) transaction.objectStore(store).put(value, key);
  }
  await new Promise((resolve) => {
    transaction.oncomplete = resolve;
  });
  database.close();
}

/** All segments: key and value. @returns {Promise<[any[], any][]>} */
async function records() {
  const open = openNow('holdfast', 1);
  await new Promise((resolve) => {
    open.onsuccess = resolve;
  });
  const store = open.result.transaction('segments').objectStore('segments');
  const all = [store.getAllKeys(), store.getAll()];
  await new Promise((resolve) => {
    all[1].onsuccess = resolve;
  });
  open.result.close();
  const [keys, values] = all.map(({ result }) => result);
  return keys.map((key, index) => [key, values[index]]);
}

/** All segments: key, message ids, version and generation. @returns {Promise<[any[], string[], number, number][]>} */
export const segments = async () =>
  (await records()).map(([key, { messages, version, generation }]) => [
    key,
    messages.map(({ id }) => id),
    version,
    generation,
  ]);

/** The segments of a scope: key, and messages as they are on disk. @returns {Promise<[any[], any[]][]>} */
export const kept = async (scope) =>
  (await records())
    .filter(([[name]]) => name === scope)
    .map(([key, { messages }]) => [key, messages]);

/** The number of messages that are recorded as settled, over all segments. */
export async function noted() {
  const open = openNow('holdfast', 1);
  await new Promise((resolve) => {
    open.onsuccess = resolve;
  });
  const all = open.result.transaction('settled').objectStore('settled').getAll();
  await new Promise((resolve) => {
    all.onsuccess = resolve;
  });
  open.result.close();
  return all.result.flat().length;
}
