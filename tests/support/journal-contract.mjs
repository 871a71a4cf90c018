// The records of the journal on disk, for any storage: tabs run the whole package, and the tests read the records. The
// functions run in Node on a storage in memory, and in a browser on its disk. Each test has its own user.

import { formerSegments, openDatabase } from '../../pkg-template/shell/disk.js';
import { raise, read } from '../../pkg-template/shell/generations.js';
import { endpointOf, scopeOf } from '../../pkg-template/shell/scope.js';
import { createOrigin, seen } from './tabs.mjs';

/** Longer than the time after which the journal of a closed tab is taken over. */
const GRACE_MS = 2100;

/** Throws unless it holds. @param {boolean} holds @param {string} what */
function check(holds, what) {
  if (!holds) throw new Error(`does not hold: ${what}`);
}

const same = (actual, expected, what) => {
  const [left, right] = [actual, expected].map((value) => JSON.stringify(value));
  check(left === right, `${what}: ${left} is not ${right}`);
};

/** A message as it is on disk. @param {string | number} id @param {object} [more] */
const kept = (id, more = {}) => ({
  id: String(id),
  event: 'send_message',
  data: { text: `of ${id}`, _tempId: String(id) },
  lane: 'bob',
  strict: false,
  expiresAt: Date.now() + 60_000,
  ...more,
});
const range = (count) => Array.from({ length: count }, (_, n) => n);

const openRaw = () =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open('holdfast', 1);
    request.onupgradeneeded = () => {
      for (const store of ['segments', 'settled']) request.result.createObjectStore(store);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const done = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(undefined);
    transaction.onabort = () => reject(transaction.error);
  });

/** The keys and values of an object store whose keys begin with `start`. */
async function recordsOf(database, name, ...start) {
  const store = database.transaction(name).objectStore(name);
  const within = IDBKeyRange.bound(start, [...start, []]);
  const [keys, values] = [store.getAllKeys(within), store.getAll(within)];
  await done(store.transaction);
  return keys.result.map((key, index) => [key, values.result[index]]);
}

/**
 * Opens an origin, with the helpers that the tests share.
 *
 * @param {string} code the bundle of `TAB`
 * @param {string} user
 */
async function begin(code, user) {
  const origin = createOrigin(code);
  const scope = scopeOf(endpointOf(origin.url), user);
  const database = await openRaw();
  const tabs = [];
  const records = async (name, of = scope, ...more) =>
    (await recordsOf(database, name, of, ...more)).map(([, value]) => value);
  const onDisk = async (of = scope, ...more) =>
    (await records('segments', of, ...more)).flatMap(({ messages = [] }) =>
      messages.map(({ id }) => id),
    );
  const openTab = (options) => {
    const tab = origin.openTab({ user, ...options });
    tabs.push(tab);
    return tab;
  };
  return {
    ...origin,
    user,
    scope,
    records,
    onDisk,
    openTab,
    inTab: (name, options) =>
      openTab({ name, ...options })
        .open()
        .isOpen(),
    async put(name, key, value) {
      const transaction = database.transaction(name, 'readwrite');
      transaction.objectStore(name).put(value, key);
      await done(transaction);
    },
    /** Sends all of these in one turn, and resolves when the server has received them. */
    async sendAll(tab, ids, more = () => ({})) {
      for (const id of ids) tab.send(id, more(id));
      await seen(() => ids.every((id) => tab.taken().includes(String(id))), 'all of them left');
    },
    listed: (count) => seen(async () => (await records('settled')).length === count, 'it is noted'),
    end() {
      for (const tab of tabs) tab.end();
      database.close();
    },
  };
}

/** @typedef {Awaited<ReturnType<typeof begin>>} Kit */

