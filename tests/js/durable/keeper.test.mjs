// What is kept, by whom, when storage is slow and when it fails: several tabs in one process, with the Web Locks of
// tests/support/locks.mjs.

import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import test from 'node:test';
import { begin, raise, read } from '../../../pkg-template/shell/generations.js';
import { createKeeper } from '../../../pkg-template/shell/keeper.js';
import { leave, segments } from '../../support/disk.mjs';
import { createLocks } from '../../support/locks.mjs';
import { installStorage } from '../../support/storage.mjs';
import { until } from '../../support/until.mjs';

const { faults, storage, values } = installStorage();

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
    erased: [],
    began: [],
    over: 0,
  };
  const keeper = createKeeper({
    found: (found) => said.found.push(...found.map(({ kept, place }) => ({ id: kept.id, place }))),
    opened(kept) {
      said.opened.push(kept);
      return [...missing];
    },
    settled: (result) => said.settled.push(result),
    began: (generation) => said.began.push(generation),
    erased: (all) => said.erased.push(...all.map(({ id }) => id)),
    loggedOut() {
      said.over += 1;
    },
    cancel: (id) => said.cancelled.push(id),
    lost: (id) => said.lost.push(id),
    failed: (error) => said.failed.push(error.message),
    warn: (message) => said.warned.push(message),
  });
  t.after(() => keeper.close());
  return {
    keeper,
    said,
    open: (scope = t.name, before = undefined) => {
      enter(page, name);
      keeper.open(scope, before);
    },
    /** Logs out as this tab. */
    clear: (scope = t.name) => {
      enter(page, name);
      return keeper.clear(scope);
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

/** Whose messages are on disk. */
const onDisk = async (scope) =>
  (await segments()).filter(([[name]]) => name === scope).flatMap(([, ids]) => ids);

test('a logout ends all at once, whatever becomes of the page after it', async (t) => {
  const locks = createLocks();
  await leaveOne(t, locks);
  const before = read(t.name);
  logOutAndLeave(t, locks);
  assert.notEqual(read(t.name), before, 'it is written by the time that the call returns');
  assert.deepEqual(await onDisk(t.name), ['a'], 'the disk is as it was');
  const next = openTab(t, locks, { name: 'tab' });
  next.open();
  await next.isOpen();
  assert.deepEqual(next.said.found, []);
  assert.deepEqual(next.said.erased, ['a']);
  assert.notEqual(await next.add('b'), null);
  assert.deepEqual(await onDisk(t.name), ['b'], 'the next life has cleaned it');
});

/** A life of the tab that leaves the message 'a' on disk. */
async function leaveOne(t, locks, scope = t.name) {
  const tab = openTab(t, locks, { name: 'tab' });
  tab.open(scope);
  assert.notEqual(await tab.add('a'), null);
  tab.end();
}

/** A life of the tab that ends right after its call to log out, before the disk was asked for anything. */
function logOutAndLeave(t, locks, scope = t.name) {
  const { open } = indexedDB;
  indexedDB.open = () => /** @type {any} */ ({});
  const tab = openTab(t, locks, { name: 'tab' });
  tab.clear(scope);
  tab.end();
  indexedDB.open = open;
}

test('a logout of a keeper that never opened the scope, or failed, cleans the disk too', async (t) => {
  const locks = createLocks();
  await leaveOne(t, locks);
  const other = openTab(t, locks, { name: 'tab' });
  await other.clear();
  assert.deepEqual(other.said.erased, ['a']);
  assert.deepEqual(await onDisk(t.name), []);

  const failing = openTab(t, locks, { name: 'failing' });
  failing.open();
  assert.notEqual(await failing.add('b'), null);
  t.mock.method(IDBObjectStore.prototype, 'put', () => {
    throw new Error('full');
  });
  assert.equal(await failing.add('c'), null);
  assert.deepEqual(failing.said.failed, ['full']);
  t.mock.restoreAll();
  const generation = read(t.name);
  await failing.clear();
  assert.notEqual(read(t.name), generation);
  assert.deepEqual(await onDisk(t.name), []);
  assert.deepEqual(failing.said.erased, [], 'what was found was told already');
});

test('a logout elsewhere while a tab opens: it hands out nothing of before', async (t) => {
  const locks = createLocks();
  await leaveOne(t, locks);
  const { letGo } = holdStorage(t);
  const tab = openTab(t, locks, { name: 'tab' });
  tab.open();
  const early = tab.add('early');
  // Another tab, of which nothing is heard.
  raise(t.name);
  letGo();
  assert.equal(await early, null, 'it waits for nothing any more');
  assert.equal(tab.said.over, 1);
  assert.deepEqual(tab.said.found, []);
  assert.deepEqual(tab.said.erased, ['a']);
  assert.deepEqual(tab.said.opened, [null]);
  assert.equal(await tab.add('later'), null, 'nothing is kept before the next login');
  tab.open();
  assert.notEqual(await tab.add('anew'), null);
  assert.deepEqual(await onDisk(t.name), ['anew']);
});

test('a logout elsewhere while a tab waits to adopt: it adopts nothing', async (t) => {
  const locks = createLocks();
  const gone = openTab(t, locks, { name: 'gone' });
  gone.open();
  await gone.isOpen();
  await gone.add('a');
  const tab = openTab(t, locks, { name: 'tab' });
  tab.open();
  await tab.isOpen();
  gone.end();
  await new Promise((resolve) => setTimeout(resolve));
  raise(t.name);
  await until(() => tab.said.over === 1, 'it notices when it would adopt');
  assert.deepEqual(tab.said.found, []);
  assert.deepEqual(tab.said.erased, ['a']);
  await tab.clear('another');
  assert.deepEqual(await onDisk(t.name), []);
});

test('a page that is back from the cache after a logout elsewhere takes nothing back', async (t) => {
  const locks = createLocks();
  const tab = openTab(t, locks, { name: 'tab', missing: ['a'] });
  tab.open();
  await tab.add('a');
  tab.keeper.close();
  const other = openTab(t, locks, { name: 'other' });
  other.open();
  await other.isOpen();
  await other.clear();
  // It is the next session of this user that the page comes back into.
  other.open();
  assert.notEqual(await other.add('new'), null);
  tab.open(t.name, tab.said.began.at(-1));
  assert.equal(tab.said.over, 1, 'at once');
  assert.deepEqual(tab.said.lost, []);
  assert.equal(await tab.add('b'), null);
  assert.deepEqual(await onDisk(t.name), ['new'], 'the next session is left alone');
});

test('a tab that hears of a logout is over, and one that began after it is not', async (t) => {
  const locks = createLocks();
  const [one, other] = ['one', 'other'].map((name) => openTab(t, locks, { name }));
  for (const tab of [one, other]) {
    tab.open();
    await tab.isOpen();
  }
  const started = other.clear();
  other.open();
  await started;
  await until(() => one.said.over === 1, 'it hears');
  const late = new BroadcastChannel(`holdfast ${t.name} `);
  late.postMessage({ over: read(t.name) });
  late.close();
  assert.notEqual(await other.add('a'), null);
  assert.equal(other.said.over, 0, 'what it hears is of the logout before its own login');
});

test('a storage that the app clears at a logout brings nothing back', async (t) => {
  const locks = createLocks();
  await leaveOne(t, locks);
  logOutAndLeave(t, locks);
  storage.clear();
  const next = openTab(t, locks, { name: 'tab' });
  next.open();
  await next.isOpen();
  assert.deepEqual(next.said.found, []);
  assert.deepEqual(next.said.erased, ['a']);
});

test('two tabs that begin the first generation at the same time agree on one', async (t) => {
  const locks = createLocks();
  const tab = openTab(t, locks);
  tab.open();
  const early = tab.add('early');
  // What another process wrote is seen a moment later.
  const first = begin(t.name);
  const key = [...values.keys()].find((one) => values.get(one) === String(first));
  values.set(key, String(first + 65536));
  assert.notEqual(await early, null);
  assert.equal(tab.said.over, 0);
  assert.equal(tab.said.began.at(-1), first + 65536);
});

test('where localStorage fails nothing goes on disk, and that is told once', async (t) => {
  const tab = openTab(t, createLocks());
  faults.write = true;
  t.after(() => {
    faults.write = false;
  });
  tab.open();
  assert.equal(await tab.add('a'), null);
  assert.match(tab.said.failed.join(), /localStorage/);
  assert.equal(await tab.add('b'), null);
  assert.equal(tab.said.failed.length, 1);
  assert.deepEqual(tab.said.opened, [null]);
  assert.equal((await segments()).filter(([[name]]) => name.startsWith(t.name)).length, 0);
  await tab.clear();
  faults.write = false;
  tab.open();
  assert.notEqual(await tab.add('c'), null, 'it is tried again with the next opening');
});

test('without a user nothing goes on disk, and nothing waits for it', async (t) => {
  const tab = openTab(t, createLocks());
  const early = tab.add('early');
  tab.open('');
  assert.equal(await early, null);
  assert.equal(await tab.add('a'), null);
  assert.deepEqual([tab.said.opened, tab.said.failed], [[null], []]);
});

test('a channel that may not be opened costs the disk, and no message waits', async (t) => {
  const { BroadcastChannel } = globalThis;
  globalThis.BroadcastChannel = /** @type {any} */ (
    class {
      constructor() {
        throw new Error('SecurityError');
      }
    }
  );
  t.after(() => {
    globalThis.BroadcastChannel = BroadcastChannel;
  });
  const tab = openTab(t, createLocks());
  tab.open();
  assert.equal(await tab.add('a'), null);
  assert.deepEqual(tab.said.failed, ['SecurityError']);
});

const SCOPE = 'http://h?/socket.io?/?';
const former = (messages) => ({ version: 1, messages: messages.map(kept) });

/** @param {[string[], string[]][]} journals scopes, names and ids */
const leaveFormer = (...journals) =>
  leave({
    DATABASE: { name: 'holdfast', version: 1, stores: ['segments', 'settled'] },
    RECORDS: {
      segments: journals.map(([[scope, name], ids]) => [[scope, name, 0], former(ids)]),
      settled: [],
    },
  });

test('what version 1 left is found, unless the tab that sent it still runs', async (t) => {
  const locks = createLocks();
  const scope = `${SCOPE}v1`;
  await leaveFormer(
    [
      ['http://h/?v=3 v1', 'tab'],
      ['a', 'b'],
    ],
    [['ws://h v1', 'gone'], ['c']],
    [['http://h v1', 'runs'], ['theirs']],
    [['http://h v11', 'tab'], ['x']],
    [['http://other v1', 'tab'], ['y']],
    [['http://h ', 'tab'], ["nobody's"]],
  );
  locks.openPage().request('holdfast http://h v1 runs', {}, () => new Promise(() => {}));
  const tab = openTab(t, locks, { name: 'tab' });
  tab.open(scope);
  const early = tab.add('early');
  await tab.isOpen();
  assert.notEqual(await early, null);
  assert.deepEqual(tab.said.found.map(({ id }) => id).sort(), ['a', 'b', 'c']);
  assert.ok(tab.said.found.every(({ place }) => place));
  assert.deepEqual([...tab.said.opened[0]].sort(), ['a', 'b', 'c']);
  assert.deepEqual((await onDisk(scope)).sort(), ['a', 'b', 'c', 'early']);
  for (const [name, left] of [
    ['http://h v1', ['theirs']],
    ['http://h v11', ['x']],
    ['http://other v1', ['y']],
    ['http://h ', []],
  ]) {
    assert.deepEqual(await onDisk(name), left, name);
  }
  tab.end();
  const next = openTab(t, locks, { name: 'tab' });
  next.open(scope);
  await next.isOpen();
  assert.equal(next.said.found.length, 4, 'once');
});

test("without Web Locks only this tab's own journal of version 1 is moved", async (t) => {
  await leaveFormer([['http://h v2', 'tab'], ['a']], [['http://h v2', 'other'], ['b']]);
  const tab = openTab(t, undefined, { name: 'tab' });
  tab.open(`${SCOPE}v2`);
  await tab.isOpen();
  assert.deepEqual(
    tab.said.found.map(({ id }) => id),
    ['a'],
  );
  assert.deepEqual(await onDisk('http://h v2'), ['b']);
});

test('what version 1 left ends with a logout, before it was found too', async (t) => {
  const scope = `${SCOPE}v3`;
  begin(scope);
  await leaveFormer([['http://h v3', 'tab'], ['a']], [['http://h v4', 'tab'], ['b']]);
  const locks = createLocks();
  logOutAndLeave(t, locks, scope);
  const next = openTab(t, locks, { name: 'tab' });
  next.open(scope);
  await next.isOpen();
  assert.deepEqual([next.said.found, next.said.erased], [[], ['a']]);
  await next.add('mark');
  assert.deepEqual(await onDisk('http://h v3'), []);
  await next.clear(`${SCOPE}v4`);
  assert.deepEqual(await onDisk('http://h v4'), []);
});
