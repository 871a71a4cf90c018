// What every journal must do, whatever storage is below it. Plain functions, which run in Node on a storage in
// memory as well as in a browser on its disk. Each gets a name for its scope that nothing else uses.

/** @typedef {import('../../pkg-template/shell/journal.js')} Journals */

/** @param {boolean} holds @param {string} what */
function check(holds, what) {
  if (!holds) throw new Error(`does not hold: ${what}`);
}

const same = (actual, expected, what) => {
  const [left, right] = [actual, expected].map((value) => JSON.stringify(value));
  check(left === right, `${what}: ${left} is not ${right}`);
};

/** @param {string | number} id @param {object} [more] */
const kept = (id, more = {}) => ({
  id: String(id),
  event: 'send_message',
  data: { text: `of ${id}` },
  lane: 'bob',
  strict: false,
  expiresAt: Date.now() + 60_000,
  ...more,
});
const range = (count) => Array.from({ length: count }, (_, n) => n);
const add = (journal, message) => new Promise((resolve) => journal.add(message, resolve));
const addAll = (journal, messages) => Promise.all(messages.map((message) => add(journal, message)));
const idsOf = (found) => found.map((one) => one.kept.id);

/**
 * A journal in a generation of its own, which no logout ends unless the test says so.
 * @param {Journals['createJournal']} createJournal
 * @param {IDBDatabase} database
 * @param {string} scope
 * @param {string} name
 * @param {(error: any) => void} onFailure
 * @param {{ generation?: number, current?: () => number, erased?: (kept: any[]) => void }} [logouts]
 */
const journalOf = (
  createJournal,
  database,
  scope,
  name,
  onFailure,
  { generation = 65536, current = () => generation, erased = fail } = {},
) => createJournal(database, scope, name, onFailure, generation, current, erased);

/** Answers once all that was asked before is written: writes are made in turn. */
const settle = (journal) => add(journal, kept('last'));

