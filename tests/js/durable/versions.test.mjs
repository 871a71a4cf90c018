// Records of earlier versions are found by this one. There is one fixture for each version.

import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import test from 'node:test';
import { hash } from '../../../pkg-template/shell/generations.js';
import * as v1 from '../../fixtures/journal-v1.mjs';
import * as v2 from '../../fixtures/journal-v2.mjs';
import * as v3 from '../../fixtures/journal-v3.mjs';
import { leave, segments } from '../../support/disk.mjs';
import { begin as beginAt, onDisk, seen, storage } from './tab-kit.mjs';

const SCOPE = v2.SCOPE;
/** Two generations without a logout since the first one, and one with. */
const FIRST = 65536;
const LATER = v2.GENERATION;

/** Tabs of the fixtures' user, in a generation, on a disk that has what these left. */
async function begin(t, generation, ...left) {
  await clear();
  for (const fixture of left) await leave(fixture);
  storage.clear();
  storage.setItem(`holdfast ${hash(SCOPE)}`, String(generation));
  return beginAt(t, 'alice', { url: 'https://chat.example' });
}

/** What came of a tab: event and arguments, without the ids that payloads did not have. */
const packetsOf = (server, tab) =>
  server.taken
    .filter((one) => one.tab === tab.id && one.event !== 'mark')
    .map(({ event, args }) => [event, ...args]);

/** As it is to be sent. */
const packetOf = ({ id, event, data, args = [data], way = 'acked' }) => [
  event,
  ...(way === 'acked' ? [{ ...args[0], _tempId: id }, ...args.slice(1)] : args),
];

const sent = (packets) => JSON.stringify(packets, (_, one) => (one?.buffer ? [...one] : one));

test('a journal of v2 is read, and can be continued', async (t) => {
  const { inTab, server } = await begin(t, LATER, v2);
  const tab = await inTab(v2.JOURNAL);
  assert.deepEqual(tab.found(), ['a', 'c', 'd']);
  assert.deepEqual(tab.said.settled, [['ended', 'LOGGED_OUT']], 'a logout had ended this one');
  assert.deepEqual(tab.taken(), ['a'], 'it is strict');
  server.accept('a');
  await seen(() => tab.taken().length === 3, 'the others follow');
  assert.equal(sent(packetsOf(server, tab)), sent(v2.LEFT.map(packetOf)));
  await tab.add('new');
  const mine = (await segments()).filter(([[, name]]) => name === v2.JOURNAL);
  const [[, , number], ids] = mine.at(-1);
  assert.deepEqual(ids, ['new']);
  assert.ok(number > 3, 'what is new comes after all that was there');
  for (const id of ['c', 'd']) server.accept(id);
  await tab.add('last');
  await seen(async () => (await segments()).length === 2, 'what has settled is gone');
  tab.end();
  const next = await inTab(v2.JOURNAL);
  assert.deepEqual(next.found(), ['new', 'last']);
});

test('a journal of v1 is moved into one of this version, and can be continued', async (t) => {
  const { inTab, server } = await begin(t, FIRST, v1);
  const tab = await inTab(v1.JOURNAL);
  assert.deepEqual(tab.found(), ['a', 'c', 'd']);
  assert.deepEqual(
    (await segments()).map(([[scope], ids, version, generation]) => [
      scope,
      ids,
      version,
      generation,
    ]),
    [[SCOPE, ['a', 'c', 'd'], 2, FIRST]],
    'nothing is left of it',
  );
  tab.end();
  const next = await inTab(v1.JOURNAL);
  assert.deepEqual(next.found(), ['a', 'c', 'd']);
  next.send('new', { lane: 'bob' });
  server.accept('a');
  await seen(() => next.taken().length === 4, 'all of them left');
  assert.deepEqual(await onDisk(SCOPE), ['a', 'c', 'd', 'new']);
  assert.equal(sent(packetsOf(server, next).slice(0, 3)), sent(v1.LEFT.map(packetOf)));
});