/** @type {Record<string, (kit: Kit) => Promise<void>>} */
const CONTRACT = {
  async 'a reload restores the saved messages unchanged and in order'({ inTab, records, sendAll }) {
    const bytes = new Uint8Array([1, 2, 255]);
    const data = {
      text: 'ü \u{1f600}',
      bytes,
      buffer: bytes.buffer.slice(0),
      none: null,
      deep: [{}],
    };
    const tab = await inTab('tab');
    const given = { 2: { data }, 1: {}, 3: { strict: true, lane: 'bob' } };
    await sendAll(tab, [2, 1, 3], (id) => given[id]);
    await tab.add(0);
    tab.end();
    const next = await inTab('tab');
    same(next.found(), ['2', '1', '3', '0'], 'in the order in which they were added');
    const [first, , third] = next.waiting();
    check(first.data.bytes instanceof Uint8Array, 'a typed array stays one');
    same([...first.data.bytes], [1, 2, 255], 'bytes');
    same([...new Uint8Array(first.data.buffer)], [1, 2, 255], 'a buffer');
    same([first.data.text, first.data.none, first.data.deep], [data.text, null, [{}]], 'the rest');
    check(third.lane === 'bob' && third.event === 'send_message', 'its settings');
    const [group] = await records('segments');
    same(
      group.messages.map(({ strict }) => strict),
      [false, false, true],
      'whether it is strict',
    );
  },

  async 'a message leaves only after it is on disk'(kit) {
    const { onDisk, openTab, server } = kit;
    const seenThen = [];
    server.take = () => seenThen.push(onDisk());
    const tab = openTab({ name: 'tab' }).open();
    await tab.add(1);
    same(await seenThen[0], ['1'], 'the segment is there when it leaves');
  },

  async 'a settled message is not restored and leaves no record'(kit) {
    const { inTab, listed, onDisk, records, sendAll, server } = kit;
    const tab = await inTab('tab');
    await sendAll(tab, range(5));
    for (const id of ['0', '3', '3']) server.accept(id);
    await listed(1);
    await seen(async () => (await records('settled'))[0].length === 2, 'both are noted');
    same((await records('settled'))[0].sort(), [0, 3], 'which have settled');
    tab.end();
    const next = await inTab('tab');
    same(next.found(), ['1', '2', '4'], 'what is left');
    for (const id of next.found()) server.accept(id);
    await seen(async () => (await onDisk()).length === 0, 'nothing is left');
    same(await records('settled'), [], 'no list of what settled');
  },

  async 'many messages share few records and keep one order'(kit) {
    const { clock, inTab, records, sendAll, scope } = kit;
    const tab = await inTab('tab');
    const ids = range(1001).map(String);
    await sendAll(tab, ids);
    same((await records('segments')).length, 5, 'segments');
    same(
      (await records('segments')).map(({ messages }) => messages.length),
      [250, 250, 250, 250, 1],
      'of so many each',
    );
    tab.end();
    const next = await inTab('tab');
    same(next.found(), ids, 'in order');
    next.end();
    const other = await inTab('other');
    await clock.pass(GRACE_MS);
    await seen(() => other.found().length === 1001, 'it is taken over');
    same(other.found(), ids, 'adopted in order');
    same((await records('segments', scope, 'other')).length, 5, 'segments of the other');
    same(await records('segments', scope, 'tab'), [], 'nothing is left there');
  },

  async 'a message that is taken over is in one journal only and names its first journal'(kit) {
    const { clock, inTab, listed, onDisk, records, scope, sendAll, server } = kit;
    const mine = await inTab('mine');
    await mine.add('m');
    const other = await inTab('other');
    await sendAll(other, ['a', 'b', 'c']);
    server.accept('b');
    await listed(1);
    other.end();
    await clock.pass(GRACE_MS);
    await seen(() => mine.found().length === 2, 'it is taken over');
    same(mine.found(), ['a', 'c'], 'what had not settled');
    same(await onDisk(scope, 'other'), [], 'nothing is left there');
    same(await records('settled', scope, 'other'), [], 'no list either');
    server.accept('a');
    await listed(1);
    const third = await inTab('third');
    mine.end();
    await clock.pass(GRACE_MS);
    await seen(() => third.found().length === 2, 'it is taken over');
    const [{ messages }] = await records('segments', scope, 'third');
    same(
      messages.map(({ id, from }) => [id, from]),
      [
        ['m', 'mine'],
        ['c', 'other'],
      ],
      'whose it was first',
    );
    const back = await inTab('other');
    same([back.found(), back.taken()], [['c'], []], 'who has it now');
  },

  async 'scopes are independent of each other'({ inTab, onDisk, openTab, scope, url, user }) {
    const users = [user, `${user} 2`, `${user},tab`];
    for (const [index, one] of users.entries()) {
      const tab = await inTab('tab', { user: one });
      await tab.add(index);
      tab.end();
    }
    await openTab({ name: 'other' }).client.logout();
    const scopes = users.map((one) => scopeOf(endpointOf(url), one));
    same(scopes[0], scope, 'the first one is this');
    same(
      await Promise.all(scopes.map((one) => onDisk(one))),
      [[], ['1'], ['2']],
      'only its own is deleted',
    );
  },

  async 'a dropped message is not written any more'({ inTab, records, server }) {
    const tab = await inTab('tab');
    await tab.add(1);
    await tab.add(2);
    server.accept('1');
    await seen(() => tab.said.settled.length === 1, 'it has settled');
    tab.send(3);
    await tab.client.logout();
    await tab.open().isOpen();
    same(await records('segments'), [], 'no message');
    same(await records('settled'), [], 'no list');
  },

  async 'messages that a logout ended settle and are erased when they are read, in any journal'(
    kit,
  ) {
    const { inTab, listed, records, scope, sendAll, server } = kit;
    const before = await inTab('tab');
    await sendAll(before, range(3));
    server.accept('0');
    await listed(1);
    before.end();
    const held = await inTab('other');
    await held.add(3);
    held.end();
    const generation = raise(scope);
    const after = await inTab('tab');
    same([after.found(), after.taken()], [[], []], 'all of it was sent before');
    await after.add(4);
    same(
      after.said.settled.sort(),
      ['1', '2', '3'].map((id) => [id, 'LOGGED_OUT']),
      'what had not settled',
    );
    same(
      (await records('segments')).map((one) => one.generation),
      [generation],
      'nothing of before it is on disk',
    );
    same(await records('settled'), [], 'no list');
    after.end();
    same((await inTab('tab')).found(), ['4'], 'what was sent after it');
  },

  async 'messages that a logout ended settle and are erased when they are taken over'(kit) {
    const { clock, inTab, onDisk, put, scope } = kit;
    const first = /** @type {number} */ (raise(scope));
    raise(scope);
    const mine = await inTab('mine');
    const other = await inTab('other');
    // A tab that does not know of the logout goes on writing.
    const messages = [kept(1), kept(2)];
    await put('segments', [scope, 'other', 1], { version: 2, generation: first, messages });
    other.end();
    await clock.pass(GRACE_MS);
    await seen(() => mine.said.settled.length === 2, 'they are told');
    same(
      mine.said.settled,
      ['1', '2'].map((id) => [id, 'LOGGED_OUT']),
      'as what they are',
    );
    same([mine.found(), mine.taken()], [[], []], 'nothing is taken over');
    await seen(async () => (await onDisk()).length === 0, 'and not on disk any more');
  },

  async 'a journal of an ended generation restores nothing and leaves later messages alone'(kit) {
    const { inTab, onDisk, openTab, scope } = kit;
    const tab = await inTab('tab');
    await tab.add(1);
    tab.end();
    const slow = openTab({ name: 'tab' });
    let letGo = () => {};
    slow.page.gate = new Promise((resolve) => {
      letGo = () => resolve(undefined);
    });
    slow.open();
    await seen(() => slow.client.getState().isReady, 'the link is ready');
    raise(scope);
    const later = await inTab('other');
    await later.add(2);
    letGo();
    await seen(() => slow.said.errors.some(({ code }) => code === 'LOGGED_OUT'), 'it is over');
    same([slow.found(), slow.taken()], [[], []], 'nothing is handed out');
    same(later.said.settled, [['1', 'LOGGED_OUT']], 'the first who reads it tells');
    same(await onDisk(), ['2'], 'it stays');
    same(later.found(), [], 'and is the later one alone');
  },

  async 'a logout between reading and taking over prevents the takeover'(kit) {
    const { clock, inTab, onDisk, scope } = kit;
    const other = await inTab('other');
    await other.add(1);
    // After the disk was read, the first look is at reading, and the second one is right before the write.
    let looks = -Infinity;
    const { localStorage } = globalThis;
    const generation = /** @type {number} */ (read(scope));
    const flipped = {
      getItem(key) {
        const value = localStorage.getItem(key);
        return looks > 1 && value === String(generation) ? String(generation + 1) : value;
      },
      setItem(key, value) {
        if (key === 'holdfast') looks += 1;
        localStorage.setItem(key, value);
      },
      removeItem: (key) => localStorage.removeItem(key),
    };
    const mine = await inTab('mine', { globals: { localStorage: flipped } });
    const { getAll } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.getAll = function (...args) {
      if (/** @type {any} */ (args[0])?.lower[1] === 'other' && looks < 0) looks = 0;
      return getAll.apply(this, args);
    };
    try {
      other.end();
      await clock.pass(GRACE_MS);
      await seen(() => looks > 1, 'it was about to take it over');
      await clock.pass(GRACE_MS);
    } finally {
      IDBObjectStore.prototype.getAll = getAll;
    }
    same(mine.taken(), [], 'nothing is taken over');
    same(await onDisk(scope, 'other'), ['1'], 'it is where it was');
    same(await onDisk(scope, 'mine'), [], 'and nowhere else');
  },

  async 'messages of version 1 in their former scope are moved once'(kit) {
    const { inTab, onDisk, put, records, user } = kit;
    const former = `http://h ${user}`;
    const messages = [kept(1), kept(2), kept(3)];
    await put('segments', [former, 'old', 0], { version: 1, messages });
    await put('settled', [former, 'old', 0], [1]);
    const mine = await inTab('mine');
    same(mine.found(), ['1', '3'], 'what had not settled');
    same(await records('segments', former), [], 'no segment');
    same(await records('settled', former), [], 'no list');
    same(await onDisk(), ['1', '3'], 'it is in this journal');
    mine.end();
    same((await inTab('mine')).found(), ['1', '3'], 'once');
  },

  async 'journals of version 1 are found by their scope, and those without a user are erased'(kit) {
    const { put, records } = kit;
    const user = 'former%20';
    const write = (name, journal, number) =>
      put('segments', [name, journal, number], { version: 1, messages: [kept(1)] });
    const mine = `http://h?/socket.io?/?${user.replaceAll('%', '%25')}`;
    await write(`http://h ${user}`, 'a', 0);
    await write(`http://h ${user}`, 'a', 1);
    await write(`ws://h:80/?v=2 ${user}`, 'b', 0);
    await write(`http://h/chat ${user}`, 'c', 0);
    await write(`http://h ${user}2`, 'd', 0);
    await write('http://h ', 'e', 0);
    await write(' ', 'f', 0);
    const database = await openDatabase(() => {});
    same(
      await formerSegments(database, mine),
      [
        [`http://h ${user}`, 'a', 0],
        [`http://h ${user}`, 'a', 1],
        [`ws://h:80/?v=2 ${user}`, 'b', 0],
      ],
      'of this server, namespace and user',
    );
    database.close();
    for (const name of ['http://h ', ' ']) {
      same(await records('segments', name), [], 'without a user');
    }
    same((await records('segments', `http://h ${user}2`)).length, 1, 'the rest stays');
  },

  async 'a record of another version is neither read nor changed'(kit) {
    const { clock, inTab, onDisk, put, records, scope, sendAll } = kit;
    const newer = { version: 99, envelopes: 'of a newer build' };
    const future = Date.now() + 1e10;
    await put('segments', [scope, 'tab', 0], newer);
    await put('segments', [scope, 'tab', future], newer);
    const tab = await inTab('tab');
    same(tab.found(), [], 'not read');
    await sendAll(tab, range(20));
    const ids = range(20).map(String);
    same(await onDisk(), ids, 'what is new has a number of its own');
    tab.end();
    const other = await inTab('other');
    await clock.pass(GRACE_MS);
    await seen(() => other.found().length === 20, 'the rest is taken over');
    same(await records('segments', scope, 'tab'), [newer, newer], 'not touched');
    same(await onDisk(scope, 'other'), ids, 'and the rest is there');
  },

  async 'messages that expired long ago are removed, in any scope'(kit) {
    const { inTab, onDisk, put, records, scope, user } = kit;
    const past = { expiresAt: Date.now() - 8 * 24 * 3600 * 1000 };
    const segment = (...messages) => ({ version: 2, generation: 65536, messages });
    await put('segments', [scope, 'gone', 0], segment(kept(1, past), kept(2, past)));
    await put('settled', [scope, 'gone', 0], [0]);
    await put('segments', [scope, 'gone', 1], segment(kept(3)));
    await put('segments', [`${scope} other`, 'tab', 0], segment(kept(1, past), kept(2)));
    await put('segments', [`http://x ${user}`, 'old', 0], {
      version: 1,
      messages: [kept(1, past)],
    });
    await inTab('tab', { user: 'somebody else' });
    await seen(async () => (await onDisk()).length === 1, 'it is swept');
    same(await onDisk(), ['3'], 'what lives is left');
    same(await records('settled'), [], 'with its list');
    same(await onDisk(`http://x ${user}`), [], 'of version 1 too');
    same(
      await onDisk(`${scope} other`),
      ['1', '2'],
      'not what a living message shares a segment with',
    );
  },

  async 'a failed write is reported once to onError and leaves none of its group on disk'(kit) {
    const { inTab, onDisk, sendAll } = kit;
    const tab = await inTab('tab');
    let puts = 0;
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (...args) {
      puts += 1;
      if (puts === 2) throw new Error('no room');
      return put.apply(this, args);
    };
    try {
      await sendAll(tab, range(251));
    } finally {
      IDBObjectStore.prototype.put = put;
    }
    same(puts, 2, 'the first segment was written, or nearly so');
    same(tab.said.failed, ['no room'], 'once');
    same(await onDisk(), [], 'none of the group is kept');
  },
};

export const NAMES = Object.keys(CONTRACT);

/** Runs one test of the contract. @param {string} name one of `NAMES` @param {string} code the bundle of `TAB` */
export async function holds(name, code) {
  const kit = await begin(code, name);
  try {
    await CONTRACT[name](kit);
  } finally {
    kit.end();
  }
}
