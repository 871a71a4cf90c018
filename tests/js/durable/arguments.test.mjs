// Messages with several arguments and with none, on disk, across a reload of the built package's page.

import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import test from 'node:test';
import { startBareServer } from '../../support/bare-server.mjs';
import { segments } from '../../support/disk.mjs';
import { createLocks } from '../../support/locks.mjs';
import { installStorage } from '../../support/storage.mjs';
import { createClient, freshModule, quick, until } from '../shell-kit.mjs';

test('a waiting message has all of its arguments after a reload', async (t) => {
  freshModule(t);
  installStorage(t);
  const locks = createLocks();
  const remembered = new Map();
  globalThis.sessionStorage = {
    getItem: (key) => remembered.get(key) ?? null,
    setItem: (key, value) => remembered.set(key, value),
  };
  let page;
  const load = () => {
    page?.end();
    page = locks.openPage();
    Object.defineProperty(globalThis, 'navigator', { value: { locks: page }, configurable: true });
    const made = createClient(quick(server.url, { userId: 'u1' }));
    t.after(() => made.destroy());
    return made;
  };
  const take = ({ ack }) => ack?.({ success: true });
  const server = await startBareServer(t, { take });

  const before = load();
  before.connect();
  await until(() => before.getState().isReady, 'ready');
  before.disconnect();
  for (const sent of [
    before.send('beats', { n: 1 }, { id: 'a', rest: [24, { bytes: new Uint8Array([1]) }] }),
    before.send('refresh', undefined, { id: 'b', way: 'received' }),
    before.send('note', { n: 2 }, { id: 'c' }),
    before.send('once', 7, { id: 'd', rest: [24] }),
  ]) {
    // The page is gone before it settles.
    sent.catch(() => {});
  }
  const idsOnDisk = async () => (await segments()).flatMap(([, ids]) => ids);
  await until(async () => (await idsOnDisk()).length >= 3, 'on disk');
  assert.deepEqual(await idsOnDisk(), ['a', 'b', 'c'], 'what may leave once only is in memory');

  const after = load();
  after.connect();
  await until(() => server.taken.length === 3, 'they came');
  assert.deepEqual(
    server.taken.map(({ event, args }) => [event, ...args]),
    [
      ['beats', { n: 1, _tempId: 'a' }, 24, { bytes: Buffer.from([1]) }],
      ['refresh'],
      ['note', { n: 2, _tempId: 'c' }],
    ],
  );
  await until(() => after.outbox().length === 0, 'settled');
});
