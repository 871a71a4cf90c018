// Messages on disk are neither lost nor sent twice, whatever fails in their page: storage that is full, an engine that dies,
// a missing browser API, and tabs that are duplicates or have no link.

import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import test from 'node:test';
import { kept } from '../../support/disk.mjs';
import { begin, hold, onDisk, seen } from './tab-kit.mjs';

const SPARE = 2100;

/** Writing fails so many times, as where the disk is full. Answers a function that asks how often it did. */
function fillDisk(t, times) {
  const { put } = IDBObjectStore.prototype;
  let failed = 0;
  t.mock.method(IDBObjectStore.prototype, 'put', function (...args) {
    if (failed >= times) return put.apply(this, args);
    failed += 1;
    // Some browsers say nothing more than its name.
    throw new DOMException('', 'QuotaExceededError');
  });
  return () => failed;
}

/** Sends in one turn, so that all is in one segment. */
async function sendAll(tab, ...ids) {
  for (const id of ids) tab.send(id);
  await seen(() => ids.every((id) => tab.taken().includes(id)), 'all of them left');
}

for (const [times, what] of [
  [1, 'one write failed'],
  [3, 'some writes failed'],
  [Infinity, 'every write fails'],
]) {
  test(`a message that settles after ${what} is not sent after a reload`, async (t) => {
    const { clock, inTab, scope, server } = begin(t);
    const tab = await inTab('tab');
    await sendAll(tab, 'delivered', 'cancelled', 'waits');
    const failures = fillDisk(t, times);
    await tab.add('in memory');
    assert.ok(failures() > 0);
    assert.equal(tab.said.failed.length, 1);
    assert.deepEqual(await onDisk(scope), ['delivered', 'cancelled', 'waits']);
    server.accept('delivered');
    tab.client.cancel('cancelled');
    await seen(() => tab.said.settled.length === 2, 'both have settled');
    // What fails is tried again, less and less often.
    for (let tries = 0; tries < 4; tries += 1) await clock.pass(10_000);
    assert.deepEqual(tab.outbox(), ['waits', 'in memory'], 'the others are as they were');
    tab.end();
    t.mock.restoreAll();

    const next = await inTab('tab');
    // Where no list can be written its segment goes: what waits is in memory too.
    const left = times < 3 ? ['waits'] : [];
    assert.deepEqual(next.taken(), left);
    assert.deepEqual(await onDisk(scope), left.length ? ['delivered', 'cancelled', 'waits'] : []);
  });
}

test('after a failed write, new messages are saved again only after a reload', async (t) => {
  const { inTab, scope } = begin(t);
  fillDisk(t, 1);
  const tab = await inTab('tab');
  for (const id of ['a', 'b']) await tab.add(id);
  assert.equal(tab.said.failed.length, 1, 'it is told once');
  assert.deepEqual(await onDisk(scope), []);
  tab.end();
  const next = await inTab('tab');
  await next.add('c');
  assert.deepEqual(await onDisk(scope), ['c']);
});

test('a write that hangs delays no message, and later messages are saved once it has ended', async (t) => {
  const { clock, inTab, scope } = begin(t);
  const tab = await inTab('tab');
  const { transaction } = IDBDatabase.prototype;
  let complete = () => {};
  t.mock.method(IDBDatabase.prototype, 'transaction', function (...args) {
    const real = transaction.apply(this, args);
    // Its end is not told, as when the browser's storage has stopped to answer.
    const told = new Promise((resolve) => {
      complete = resolve;
    });
    Object.defineProperty(real, 'oncomplete', {
      set: (fn) => real.addEventListener('complete', () => told.then(fn)),
    });
    return real;
  });
  tab.send('a');
  await clock.pass(9_000);
  assert.deepEqual(tab.taken(), []);
  await clock.pass(2_000);
  await seen(() => tab.taken().join() === 'a', 'it leaves');
  await tab.add('b');
  assert.deepEqual(tab.said.failed, ['the storage does not answer']);
  t.mock.restoreAll();
  complete();
  await seen(async () => {
    await tab.add(`later ${tab.taken().length}`);
    return (await onDisk(scope)).some((id) => /later/.test(id));
  }, 'it is kept again');
  assert.equal(tab.said.failed.length, 1);
  tab.end();
  const next = await inTab('tab');
  assert.deepEqual(next.taken().slice(0, 1), ['a'], 'what hung was written after all');
});

