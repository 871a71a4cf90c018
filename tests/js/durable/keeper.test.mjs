// What is kept, by whom, when storage is slow and when it fails: several tabs in one process, with the Web Locks of
// tests/support/locks.mjs.

import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import test from 'node:test';
import { createKeeper } from '../../../pkg-template/shell/keeper.js';
import { createLocks } from '../../support/locks.mjs';
import { until } from '../../support/until.mjs';

/** A tab's keeper, and all that it said. */
function openTab(t, locks, { name = '', missing = [] } = {}) {
  const page = locks?.openPage();
  enter(page, name);
  const said = {
    found: [],
    opened: [],
    failed: [],
    warned: [],
    settled: [],
    lost: [],
    cancelled: [],
  };
  const keeper = createKeeper({
    found: (found) => said.found.push(...found.map(({ kept, place }) => ({ id: kept.id, place }))),
    opened(kept) {
      said.opened.push(kept);
      return [...missing];
    },
    settled: (result) => said.settled.push(result),
    cancel: (id) => said.cancelled.push(id),
    lost: (id) => said.lost.push(id),
    failed: (error) => said.failed.push(error.message),
    warn: (message) => said.warned.push(message),
  });
  t.after(() => keeper.close());
  return {
    keeper,
    said,
    open: (scope = t.name) => {
      enter(page, name);
      keeper.open(scope);
    },
    add: (id) => new Promise((resolve) => keeper.add(kept(id), resolve)),
    isOpen: () => until(() => said.opened.length > 0, 'it is open'),
    /** The page is gone: nothing of it runs any more. */
    end() {
      keeper.close();
      page.end();
    },
  };
}

/** What is global for a page. */
function enter(page, name) {
  Object.defineProperty(globalThis, 'navigator', { value: { locks: page }, configurable: true });
  globalThis.sessionStorage = { getItem: () => name || null, setItem: () => {} };
}

const kept = (id) => ({
  id,
  event: 'send_message',
  data: { _tempId: id },
  lane: 'bob',
  strict: false,
  expiresAt: Date.now() + 60_000,
});

/** Holds back what `indexedDB.open` answers until it is let go. */
function holdStorage(t) {
  const { open } = indexedDB;
  let letGo = () => {};
  const gate = new Promise((resolve) => {
    letGo = () => resolve(undefined);
  });
  indexedDB.open = (...args) => {
    const request = open.apply(indexedDB, args);
    return {
      set onsuccess(fn) {
        request.onsuccess = () => gate.then(fn);
      },
      set onerror(fn) {
        request.onerror = fn;
      },
      set onupgradeneeded(fn) {
        request.onupgradeneeded = fn;
      },
      get result() {
        return request.result;
      },
    };
  };
  t.after(() => {
    indexedDB.open = open;
  });
  return { letGo };
}

test('storage that opens late is gone ahead without, and used from then on', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { letGo } = holdStorage(t);
  const tab = openTab(t, createLocks());
  tab.open();
  const early = tab.add('early');
  t.mock.timers.tick(5000);
  assert.equal(await early, null, 'it does not wait any longer');
  assert.deepEqual(tab.said.failed, ['the storage does not open']);
  assert.deepEqual(tab.said.opened, [null]);
  assert.equal(await tab.add('meanwhile'), null);
  letGo();
  t.mock.timers.reset();
  await until(() => tab.said.opened.length === 2, 'it is open');
  assert.notEqual(await tab.add('later'), null, 'this one is kept');
  assert.equal(tab.said.failed.length, 1, 'it is told once');
});

test('storage that is asked for again has its whole time again', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { letGo } = holdStorage(t);
  const tab = openTab(t, createLocks());
  tab.open(`${t.name} alice`);
  t.mock.timers.tick(4000);
  tab.open(`${t.name} bob`);
  t.mock.timers.tick(4999);
  assert.deepEqual(tab.said.failed, [], 'the time of the first one is over, its own is not');
  t.mock.timers.tick(1);
  assert.equal(tab.said.failed.length, 1);
  tab.open(`${t.name} carol`);
  const early = tab.add('early');
  letGo();
  t.mock.timers.reset();
  assert.notEqual(await early, null, 'the next one waits for it, however late the one before was');
});

