// What a page has on disk.

/** All that one of the stores has. */
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

/** The ids of the messages that are there. */
export const kept = async (page) =>
  (await stored(page, 'segments')).flatMap(({ messages }) => messages.map(({ id }) => id));