test('a message that settles while it is being saved is not sent after a reload', async (t) => {
  const { inTab, scope } = begin(t);
  const tab = await inTab('tab');
  tab.send('a');
  // Its group is gathered in this turn, and the write has begun.
  await Promise.resolve().then(() => Promise.resolve());
  tab.client.cancel('a');
  tab.send('b');
  await seen(() => tab.taken().includes('b'), 'the next one leaves');
  await seen(async () => (await onDisk(scope)).join() === 'b', 'the first one is gone');
  tab.end();
  const next = await inTab('tab');
  assert.deepEqual(next.taken(), ['b']);
});

test('a message that cannot be restored is reported, and erased from disk', async (t) => {
  const { leave, openTab, scope } = begin(t);
  await leave('tab', 'a');
  const tab = openTab({ name: 'tab' });
  // Another message under the same id, before it is known what is on disk.
  tab.send('a', { data: { text: 'another one' }, durable: false });
  tab.open();
  await seen(() => tab.said.settled.length === 1, 'it is told');
  assert.deepEqual(tab.said.settled, [['a', 'DUPLICATE_ID']]);
  await seen(async () => (await onDisk(scope)).length === 0, 'it is gone');
  await seen(() => tab.taken().length === 1, 'the other one leaves');
});

test('reports of another tab settle only messages that it has', async (t) => {
  const { inTab, scope } = begin(t);
  const tab = await inTab('tab');
  await tab.add('a');
  const channel = new BroadcastChannel(`holdfast ${scope} `);
  channel.postMessage({ settled: { id: 'a', success: true, retryable: false } });
  channel.postMessage({ name: 'a tab that opens', isNew: true });
  // It has heard both once it answers the second one.
  await new Promise((resolve) => {
    channel.onmessage = resolve;
  });
  channel.close();
  await tab.isOpen();
  assert.deepEqual([tab.outbox(), tab.said.settled], [['a'], []]);
});

/** A WebAssembly whose module traps once a test says so, or which is forbidden. */
function brittle() {
  const state = { isForbidden: false, isBroken: false };
  const Module = class extends WebAssembly.Module {
    constructor(bytes) {
      if (state.isForbidden) throw new WebAssembly.CompileError('unsafe-eval is not allowed');
      super(bytes);
    }
  };
  function Instance(module, imports) {
    const { exports } = new WebAssembly.Instance(module, imports);
    const tell = (...args) => {
      if (state.isBroken) throw new WebAssembly.RuntimeError('unreachable');
      return exports.driver_tell(...args);
    };
    return { exports: { ...exports, driver_tell: tell } };
  }
  return { state, globals: { WebAssembly: { Module, Instance }, reportError: () => {} } };
}

const FIVE = ['1', '2', '3', '4', '5'];

test('a dead engine leaves the messages on disk, and they are sent after a reload', async (t) => {
  const { inTab, openTab, scope, server } = begin(t);
  const { state, globals } = brittle();
  const tab = openTab({ name: 'tab', globals }).open();
  await tab.isOpen();
  server.isUp = false;
  server.drop();
  for (const id of FIVE) tab.send(id);
  await seen(async () => (await onDisk(scope)).length === 5, 'they are on disk');
  state.isBroken = true;
  tab.send('6');
  await seen(() => tab.said.settled.length >= 5, 'they end here');
  assert.deepEqual(tab.outbox(), []);
  assert.ok(tab.said.errors.some(({ code }) => code === 'ENGINE_DEAD'));
  tab.client.destroy();
  tab.end();
  assert.deepEqual(await onDisk(scope), FIVE);
  server.isUp = true;
  const next = await inTab('tab');
  assert.deepEqual(next.taken(), FIVE);
});

