// Which messages are saved and by which tab, when storage is slow, and when it fails: several tabs in one process, each with
// the built package, and the Web Locks of tests/support/locks.mjs. tests/client/keeper.rs tests the rules themselves.

import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import test from 'node:test';
import { begin as beginFirst, raise, read } from '../../../pkg-template/shell/generations.js';
import { leave, noted, segments } from '../../support/disk.mjs';
import { begin, faults, hold, onDisk, seen, storage, values } from './tab-kit.mjs';

const SPARE = 2100;

/** The user logged out elsewhere, and this tab said so. */
const isOver = ({ said }) => said.errors.some(({ code }) => code === 'LOGGED_OUT');
const endOf = ({ said }, id) => said.settled.filter(([one]) => one === id).map(([, code]) => code);
const ready = (tab) => seen(() => tab.client.getState().isReady, 'the link is ready');

test('if storage opens late, the client continues in memory, and saves messages from then on', async (t) => {
  const { clock, openTab, scope } = begin(t);
  const tab = openTab();
  const letGo = hold(tab);
  tab.open();
  await ready(tab);
  tab.send('early');
  await clock.pass(4500);
  assert.deepEqual(tab.taken(), [], 'it waits to be kept');
  await clock.pass(600);
  await seen(() => tab.taken().length === 1, 'it does not wait any longer');
  assert.deepEqual(tab.said.failed, ['the storage does not open']);
  await tab.add('meanwhile');
  letGo();
  await seen(async () => {
    await tab.add(`later ${tab.taken().length}`);
    return (await onDisk(scope)).length > 0;
  }, 'this one is kept');
  assert.match((await onDisk(scope)).join(), /^later/);
  assert.equal(tab.said.failed.length, 1, 'it is told once');
});

test('a second opening of the storage gets the full time again', async (t) => {
  const { clock, openTab } = begin(t);
  const tab = openTab();
  const letGo = hold(tab);
  tab.open('alice 2');
  await ready(tab);
  await clock.pass(4000);
  tab.open('bob 2');
  await ready(tab);
  await clock.pass(4500);
  assert.deepEqual(tab.said.failed, [], 'the time of the first one is over, its own is not');
  await clock.pass(600);
  assert.equal(tab.said.failed.length, 1);
  tab.open('carol 2');
  tab.send('early');
  await ready(tab);
  letGo();
  await seen(() => tab.taken().includes('early'), 'it leaves');
  const all = (await segments()).flatMap(([, ids]) => ids);
  assert.ok(all.includes('early'), 'the next one waits for it, however late the one before was');
});

test('an opening that ends too late is ignored, and does not affect the next one', async (t) => {
  const { leave: leaveIn, locks, openTab, scope } = begin(t);
  await leaveIn('tab', "alice's");
  const tab = openTab({ name: 'tab' });
  const letGo = hold(tab);
  // One is left while it waits for the storage, and one before it has its lock.
  tab.open('eve');
  await ready(tab);
  const page = locks.openPage();
  page.request(`holdfast ${scope} tab`, {}, () => new Promise(() => {}));
  tab.open(t.name);
  await ready(tab);
  letGo();
  await seen(() => tab.page.locksWanted.includes(`holdfast ${scope} tab`), 'it wants its lock');
  tab.open('dora');
  page.end();
  await tab.isOpen();
  await tab.add('hers');
  assert.deepEqual(tab.said.failed, []);
  assert.deepEqual(tab.found(), []);
  const hers = (await segments()).filter(([[name]]) => /dora/.test(name));
  assert.deepEqual(
    hers.map(([, ids]) => ids),
    [['hers']],
  );
  assert.deepEqual(await onDisk(scope), ["alice's"]);
});

test('without Web Locks no messages are taken over, and that is logged', async (t) => {
  const { clock, inTab, leave: leaveIn, scope } = begin(t);
  await leaveIn('gone', 'left');
  const tab = await inTab(null, { hasLocks: false });
  assert.match(tab.said.warned.join(), /no Web Locks/);
  await clock.pass(SPARE);
  assert.deepEqual(tab.found(), []);
  await tab.add('mine');
  assert.deepEqual((await onDisk(scope)).sort(), ['left', 'mine'], 'it keeps its own');
});

