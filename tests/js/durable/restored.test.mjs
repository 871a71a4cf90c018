// Messages of an earlier page, whose promises no longer exist. The app is still told about failures.

import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import test from 'node:test';
import { startBareServer } from '../../support/bare-server.mjs';
import { segments } from '../../support/disk.mjs';
import { createLocks } from '../../support/locks.mjs';
import { installStorage } from '../../support/storage.mjs';
import { createClient, freshModule, quick, until } from '../shell-kit.mjs';

test('the failure of a restored message is reported to onError and to the console', async (t) => {
  freshModule(t);
  installStorage(t);
  const locks = createLocks();
  const remembered = new Map();
  globalThis.sessionStorage = {
    getItem: (key) => remembered.get(key) ?? null,
    setItem: (key, value) => remembered.set(key, value),
  };
  const acks = [];
  let isAnswering = false;
  const no = { success: false, code: 'BLOCKED' };
  const take = ({ ack }) => (isAnswering ? ack(no) : acks.push(ack));
  const server = await startBareServer(t, { take });
  let page;
  const load = (options) => {
    page?.end();
    page = locks.openPage();
    Object.defineProperty(globalThis, 'navigator', { value: { locks: page }, configurable: true });
    const made = createClient(quick(server.url, { userId: 'u1', ...options }));
    t.after(() => made.destroy());
    return made;
  };
  const before = load();
  before.connect();
  await until(() => before.getState().isReady, 'ready');
  before.disconnect();
  for (const id of ['blocked', 'cancelled']) before.send('say', { n: 1 }, { id }).catch(() => {});
  await until(async () => (await segments()).some(([, ids]) => ids.length > 0), 'on disk');

  const errors = [];
  const warnings = [];
  const logger = { warn: (text) => warnings.push(text), error() {}, debug() {} };
  const after = load({ onError: (error) => errors.push(error), logger });
  after.connect();
  await until(() => after.outbox().length === 2, 'they are back');
  after.cancel('cancelled');
  await until(() => acks.length > 0, 'the server has it');
  isAnswering = true;
  for (const ack of acks) ack(no);
  await until(() => after.outbox().length === 0, 'both have settled');
  assert.deepEqual(
    errors.map(({ code, id, event }) => [code, id, event]),
    [['BLOCKED', 'blocked', 'say']],
    'a message that the app cancelled is not reported',
  );
  assert.ok(warnings.some((text) => text.includes('BLOCKED')));
});