test('a journal of v1 that a logout ended is erased instead', async (t) => {
  const { inTab, server } = await begin(t, LATER, v1);
  const tab = await inTab('mine');
  assert.deepEqual([tab.found(), tab.taken()], [[], []]);
  assert.deepEqual(
    tab.said.settled,
    ['a', 'c', 'd'].map((id) => [id, 'LOGGED_OUT']),
  );
  assert.deepEqual(packetsOf(server, tab), []);
  await tab.add('a sign');
  assert.deepEqual(
    (await segments()).map(([, ids]) => ids),
    [['a sign']],
  );
});

test('a journal of v3 is read, and can be taken over', async (t) => {
  const { clock, inTab, server } = await begin(t, LATER, v3);
  const tab = await inTab(v3.JOURNAL);
  assert.deepEqual(tab.found(), ['a', 'b', 'd', 'e']);
  assert.equal(sent(packetsOf(server, tab)), sent(v3.LEFT.map(packetOf)));
  tab.end();
  const other = await inTab('other');
  await clock.pass(2100);
  await seen(() => other.taken().length === 3 && other.found().length === 4, 'it is taken over');
  assert.equal(sent(packetsOf(server, other)), sent(v3.LEFT.map(packetOf)));
  assert.deepEqual(
    (await messages()).map(({ id, from }) => [id, from]),
    ['a', 'b', 'd', 'e'].map((id) => [id, v3.JOURNAL]),
  );
  assert.deepEqual(
    (await messages()).map(({ from, ...kept }) => kept),
    v3.LEFT,
    'each as it was',
  );
  assert.deepEqual(
    (await segments()).map(([, ids, version]) => [ids, version]),
    [[['a', 'b', 'd', 'e'], 3]],
    'no older build reads a part of it',
  );
});

test('records that an older version reads are written in its format', async (t) => {
  const { inTab, server } = await begin(t, LATER);
  const tab = await inTab('mine');
  await tab.add('plain', { lane: 'bob' });
  await tab.add('several', { rest: [24] });
  tab.client.send('refresh', undefined, { id: 'none', way: 'received' }).catch(() => {});
  await seen(() => server.taken.some(({ event }) => event === 'refresh'), 'it leaves');
  tab.send('d');
  await tab.add('e', { rest: [1] });
  assert.deepEqual(
    (await segments()).map(([, ids, version]) => [ids, version]),
    [
      [['plain'], 2],
      [['several'], 3],
      [['none'], 3],
      [['d', 'e'], 3],
    ],
  );
  const [plain, several] = await messages();
  const { expiresAt, ...rest } = plain;
  assert.deepEqual(rest, {
    id: 'plain',
    event: 'send_message',
    data: { text: 'of plain', _tempId: 'plain' },
    args: undefined,
    lane: 'bob',
    strict: false,
    way: 'acked',
  });
  assert.ok(expiresAt > Date.now());
  assert.deepEqual(several.args, [{ text: 'of several', _tempId: 'several' }, 24]);
});

async function opened() {
  const open = indexedDB.open('holdfast', 1);
  open.onupgradeneeded = () => {
    for (const store of ['segments', 'settled']) open.result.createObjectStore(store);
  };
  await new Promise((resolve) => {
    open.onsuccess = resolve;
  });
  return open.result;
}

/** All messages on disk. */
async function messages() {
  const database = await opened();
  const all = database.transaction('segments').objectStore('segments').getAll();
  await new Promise((resolve) => {
    all.onsuccess = resolve;
  });
  database.close();
  return all.result.flatMap((segment) => segment.messages);
}

/** Deletes all that there is. */
async function clear() {
  const database = await opened();
  const transaction = database.transaction(['segments', 'settled'], 'readwrite');
  for (const store of ['segments', 'settled']) transaction.objectStore(store).clear();
  await new Promise((resolve) => {
    transaction.oncomplete = resolve;
  });
  database.close();
}