test('the messages of a closed tab are taken over by one other tab', async (t) => {
  const { clock, inTab, server } = begin(t);
  const gone = await inTab('gone');
  for (const id of ['a', 'b', 'c']) await gone.add(id);
  const others = [];
  for (const name of ['one', 'two', 'three']) others.push(await inTab(name));
  gone.end();
  await clock.pass(1500);
  const found = () => others.flatMap((tab) => tab.found());
  assert.deepEqual(found(), [], 'a tab that is reloaded has time to come back');
  await clock.pass(1000);
  await seen(() => found().length > 0, 'somebody has them');
  await Promise.all(others.map((tab) => tab.isOpen()));
  await clock.pass(SPARE);
  assert.deepEqual(found(), ['a', 'b', 'c']);
  const again = others.flatMap(({ id }) => server.ids(id)).filter((id) => !/^mark/.test(id));
  assert.deepEqual(again, ['a', 'b', 'c'], 'and sends them once, in order');
});

test('a reloaded tab keeps its own messages', async (t) => {
  const { clock, inTab } = begin(t);
  const other = await inTab('other');
  const tab = await inTab('tab');
  await tab.add('a');
  tab.end();
  await clock.pass(500);
  const next = await inTab('tab');
  assert.deepEqual(next.taken(), ['a']);
  await clock.pass(2 * SPARE);
  assert.deepEqual([other.found(), other.taken()], [[], []]);
  next.end();
  await clock.pass(SPARE);
  await seen(() => other.taken().includes('a'), 'until it is gone');
});

test('a tab that returns late knows which of its messages another tab has, and gets their results', async (t) => {
  const { clock, inTab, scope, server } = begin(t);
  const before = await noted();
  const first = await inTab('slow');
  for (const id of ['a', 'b', 'c']) await first.add(id);
  const other = await inTab('other');
  first.end();
  await clock.pass(SPARE);
  await seen(() => other.found().length === 3, 'the other has them');
  const back = await inTab('slow');
  assert.deepEqual(back.found(), ['a', 'b', 'c']);
  await clock.pass(3 * SPARE);
  assert.deepEqual(back.taken(), [], 'it does not send what the other has');
  server.accept('a');
  await seen(() => endOf(back, 'a').length === 1, 'it hears');
  assert.deepEqual(endOf(back, 'a'), [undefined]);
  back.client.cancel('b');
  await seen(() => endOf(other, 'b').length === 1, 'its wish is heard');
  assert.deepEqual([endOf(other, 'b'), endOf(back, 'b')], [['CANCELLED'], ['CANCELLED']]);
  await seen(async () => (await noted()) === before + 2, 'the disk knows it too');
  other.end();
  await clock.pass(SPARE);
  await seen(() => back.taken().includes('c'), 'and it has the rest back');
  assert.deepEqual(await onDisk(scope), ['c']);
});

test('a message that no tab has any more is reported as lost', async (t) => {
  const { clock, inTab, scope } = begin(t);
  const tab = await inTab('tab');
  await tab.add('nowhere');
  tab.page.hide();
  await eraseAll();
  tab.page.show();
  await tab.isOpen();
  await clock.pass(1500);
  assert.deepEqual(tab.taken(), ['nowhere'], 'another tab may have it, and has time to say so');
  await clock.pass(1000);
  await seen(() => tab.taken().length === 2, 'it is sent from here');
  assert.deepEqual(await onDisk(scope), ['nowhere'], 'and kept again');
});

test('a message that no tab has any more is reclaimed by one of two tabs that miss it', async (t) => {
  const { clock, inTab, scope, server } = begin(t);
  const tab = await inTab('tab');
  await tab.add('nowhere');
  const other = await inTab('other');
  tab.page.hide();
  await clock.pass(SPARE);
  await seen(() => other.taken().length === 1, 'it is taken over');
  other.page.hide();
  await eraseAll();
  tab.page.show();
  other.page.show();
  await tab.isOpen();
  await other.isOpen();
  await clock.pass(2 * SPARE);
  await seen(() => server.ids().filter((id) => id === 'nowhere').length > 2, 'it is sent again');
  assert.deepEqual(await onDisk(scope), ['nowhere'], 'by one of them');
  server.accept('nowhere');
  await seen(() => [tab, other].every((one) => endOf(one, 'nowhere').length === 1), 'both know');
});