test('an opening that comes too late neither breaks the one after it nor is heard', async (t) => {
  const locks = createLocks();
  const before = openTab(t, locks, { name: 'tab' });
  before.open(`${t.name} alice`);
  assert.notEqual(await before.add("alice's"), null);
  before.end();
  const { letGo } = holdStorage(t);
  const tab = openTab(t, locks, { name: 'tab' });
  // One is left before it has its lock, and one while it waits for the storage.
  tab.open(`${t.name} bob`);
  tab.open(`${t.name} alice`);
  await until(() => locks.isHeld(`holdfast ${t.name} alice tab`), 'it has its lock');
  tab.open(`${t.name} carol`);
  letGo();
  await tab.isOpen();
  assert.notEqual(await tab.add('hers'), null);
  assert.deepEqual(tab.said.failed, []);
  assert.deepEqual(tab.said.found, []);
});

test('without Web Locks nothing is adopted, and that is said', async (t) => {
  const gone = openTab(t, createLocks(), { name: 'gone' });
  gone.open();
  assert.notEqual(await gone.add('left'), null);
  gone.end();
  const tab = openTab(t, undefined);
  tab.open();
  await until(() => tab.said.warned.length > 0, 'it is said');
  assert.match(tab.said.warned.join(), /no Web Locks/);
  assert.deepEqual(tab.said.found, []);
  assert.notEqual(await tab.add('mine'), null, 'it keeps its own');
});

test('what a tab left is adopted by one of the others', async (t) => {
  const locks = createLocks();
  const gone = openTab(t, locks, { name: 'gone' });
  gone.open();
  await gone.isOpen();
  for (const id of ['a', 'b', 'c']) await gone.add(id);
  const others = ['one', 'two', 'three'].map((name) => openTab(t, locks, { name }));
  for (const tab of others) {
    tab.open();
    await tab.isOpen();
  }
  gone.end();
  const found = () => others.flatMap(({ said }) => said.found.map(({ id }) => id));
  await until(() => found().length > 0, 'somebody has them');
  await Promise.all(others.map((tab) => tab.add('a sign that all is done')));
  assert.deepEqual(found(), ['a', 'b', 'c']);
});

test('a tab that is back late knows what another one has of it, and hears how that ends', async (t) => {
  const locks = createLocks();
  const first = openTab(t, locks, { name: 'slow' });
  first.open();
  await first.isOpen();
  for (const id of ['a', 'b']) await first.add(id);
  const other = openTab(t, locks, { name: 'other' });
  other.open();
  await other.isOpen();
  first.end();
  await until(() => other.said.found.length === 2, 'the other has them');
  const back = openTab(t, locks, { name: 'slow' });
  back.open();
  await back.isOpen();
  assert.deepEqual(back.said.found, [
    { id: 'a', place: null },
    { id: 'b', place: null },
  ]);
  other.keeper.tell({ id: 'a', success: true });
  await until(() => back.said.settled.length === 1, 'it hears');
  assert.equal(back.said.settled[0].id, 'a');
  back.keeper.cancel('b');
  await until(() => other.said.cancelled.length === 1, 'its wish is heard');
  other.end();
  await until(
    () => back.said.found.some(({ place }) => place !== null),
    'and it has the rest back',
  );
});

test('a message that is with nobody any more is told lost', async (t) => {
  const tab = openTab(t, createLocks(), { missing: ['nowhere'] });
  tab.open();
  await until(() => tab.said.lost.length > 0, 'it is said');
  assert.deepEqual(tab.said.lost, ['nowhere']);
});