test('a dead engine releases its lock, and another tab takes over its messages', async (t) => {
  const { clock, inTab, openTab, scope, server } = begin(t);
  const { state, globals } = brittle();
  const tab = openTab({ name: 'tab', globals }).open();
  await tab.isOpen();
  const other = await inTab('other');
  server.drop(tab.id);
  tab.send('a');
  await seen(async () => (await onDisk(scope)).length === 1, 'it is on disk');
  state.isBroken = true;
  tab.send('b');
  await seen(() => tab.said.errors.some(({ code }) => code === 'ENGINE_DEAD'), 'it is dead');
  await clock.pass(SPARE);
  await seen(() => other.taken().includes('a'), 'the other sends it');
});

test('where WebAssembly cannot run, messages stay on disk until it can', async (t) => {
  const { inTab, leave, openTab, scope } = begin(t);
  await leave('tab', ...FIVE);
  const { state, globals } = brittle();
  state.isForbidden = true;
  const tab = openTab({ name: 'tab', globals }).open();
  const sent = tab.client.send('send_message', {});
  tab.client.destroy();
  await assert.rejects(sent, { code: 'CLOSED' });
  tab.end();
  assert.deepEqual(await onDisk(scope), FIVE);
  const next = await inTab('tab');
  assert.deepEqual(next.taken(), FIVE);
});

test('without Web Locks, a duplicate of a tab does not send the messages of the original', async (t) => {
  const { clock, inTab, openTab, scope, server } = begin(t);
  const first = await inTab('tab', { hasLocks: false });
  await first.add('a');
  const copy = openTab({ session: new Map(first.page.session), hasLocks: false }).open();
  await copy.isOpen();
  await clock.pass(SPARE);
  assert.deepEqual([copy.found(), copy.taken()], [[], []]);
  assert.notEqual(copy.page.session.get('holdfast'), first.page.session.get('holdfast'));
  await copy.add('b');
  assert.deepEqual((await onDisk(scope)).sort(), ['a', 'b']);
  assert.deepEqual([server.ids(first.id), server.ids(copy.id)].flat().filter(isA), ['a']);
  // Each finds its own after a reload.
  for (const [tab, own] of [
    [first, 'a'],
    [copy, 'b'],
  ]) {
    tab.end();
    const next = openTab({ session: tab.page.session, hasLocks: false }).open();
    await next.isOpen();
    assert.deepEqual(next.taken(), [own]);
  }
});

const isA = (id) => id === 'a';

test('without Web Locks a tab and its duplicate that open together share nothing', async (t) => {
  const { leave, openTab } = begin(t);
  await leave('tab', 'a');
  const tabs = ['one', 'other'].map(() => openTab({ name: 'tab', hasLocks: false }).open());
  await Promise.all(tabs.map((tab) => tab.isOpen()));
  const sent = tabs.flatMap((tab) => tab.taken());
  assert.ok(sent.length <= 1, `sent ${sent.length} times`);
  const [one, other] = tabs.map((tab) => tab.page.session.get('holdfast'));
  assert.notEqual(one, other);
});

test('a client that its app disconnected takes over no messages while another tab has a link', async (t) => {
  const { clock, inTab } = begin(t);
  const idle = await inTab('idle');
  idle.client.disconnect();
  const gone = await inTab('gone');
  await gone.add('a');
  const linked = await inTab('linked');
  gone.end();
  await clock.pass(SPARE);
  await seen(() => linked.taken().includes('a'), 'the one with a link sends it');
  await clock.pass(SPARE);
  assert.deepEqual(idle.found(), []);
});

test('a client without a link takes over the messages of a closed tab once it connects', async (t) => {
  const { clock, inTab } = begin(t);
  const idle = await inTab('idle');
  const gone = await inTab('gone');
  await gone.add('a');
  idle.client.disconnect();
  gone.end();
  await clock.pass(2 * SPARE);
  assert.deepEqual(idle.found(), []);
  idle.open();
  await seen(() => idle.taken().includes('a'), 'it is sent');
});

