// What an earlier build left on disk is found by this one. One fixture for each version of the records.

import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import test from 'node:test';
import { createJournal, openDatabase } from '../../../pkg-template/shell/journal.js';
import * as v1 from '../../fixtures/journal-v1.mjs';

const never = (error) => {
  throw error;
};

for (const [version, fixture] of Object.entries({ v1 })) {
  test(`a journal of ${version} is read, and can be gone on with`, async () => {
    await leave(fixture);
    const database = await openDatabase(never);
    const journal = createJournal(database, fixture.SCOPE, fixture.JOURNAL, never);
    const found = await journal.read();
    assert.deepEqual(
      found.map(({ kept }) => kept),
      fixture.LEFT,
    );
    const fresh = { ...fixture.LEFT[0], id: 'new' };
    const { number } = await new Promise((resolve) => journal.add(fresh, resolve));
    assert.ok(number > 3, 'what is new comes after all that was there');
    for (const { place } of found) journal.erase(place);
    await new Promise((resolve) => journal.add({ ...fresh, id: 'last' }, resolve));
    const next = createJournal(database, fixture.SCOPE, fixture.JOURNAL, never);
    const left = (await next.read()).map(({ kept }) => kept.id);
    assert.deepEqual(left, ['new', 'last']);
    database.close();
  });
}

/** Writes the records without any code of the package. */
async function leave({ DATABASE, RECORDS }) {
  const open = indexedDB.open(DATABASE.name, DATABASE.version);
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