test('a page that returns from the cache gets the results of messages that another tab took over', async (t) => {
  const { clock, inTab, server } = begin(t);
  const tab = await inTab('tab');
  await tab.add('ended');
  await tab.add('under way');
  const other = await inTab('other');
  tab.page.hide();
  await clock.pass(SPARE);
  await seen(() => other.taken().length === 2, 'it is taken over');
  server.accept('ended');
  await seen(() => endOf(other, 'ended').length === 1, 'one has ended');
  tab.page.show();
  await tab.isOpen();
  await clock.pass(500);
  await seen(() => endOf(tab, 'ended').length === 1, 'it asked, and was told');
  assert.deepEqual(endOf(tab, 'ended'), [undefined]);
  await clock.pass(2 * SPARE);
  assert.deepEqual(tab.taken(), ['ended', 'under way'], 'nothing is sent again');
  assert.deepEqual(tab.outbox(), ['under way']);
});

test('a message that another tab may have delivered is not reported as never sent', async (t) => {
  const { clock, inTab, scope, server } = begin(t);
  const other = await inTab('other');
  const tab = await inTab('tab');
  server.isUp = false;
  server.drop(tab.id);
  const sent = tab.client.send('send_message', {}, { id: 'a' });
  await seen(async () => (await onDisk(scope)).length === 1, 'it waits on disk');
  tab.page.hide();
  await clock.pass(SPARE);
  await seen(() => other.taken().includes('a'), 'another tab sends it');
  server.isUp = true;
  tab.page.show();
  await tab.isOpen();
  assert.deepEqual([tab.outbox(), tab.taken()], [['a'], []], 'it never left from here');
  tab.client.destroy();
  await assert.rejects(sent, { maybeDelivered: true });
});

test('a message that settled before its page was cached is not restored with the page', async (t) => {
  const { inTab, scope, server } = begin(t);
  const tab = await inTab('tab');
  await Promise.all(['a', 'b'].map((id) => tab.add(id)));
  server.accept('a');
  await seen(() => endOf(tab, 'a').length === 1, 'it has ended');
  tab.page.hide();
  tab.page.show();
  await tab.isOpen();
  await seen(() => tab.taken().length > 2, 'the other one is sent again');
  assert.deepEqual(tab.taken().slice(2), ['b']);
  server.accept('b');
  await seen(async () => (await onDisk(scope)).length === 0, 'both are gone');
});

/** Erases all that is on disk, behind the package's back. */
async function eraseAll() {
  const open = indexedDB.open('holdfast', 1);
  await new Promise((resolve) => {
    open.onsuccess = resolve;
  });
  const transaction = open.result.transaction(['segments', 'settled'], 'readwrite');
  for (const store of ['segments', 'settled']) transaction.objectStore(store).clear();
  await new Promise((resolve) => {
    transaction.oncomplete = resolve;
  });
  open.result.close();
}

test('a logout settles all messages at once, whatever happens to the page after it', async (t) => {
  const { inTab, leave: leaveIn, logOutAndLeave, scope } = begin(t);
  await leaveIn('tab', 'a');
  const before = read(scope);
  logOutAndLeave();
  assert.notEqual(read(scope), before, 'it is written by the time that the call returns');
  assert.deepEqual(await onDisk(scope), ['a'], 'the disk is as it was');
  const next = await inTab('tab');
  assert.deepEqual([next.found(), next.taken()], [[], []]);
  assert.deepEqual(endOf(next, 'a'), ['LOGGED_OUT']);
  await next.add('b');
  assert.deepEqual(await onDisk(scope), ['b'], 'the next life has cleaned it');
});

test('a logout erases the disk even if the keeper never opened the scope, or failed', async (t) => {
  const { inTab, leave: leaveIn, openTab, scope } = begin(t);
  await leaveIn('tab', 'a');
  const other = openTab({ name: 'tab' });
  await other.client.logout();
  assert.deepEqual(endOf(other, 'a'), ['LOGGED_OUT']);
  assert.deepEqual(await onDisk(scope), []);

  const failing = await inTab('failing');
  await failing.add('b');
  t.mock.method(IDBObjectStore.prototype, 'put', () => {
    throw new Error('full');
  });
  await failing.add('c');
  assert.deepEqual(failing.said.failed, ['full']);
  assert.deepEqual(await onDisk(scope), ['b'], 'this one was kept');
  t.mock.restoreAll();
  const generation = read(scope);
  await failing.client.logout();
  assert.notEqual(read(scope), generation);
  assert.deepEqual(await onDisk(scope), []);
  assert.deepEqual(
    failing.said.settled,
    ['b', 'c'].map((id) => [id, 'LOGGED_OUT']),
    'what was found is told once',
  );
});

