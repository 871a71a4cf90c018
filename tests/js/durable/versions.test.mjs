// What an earlier build left on disk is found by this one. One fixture for each version of the records.

import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import test from 'node:test';
import { createJournal, openDatabase } from '../../../pkg-template/shell/journal.js';
import * as v1 from '../../fixtures/journal-v1.mjs';
import * as v2 from '../../fixtures/journal-v2.mjs';
import * as v3 from '../../fixtures/journal-v3.mjs';
import { leave, segments } from '../../support/disk.mjs';

const never = (error) => {
  throw error;
};
const SCOPE = v2.SCOPE;
/** Two generations without a logout since the first one, and one with. */
const FIRST = 65536;
const LATER = v2.GENERATION;

const open = (database, name, generation, erased = []) =>
  createJournal(
    database,
    SCOPE,
    name,
    never,
    generation,
    () => generation,
    (kept) => erased.push(...kept),
  );

const messagesOf = (found) => found.map(({ kept }) => kept);

test('a journal of v2 is read, and can be gone on with', async () => {
  await leave(v2);
  const database = await openDatabase(never);
  const erased = [];
  const journal = open(database, v2.JOURNAL, LATER, erased);
  const found = await journal.read();
  assert.deepEqual(messagesOf(found), v2.LEFT);
  assert.deepEqual(
    erased.map(({ id }) => id),
    ['ended'],
    'a logout had ended this one',
  );
  const fresh = { ...v2.LEFT[0], id: 'new' };
  const { number } = await new Promise((resolve) => journal.add(fresh, resolve));
  assert.ok(number > 3, 'what is new comes after all that was there');
  for (const { place } of found) journal.erase(place);
  await new Promise((resolve) => journal.add({ ...fresh, id: 'last' }, resolve));
  const next = open(database, v2.JOURNAL, LATER, erased);
  const left = (await next.read()).map(({ kept }) => kept.id);
  assert.deepEqual(left, ['new', 'last']);
  journal.drop();
  await clear(database);
  database.close();
});

test('a journal of v1 is moved into one of this version, and can be gone on with', async () => {
  await leave(v1);
  const database = await openDatabase(never);
  const journal = open(database, v1.JOURNAL, FIRST);
  assert.deepEqual(await journal.read(), [], 'its scope is another one');
  const found = await journal.adopt(v1.JOURNAL, v1.SCOPE);
  assert.deepEqual(
    messagesOf(found).map(({ from, ...kept }) => kept),
    v1.LEFT.map(({ from, ...kept }) => kept),
  );
  const next = open(database, v1.JOURNAL, FIRST);
  assert.deepEqual(messagesOf(await next.read()), messagesOf(found));
  assert.deepEqual(
    (await segments()).map(([[scope]]) => scope),
    [SCOPE],
    'nothing is left of it',
  );
  await clear(database);
  database.close();
});

test('a journal of v1 that a logout ended is erased instead', async () => {
  await leave(v1);
  const database = await openDatabase(never);
  const erased = [];
  const journal = open(database, 'mine', LATER, erased);
  assert.deepEqual(await journal.adopt(v1.JOURNAL, v1.SCOPE), []);
  assert.deepEqual(
    erased.map(({ id }) => id),
    ['a', 'c', 'd'],
  );
  await new Promise((resolve) => journal.add({ ...v1.LEFT[0], id: 'mark' }, resolve));
  assert.deepEqual(
    (await segments()).map(([, ids]) => ids),
    [['mark']],
  );
  database.close();
});

test('a journal of v3 is read, and can be taken over', async () => {
  const database = await openDatabase(never);
  await clear(database);
  await leave(v3);
  const journal = open(database, v3.JOURNAL, LATER);
  assert.deepEqual(messagesOf(await journal.read()), v3.LEFT);
  const other = open(database, 'other', LATER);
  const taken = messagesOf(await other.adopt(v3.JOURNAL));
  assert.deepEqual(
    taken,
    v3.LEFT.map((kept) => ({ from: v3.JOURNAL, ...kept })),
  );
  assert.deepEqual(
    (await segments()).map(([, ids, version]) => [ids, version]),
    [[['a', 'b', 'd', 'e'], 3]],
    'no older build reads a part of it',
  );
  await clear(database);
  database.close();
});

test('what an older build can read is written as it wants it', async () => {
  const database = await openDatabase(never);
  await clear(database);
  const journal = open(database, 'mine', LATER);
  const add = (kept) => new Promise((resolve) => journal.add(kept, resolve));
  const [plain, several, , none] = v3.LEFT;
  for (const kept of [v2.LEFT[0], plain, several, none]) await add(kept);
  await Promise.all([plain, several].map(add));
  assert.deepEqual(
    (await segments()).map(([, , version]) => version),
    [2, 2, 3, 3, 3],
  );
  await clear(database);
  database.close();
});

/** Deletes all that there is. @param {IDBDatabase} database */
async function clear(database) {
  const transaction = database.transaction(['segments', 'settled'], 'readwrite');
  for (const store of ['segments', 'settled']) transaction.objectStore(store).clear();
  await new Promise((resolve) => {
    transaction.oncomplete = resolve;
  });
}
