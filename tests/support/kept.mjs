// Reads the database of a page.

/** All records of one object store. */
export const stored = (page, name) =>
  page.evaluate(
    (store) =>
      new Promise((resolve) => {
        const request = indexedDB.open('holdfast');
        request.onsuccess = () => {
          const database = request.result;
          const all = database.transaction(store).objectStore(store).getAll();
          all.onsuccess = () => {
            database.close();
            resolve(all.result);
          };
        };
      }),
    name,
  );

/** The ids of the saved messages. */
export const kept = async (page) =>
  (await stored(page, 'segments')).flatMap(({ messages }) => messages.map(({ id }) => id));