test('a tab that opens during a logout in another tab restores no older messages', async (t) => {
  const { leave: leaveIn, openTab, scope } = begin(t);
  await leaveIn('tab', 'a');
  const tab = openTab({ name: 'tab' });
  const letGo = hold(tab);
  tab.open();
  await ready(tab);
  tab.send('early');
  // Another tab, of which nothing is heard.
  raise(scope);
  letGo();
  await seen(() => isOver(tab), 'it notices');
  assert.deepEqual(endOf(tab, 'early'), ['LOGGED_OUT'], 'it waits for nothing any more');
  assert.deepEqual([tab.found(), tab.taken()], [[], []]);
  await assert.rejects(
    tab.client.send('send_message', {}, { id: 'later' }),
    { code: 'LOGGED_OUT' },
    'nothing is taken before the next login',
  );
  tab.open();
  await tab.add('anew');
  assert.deepEqual(endOf(tab, 'a'), ['LOGGED_OUT'], 'what it had left is told, once');
  assert.deepEqual(tab.taken(), ['anew']);
  assert.deepEqual(await onDisk(scope), ['anew']);
});

test('a tab that waits to take over messages takes over none after a logout in another tab', async (t) => {
  const { clock, inTab, scope } = begin(t);
  const gone = await inTab('gone');
  await gone.add('a');
  const tab = await inTab('tab');
  gone.end();
  await clock.pass(1000);
  raise(scope);
  await clock.pass(1500);
  await seen(() => isOver(tab), 'it notices when it would adopt');
  assert.deepEqual([tab.found(), tab.taken()], [[], []]);
  tab.open();
  await tab.isOpen();
  assert.deepEqual(endOf(tab, 'a'), ['LOGGED_OUT']);
  await seen(async () => (await onDisk(scope)).length === 0, 'nothing of it is left');
});

test('a page that returns from the cache after a logout in another tab reclaims nothing', async (t) => {
  const { clock, inTab, scope } = begin(t);
  const tab = await inTab('tab');
  await tab.add('a');
  tab.page.hide();
  const other = await inTab('other');
  await other.client.logout();
  // It is the next session of this user that the page comes back into.
  other.open();
  await other.add('new');
  tab.page.show();
  await seen(() => isOver(tab), 'it notices');
  assert.deepEqual(endOf(tab, 'a'), ['LOGGED_OUT']);
  await clock.pass(SPARE);
  assert.deepEqual(tab.taken(), ['a'], 'once, before the logout');
  assert.deepEqual(await onDisk(scope), ['new'], 'the next session is left alone');
  await tab.isOpen();
  assert.deepEqual(tab.found(), [], 'which this page is in from now on');
});

test('a logout ends the sessions of other tabs, but not one that began after it', async (t) => {
  const { inTab, scope } = begin(t);
  const one = await inTab('one');
  const other = await inTab('other');
  const started = other.client.logout();
  other.open();
  await started;
  await seen(() => isOver(one), 'it hears');
  const late = new BroadcastChannel(`holdfast ${scope} `);
  late.postMessage({ over: read(scope) });
  late.close();
  await other.isOpen();
  await other.add('a');
  assert.deepEqual(await onDisk(scope), ['a']);
  assert.equal(isOver(other), false, 'what it hears is of the logout before its own login');
});

test('an idle tab learns of a logout at once', async (t) => {
  const { clock, inTab } = begin(t);
  // The end of a lock would say so too, and a timer a while later.
  const one = await inTab('one', { hasLocks: false });
  const other = await inTab('other', { hasLocks: false });
  await one.isOpen();
  const start = clock.now();
  await other.client.logout();
  await seen(() => isOver(one), 'it hears');
  assert.ok(clock.now() - start < 2500);
});

test('a localStorage that the app clears at a logout restores no messages', async (t) => {
  const { inTab, leave: leaveIn, logOutAndLeave } = begin(t);
  await leaveIn('tab', 'a');
  logOutAndLeave();
  storage.clear();
  const next = await inTab('tab');
  assert.deepEqual([next.found(), next.taken()], [[], []]);
  assert.deepEqual(endOf(next, 'a'), ['LOGGED_OUT']);
});