/** All records of a store whose keys begin with the scope. */
const records = (database, name, scope) =>
  new Promise((resolve, reject) => {
    const store = database.transaction(name).objectStore(name);
    const request = store.getAll(IDBKeyRange.bound([scope], [scope, []]));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const putRecord = (database, name, key, value) =>
  new Promise((resolve, reject) => {
    const transaction = database.transaction(name, 'readwrite');
    transaction.objectStore(name).put(value, key);
    transaction.oncomplete = () => resolve(undefined);
    transaction.onabort = () => reject(transaction.error);
  });

/** @type {Record<string, (journals: Journals, database: IDBDatabase, scope: string) => Promise<void>>} */
export const CONTRACT = {
  async 'what was added is found by the next life, in order and as it was given'(
    { createJournal },
    database,
    scope,
  ) {
    const journal = journalOf(createJournal, database, scope, 'tab', fail);
    const bytes = new Uint8Array([1, 2, 255]);
    const data = {
      text: 'ü \u{1f600}',
      bytes,
      buffer: bytes.buffer.slice(0),
      none: null,
      deep: [{}],
    };
    await addAll(journal, [kept(2, { data }), kept(1), kept(3, { strict: true })]);
    await add(journal, kept(0));
    const found = await journalOf(createJournal, database, scope, 'tab', fail).read();
    same(idsOf(found), ['2', '1', '3', '0'], 'in the order in which they were added');
    const [first, , third] = found.map((one) => one.kept);
    check(first.data.bytes instanceof Uint8Array, 'a typed array stays one');
    same([...first.data.bytes], [1, 2, 255], 'bytes');
    same([...new Uint8Array(first.data.buffer)], [1, 2, 255], 'a buffer');
    same([first.data.text, first.data.none, first.data.deep], [data.text, null, [{}]], 'the rest');
    check(third.strict && third.lane === 'bob' && third.event === 'send_message', 'its settings');
  },

  async 'it says that a message is kept only when another reader finds it'(
    { createJournal },
    database,
    scope,
  ) {
    const journal = journalOf(createJournal, database, scope, 'tab', fail);
    let seen;
    await new Promise((resolve) =>
      journal.add(kept(1), () => {
        seen = records(database, 'segments', scope);
        resolve(undefined);
      }),
    );
    same((await seen).length, 1, 'the segment is there');
  },

  async 'what settled does not come back, and leaves no record'(
    { createJournal },
    database,
    scope,
  ) {
    const journal = journalOf(createJournal, database, scope, 'tab', fail);
    const places = await addAll(
      journal,
      range(5).map((n) => kept(n)),
    );
    for (const index of [0, 3, 3]) journal.erase(places[index]);
    await settle(journal);
    const next = journalOf(createJournal, database, scope, 'tab', fail);
    const found = await next.read();
    same(idsOf(found), ['1', '2', '4', 'last'], 'what is left');
    for (const { place } of found) next.erase(place);
    const last = await add(next, kept('more'));
    next.erase(last);
    await add(journalOf(createJournal, database, `${scope} other`, 'tab', fail), kept('x'));
    await settled(async () => (await records(database, 'segments', scope)).length === 0);
    same(await records(database, 'settled', scope), [], 'no list of what settled');
  },

  async 'many messages are few records, and an order over all of them'(
    { createJournal },
    database,
    scope,
  ) {
    const journal = journalOf(createJournal, database, scope, 'tab', fail);
    await addAll(
      journal,
      range(1001).map((n) => kept(n)),
    );
    same((await records(database, 'segments', scope)).length, 5, 'segments');
    const found = await journalOf(createJournal, database, scope, 'tab', fail).read();
    same(idsOf(found), range(1001).map(String), 'in order');
    const adopted = await journalOf(createJournal, database, scope, 'other', fail).adopt('tab');
    same(idsOf(adopted), range(1001).map(String), 'adopted in order');
    same((await records(database, 'segments', scope)).length, 5, 'segments of the other');
  },

  async 'what is adopted is with one journal alone, and knows whose it was'(
    { createJournal },
    database,
    scope,
  ) {
    const [mine, other, third] = ['mine', 'other', 'third'].map((name) =>
      journalOf(createJournal, database, scope, name, fail),
    );
    await add(mine, kept('m'));
    const [, place] = await addAll(other, [kept('a'), kept('b'), kept('c')]);
    other.erase(place);
    await settle(other);
    const adopted = await mine.adopt('other');
    same(idsOf(adopted), ['a', 'c', 'last'], 'what had not settled');
    same((await mine.adopt('other')).length, 0, 'nothing is left there');
    mine.erase(adopted[0].place);
    await settle(mine);
    const again = await third.adopt('mine');
    same(
      again.map((one) => [one.kept.id, one.kept.from]),
      [
        ['m', 'mine'],
        ['c', 'other'],
        ['last', 'other'],
        ['last', 'mine'],
      ],
      'whose it was first',
    );
    const seen = await journalOf(createJournal, database, scope, 'other', fail).read();
    check(
      seen.every((one) => one.owner === 'third' && one.place === null),
      'who has it now',
    );
  },

  async 'scopes know nothing of each other'(journals, database, scope) {
    const { createJournal, clearScopes } = journals;
    const names = [scope, `${scope} 2`, `${scope},tab`];
    const all = names.map((name) => journalOf(createJournal, database, name, 'tab', fail));
    for (const [index, journal] of all.entries()) await add(journal, kept(index));
    await clearScopes(database, [scope]);
    const left = names.map((name) => journalOf(createJournal, database, name, 'tab', fail).read());
    same((await Promise.all(left)).map(idsOf), [[], ['1'], ['2']], 'only its own is deleted');
  },

  async 'what is dropped is not written any more'({ createJournal, clearScopes }, database, scope) {
    const journal = journalOf(createJournal, database, scope, 'tab', fail);
    const place = await add(journal, kept(1));
    journal.erase(place);
    journal.add(kept(2), fail);
    journal.drop();
    await clearScopes(database, [scope]);
    await add(journalOf(createJournal, database, `${scope} other`, 'tab', fail), kept('x'));
    same(await records(database, 'segments', scope), [], 'no message');
    same(await records(database, 'settled', scope), [], 'no list');
  },

  async 'what a logout ended is told and erased when it is read, whoever had it'(
    { createJournal },
    database,
    scope,
  ) {
    const erased = [];
    const open = (name, generation) =>
      journalOf(createJournal, database, scope, name, fail, {
        generation,
        erased: (all) => erased.push(...all.map(({ id }) => id)),
      });
    const before = open('tab', 1);
    const [place] = await addAll(before, [kept(0), kept(1), kept(2)]);
    before.erase(place);
    await settle(before);
    await addAll(open('other', 1), [kept(3)]);
    const after = open('tab', 2);
    same(await after.read(), [], 'all of it was sent before');
    await addAll(after, [kept(4)]);
    same(erased.sort(), ['1', '2', '3', 'last'], 'what had not settled');
    same(idsOf(await open('tab', 2).read()), ['4'], 'what was sent after it');
    const left = await records(database, 'segments', scope);
    same(
      left.map(({ generation }) => generation),
      [2],
      'nothing of before it is on disk',
    );
    same(await records(database, 'settled', scope), [], 'no list');
  },

  async 'what a logout ended is told and erased when it is adopted'(
    { createJournal },
    database,
    scope,
  ) {
    const erased = [];
    const mine = journalOf(createJournal, database, scope, 'mine', fail, {
      generation: 2,
      erased: (all) => erased.push(...all.map(({ id }) => id)),
    });
    await mine.read();
    // A tab that does not know of the logout goes on to write.
    const other = journalOf(createJournal, database, scope, 'other', fail, { generation: 1 });
    await addAll(other, [kept(1), kept(2)]);
    same(await mine.adopt('other'), [], 'nothing is taken over');
    same(erased, ['1', '2'], 'they are told');
    await settle(mine);
    same((await records(database, 'segments', scope)).length, 1, 'and not on disk any more');
  },

  async 'a journal whose generation is over hands out nothing, and leaves what is later alone'(
    { createJournal },
    database,
    scope,
  ) {
    let now = 1;
    const erased = [];
    const open = (name) =>
      journalOf(createJournal, database, scope, name, fail, {
        generation: 1,
        current: () => now,
        erased: (all) => erased.push(...all.map(({ id }) => id)),
      });
    await addAll(open('tab'), [kept(1)]);
    const slow = open('tab');
    const reading = slow.read();
    now = 2;
    same(await reading, [], 'the logout came while it was read');
    same(erased, ['1'], 'it is told');
    const later = journalOf(createJournal, database, scope, 'other', fail, { generation: 2 });
    await addAll(later, [kept(2)]);
    same(await slow.adopt('other'), [], 'not for this one');
    same(idsOf(await later.read()), ['2'], 'it stays');
  },

  async 'a logout between reading and taking over keeps the journal from being taken over'(
    { createJournal },
    database,
    scope,
  ) {
    const other = journalOf(createJournal, database, scope, 'other', fail, { generation: 1 });
    await addAll(other, [kept(1)]);
    let asked = 0;
    const mine = journalOf(createJournal, database, scope, 'mine', fail, {
      generation: 1,
      // The first look is at reading, the second one right before the write.
      current: () => (asked++ === 0 ? 1 : 2),
    });
    same(await mine.adopt('other'), [], 'nothing');
    same((await records(database, 'segments', scope)).length, 1, 'it is where it was');
    same(idsOf(await other.read()), ['1'], 'untouched');
  },

  async 'what version 1 left in another scope is moved, once'({ createJournal }, database, scope) {
    const former = `https://h/ ${scope}`;
    const old = { version: 1, messages: [kept(1), kept(2), kept(3)] };
    await putRecord(database, 'segments', [former, 'old', 0], old);
    await putRecord(database, 'settled', [former, 'old', 0], [1]);
    const mine = journalOf(createJournal, database, scope, 'mine', fail, { generation: 65536 });
    same(idsOf(await mine.adopt('old', former)), ['1', '3'], 'what had not settled');
    same(await mine.adopt('old', former), [], 'nothing is left there');
    same(await records(database, 'segments', former), [], 'no segment');
    same(await records(database, 'settled', former), [], 'no list');
    const next = journalOf(createJournal, database, scope, 'mine', fail, { generation: 65536 });
    same(idsOf(await next.read()), ['1', '3'], 'it is in this journal');
  },

  async 'journals of version 1 are known by their scope, and those of nobody are erased'(
    { formerJournals },
    database,
    scope,
  ) {
    const user = encodeURIComponent(scope);
    const put = (name, journal, number) =>
      putRecord(database, 'segments', [name, journal, number], { version: 1, messages: [kept(1)] });
    const mine = `http://h?/socket.io?/?${user.replaceAll('%', '%25')}`;
    await put(`http://h ${user}`, 'a', 0);
    await put(`http://h ${user}`, 'a', 1);
    await put(`ws://h:80/?v=2 ${user}`, 'b', 0);
    await put(`http://h/chat ${user}`, 'c', 0);
    await put(`http://h ${user}2`, 'd', 0);
    await put('http://h ', 'e', 0);
    await put(' ', 'f', 0);
    same(
      await formerJournals(database, mine),
      [
        [`http://h ${user}`, 'a', 0],
        [`http://h ${user}`, 'a', 1],
        [`ws://h:80/?v=2 ${user}`, 'b', 0],
      ],
      'of this server, namespace and user',
    );
    for (const name of ['http://h ', ' ']) {
      same(await records(database, 'segments', name), [], 'without a user');
    }
    same((await records(database, 'segments', `http://h ${user}2`)).length, 1, 'the rest stays');
  },

  async 'a record of another version is neither read nor touched'(
    { createJournal },
    database,
    scope,
  ) {
    const newer = { version: 99, envelopes: 'of a newer build' };
    await putRecord(database, 'segments', [scope, 'tab', 0], newer);
    const journal = journalOf(createJournal, database, scope, 'tab', fail);
    same(await journal.read(), [], 'not read');
    await addAll(
      journal,
      range(20).map((n) => kept(n)),
    );
    await journalOf(createJournal, database, scope, 'other', fail).adopt('tab');
    const all = await records(database, 'segments', scope);
    same(
      all.filter(({ version }) => version === 99),
      [newer],
      'not touched',
    );
    same(all.length, 2, 'and the rest is there');
  },

  async 'what has expired is swept, whoever kept it'(
    { createJournal, openDatabase },
    database,
    scope,
  ) {
    const past = { expiresAt: Date.now() - 1 };
    const journal = journalOf(createJournal, database, scope, 'tab', fail);
    const [place] = await addAll(journal, [kept(1, past), kept(2, past)]);
    journal.erase(place);
    await add(journal, kept(3));
    const other = journalOf(createJournal, database, `${scope} other`, 'tab', fail);
    await addAll(other, [kept(1, past), kept(2)]);
    const old = { version: 1, messages: [kept(1, past)] };
    await putRecord(database, 'segments', [scope, 'old', 0], old);
    (await openDatabase(fail)).close();
    await settled(async () => (await records(database, 'segments', scope)).length === 1);
    same(await records(database, 'settled', scope), [], 'with its list');
    const found = await journalOf(createJournal, database, `${scope} other`, 'tab', fail).read();
    same(idsOf(found), ['1', '2'], 'not what a living message shares a segment with');
  },

  async 'a write that fails is told to each message, and once to the owner'(
    { createJournal },
    database,
    scope,
  ) {
    const errors = [];
    const journal = journalOf(createJournal, database, scope, 'tab', (error) => errors.push(error));
    // No storage takes a function.
    const group = [...range(250).map((n) => kept(n)), kept('bad', { data: () => {} })];
    const places = await addAll(journal, group);
    check(
      places.every((place) => place === null),
      'none of the group is kept',
    );
    same(errors.length, 1, 'once');
    same(await records(database, 'segments', scope), [], 'and none is on disk');
  },
};

function fail(/** @type {any} */ error) {
  throw error;
}

/** @param {() => Promise<boolean>} holds */
async function settled(holds) {
  for (let turn = 0; turn < 1000; turn += 1) if (await holds()) return;
  throw new Error('it does not come to rest');
}