test('without AbortSignal.timeout, waiting messages are restored after a reload', async (t) => {
  const { inTab, openTab } = begin(t);
  const globals = { AbortSignal: class {} };
  const before = openTab({ name: 'tab', globals }).open();
  await before.isOpen();
  await before.add('a');
  // The page before has its lock for a moment longer.
  setTimeout(before.end, 50);
  const after = await inTab('tab', { globals });
  assert.deepEqual(after.taken(), ['a']);
  assert.equal(after.page.session.get('holdfast'), 'tab');
});

test('a duplicate of a tab waits only briefly for its original, and then uses its own journal', async (t) => {
  const { clock, inTab, openTab } = begin(t);
  const first = await inTab('tab');
  await first.add('a');
  const copy = openTab({ name: 'tab' }).open();
  await seen(() => copy.client.getState().isReady, 'the link is ready');
  await seen(() => copy.page.locksWanted.length > 0, 'it asks for the lock');
  await clock.pass(250);
  await copy.isOpen();
  assert.deepEqual([copy.found(), copy.taken()], [[], []]);
  assert.notEqual(copy.page.session.get('holdfast'), 'tab');
});

test('an exceeded quota is reported as such', async (t) => {
  const { inTab } = begin(t);
  fillDisk(t, 1);
  const tab = await inTab('tab');
  await tab.add('a');
  const [{ message }] = tab.said.errors.filter(({ code }) => code === 'STORAGE_FAILED');
  assert.match(message, /QuotaExceededError/);
});

test('a message that expired while no tab was open is reported', async (t) => {
  const { clock, inTab, leave } = begin(t);
  await leave('tab', 'a', 'b');
  await clock.pass(2 * 24 * 3600 * 1000);
  const next = await inTab('tab');
  await seen(() => next.said.settled.length === 2, 'both are told');
  assert.deepEqual(next.said.settled.map(String), ['a,EXPIRED', 'b,EXPIRED']);
  assert.deepEqual(next.taken(), []);
});

test('a journal that could not be taken over is taken over later', async (t) => {
  const { clock, inTab, leave } = begin(t);
  await leave('gone', 'a');
  const failures = fillDisk(t, 1);
  const tab = await inTab('tab');
  await seen(() => failures() === 1, 'it could not be written');
  assert.deepEqual(tab.taken(), []);
  await clock.pass(11_000);
  await seen(() => tab.taken().join() === 'a', 'it is sent');
});

for (const [what, end] of [
  ['cancelled', { cancel: 'a' }],
  ['told the end of', { settled: { id: 'a', success: false, code: 'EXPIRED' } }],
]) {
  test(`a message that another tab has ${what} is not taken over after that`, async (t) => {
    const { clock, inTab, leave, scope } = begin(t);
    await leave('gone', 'a', 'b');
    const [[, messages]] = await kept(scope);
    const failures = fillDisk(t, 1);
    const tab = await inTab('tab');
    await seen(() => failures() === 1, 'it could not be written');
    const other = new BroadcastChannel(`holdfast ${scope} `);
    t.after(() => other.close());
    other.postMessage({ ...end, as: 'of another tab', until: messages[0].expiresAt });
    await clock.pass(11_000);
    await seen(() => tab.taken().join() === 'b', 'the other one is sent');
    assert.deepEqual(tab.outbox(), ['b']);
    assert.deepEqual(tab.said.settled, [], 'nor told once more');
    tab.end();
    const next = await inTab('tab');
    assert.deepEqual(next.taken(), ['b'], 'it is not on disk any more');
  });
}

test('a result in one tab reaches a tab that is just taking the message over', async (t) => {
  const { clock, inTab, scope, server } = begin(t);
  const tab = await inTab('tab');
  for (const id of ['cancelled', 'delivered']) await tab.add(id);
  const messages = (await kept(scope)).flatMap(([, all]) => all);
  const until = Object.fromEntries(messages.map(({ id, expiresAt }) => [id, expiresAt]));
  const other = await inTab('other');
  tab.page.hide();
  await clock.pass(SPARE);
  await seen(() => other.taken().length === 2, 'the other tab has both');
  tab.page.show();
  await tab.isOpen();
  const heard = [];
  const channel = new BroadcastChannel(`holdfast ${scope} `);
  t.after(() => channel.close());
  channel.onmessage = ({ data }) => heard.push(data);
  tab.client.cancel('cancelled');
  await seen(() => heard.some(({ cancel }) => cancel === 'cancelled'), 'the wish to cancel');
  server.accept('delivered');
  await seen(() => heard.some(({ settled }) => settled?.id === 'delivered'), 'the end');
  for (const note of heard.filter(({ cancel, settled }) => cancel || settled)) {
    // It names what is on disk: ids may be used again.
    assert.equal(note.until, until[note.cancel ?? note.settled.id], JSON.stringify(note));
  }
});