test('two tabs that begin the first generation concurrently agree on one', async (t) => {
  const { openTab, scope } = begin(t);
  const tab = openTab();
  const letGo = hold(tab);
  tab.open();
  await ready(tab);
  tab.send('early');
  // A value that another process wrote is visible a moment later.
  const first = beginFirst(scope);
  const key = [...values.keys()].find((one) => values.get(one) === String(first));
  values.set(key, String(first + 65536));
  letGo();
  await seen(() => tab.taken().length === 1, 'it leaves');
  assert.equal(isOver(tab), false);
  const [[, , , generation]] = (await segments()).filter(([[name]]) => name === scope);
  assert.equal(generation, first + 65536);
});

test('without a working localStorage nothing is saved, and that is reported once', async (t) => {
  const { openTab, scope } = begin(t);
  const tab = openTab();
  faults.write = true;
  t.after(() => {
    faults.write = false;
  });
  tab.open();
  await tab.add('a');
  assert.match(tab.said.failed.join(), /localStorage/);
  await tab.add('b');
  assert.equal(tab.said.failed.length, 1);
  assert.deepEqual(await onDisk(scope), []);
  await tab.client.logout();
  faults.write = false;
  tab.open();
  await tab.add('c');
  assert.deepEqual(await onDisk(scope), ['c'], 'it is tried again with the next opening');
});

test('without a user nothing is saved, and no message waits for storage', async (t) => {
  const { openTab } = begin(t);
  const before = await segments();
  const tab = openTab({ user: undefined });
  tab.send('early');
  tab.open();
  await seen(() => tab.taken().length === 1, 'it leaves');
  await tab.add('a');
  assert.deepEqual(tab.said.failed, []);
  assert.deepEqual(await segments(), before);
});

test('without a BroadcastChannel nothing is saved, and no message waits', async (t) => {
  const { clock, openTab, scope } = begin(t);
  class Forbidden {
    constructor() {
      throw new Error('SecurityError');
    }
  }
  const tab = openTab({ globals: { BroadcastChannel: Forbidden } });
  const start = clock.now();
  tab.open();
  await tab.add('a');
  assert.ok(clock.now() - start < 4000, 'it does not wait for what cannot open');
  assert.deepEqual(await onDisk(scope), []);
  assert.deepEqual(tab.said.failed, ['SecurityError']);
});

const kept = (id) => ({
  id,
  event: 'send_message',
  data: { _tempId: id },
  lane: 'bob',
  strict: false,
  expiresAt: Date.now() + 60_000,
});
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

test('messages of version 1 are found, unless the tab that sent them is still open', async (t) => {
  const { inTab, locks, openTab, scope } = begin(t, 'v1');
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
  const tab = openTab({ name: 'tab' });
  tab.send('early');
  tab.open();
  await seen(() => tab.taken().includes('early'), 'it leaves');
  assert.deepEqual(tab.found().sort(), ['a', 'b', 'c']);
  assert.deepEqual(tab.taken().sort(), ['a', 'b', 'c', 'early']);
  assert.equal(tab.taken().at(-1), 'early', 'what was left is older');
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
  const next = await inTab('tab');
  assert.equal(next.found().length, 4, 'once');
});

test("without Web Locks only this tab's own journal of version 1 is moved", async (t) => {
  const { openTab } = begin(t, 'v2');
  await leaveFormer([['http://h v2', 'tab'], ['a']], [['http://h v2', 'other'], ['b']]);
  const tab = openTab({ name: 'tab', hasLocks: false }).open();
  await tab.isOpen();
  assert.deepEqual(tab.found(), ['a']);
  assert.deepEqual(await onDisk('http://h v2'), ['b']);
});

test('messages of version 1 end with a logout, even before they were found', async (t) => {
  const { inTab, logOutAndLeave, openTab, scope } = begin(t, 'v3');
  beginFirst(scope);
  await leaveFormer([['http://h v3', 'tab'], ['a']], [['http://h v4', 'tab'], ['b']]);
  logOutAndLeave();
  const next = await inTab('tab');
  assert.deepEqual([next.found(), endOf(next, 'a')], [[], ['LOGGED_OUT']]);
  await next.add('a sign');
  assert.deepEqual(await onDisk('http://h v3'), []);
  await openTab({ name: 'tab', user: 'v4' }).client.logout();
  assert.deepEqual(await onDisk('http://h v4'), []);
});