test('a logout whose storage opens late leaves the saved messages of the next session', async (t) => {
  const { inTab, leave, openTab, scope } = begin(t);
  await leave('slow', 'old');
  const slow = openTab({ name: 'slow' });
  const letGo = hold(slow);
  const isClean = slow.client.logout();
  const other = await inTab('other');
  await other.add('new');
  letGo();
  await isClean;
  assert.deepEqual(await onDisk(scope), ['new']);
});

test('messages of one user are not given to the next user, who is named before they are read', async (t) => {
  const { leave, openTab } = begin(t);
  await leave('tab', 'of the first');
  let credentials = Promise.resolve({});
  const tab = openTab({ name: 'tab', options: { auth: () => credentials } });
  const letGo = hold(tab);
  tab.open();
  await seen(() => tab.client.getState().isReady, 'the link is ready');
  // The next user's are late, and until they are there nothing of his is opened.
  let grant = () => {};
  credentials = new Promise((resolve) => {
    grant = () => resolve({});
  });
  tab.open('the next user');
  await seen(() => !tab.client.getState().isConnected, 'the link of the first user ends');
  letGo();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(tab.outbox(), []);
  grant();
  await tab.isOpen();
  assert.deepEqual(tab.taken(), []);
});

test('a message of the same id in a third tab is not cancelled with the one that another tab took over', async (t) => {
  const { clock, inTab, scope } = begin(t);
  const tab = await inTab('tab');
  await tab.add('1', { data: { text: 'of the first' } });
  const other = await inTab('other');
  tab.page.hide();
  await clock.pass(SPARE);
  await seen(() => other.taken().includes('1'), 'it is taken over');
  const third = await inTab('third');
  await third.add('1', { data: { text: 'of the third' } });
  tab.page.show();
  await tab.isOpen();
  tab.client.cancel('1');
  await seen(() => other.outbox().length === 0, 'it is cancelled where it is');
  assert.deepEqual([third.outbox(), third.said.settled], [['1'], []]);
  assert.deepEqual(await onDisk(scope), ['1'], 'that of the third tab');
});

test("another tab's message of the same id says nothing about how this one ended", async (t) => {
  const { clock, inTab, server } = begin(t);
  const tab = await inTab('tab');
  await tab.add('1', { data: { text: 'of the first' } });
  const other = await inTab('other');
  await other.add('1', { data: { text: 'of the other' } });
  tab.page.hide();
  await clock.pass(SPARE);
  await seen(() => other.said.errors.length > 0, 'it cannot have both');
  server.accept('1');
  await seen(() => other.outbox().length === 0, 'its own has ended');
  tab.page.show();
  await tab.isOpen();
  await clock.pass(2 * SPARE);
  await seen(() => tab.taken().length === 2, 'the first tab sends its own again');
  assert.deepEqual(tab.said.settled, []);
});

test('a message that settled here and is found on disk again is not reported again', async (t) => {
  const { clock, inTab, scope } = begin(t);
  const tab = await inTab('tab');
  await tab.add('a');
  const other = await inTab('other');
  tab.page.hide();
  await clock.pass(SPARE);
  await seen(() => other.taken().includes('a'), 'it is taken over');
  other.end();
  await clock.pass(25 * 3600 * 1000);
  tab.page.show();
  await tab.isOpen();
  await clock.pass(2 * SPARE);
  await seen(async () => (await onDisk(scope)).length === 0, 'it is gone');
  assert.deepEqual(tab.said.settled.map(String), ['a,EXPIRED']);
});
