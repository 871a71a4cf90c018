// Pages whose storage is blocked: they work from memory, and say so.

import assert from 'node:assert/strict';
import test from 'node:test';
import { startChatServer } from '../support/chat-server.mjs';
import { until } from '../support/until.mjs';
import {
  assertSaved,
  connect,
  ENTRIES,
  numbered,
  openBrowser,
  send,
  sendMany,
  servePage,
  untilAllSettled,
  untilConnected,
  untilDown,
} from './kit.mjs';

const MESSAGES = 10;

/** What stands in the page before the package is loaded, and whether the app is told. */
const BLOCKED = {
  'no IndexedDB': ['delete window.indexedDB; delete Window.prototype.indexedDB;', false],
  'IndexedDB that refuses': [
    'IDBFactory.prototype.open = () => { throw new DOMException("blocked", "SecurityError"); };',
    true,
  ],
  'IndexedDB whose requests fail': [
    `const { put, add } = IDBObjectStore.prototype;
     IDBObjectStore.prototype.put = function (value, key) {
       put.call(this, value, key);
       return add.call(this, value, key);
     };`,
    true,
  ],
  // As WebKit does with a Blob in a private window: the request fails, and the transaction completes.
  'IndexedDB that completes what it did not store': [
    `const { put } = IDBObjectStore.prototype;
     IDBObjectStore.prototype.put = function (value, key) {
       queueMicrotask(() => this.transaction.dispatchEvent(new Event('error')));
       return put.call(this, value, key);
     };`,
    true,
  ],
  'localStorage that throws': [
    'Object.defineProperty(window, "localStorage", { get() { throw new DOMException("blocked", "SecurityError"); } });',
    true,
  ],
  'no storage at all': [
    `for (const name of ['localStorage', 'sessionStorage', 'indexedDB']) {
       Object.defineProperty(window, name, { get() { throw new DOMException('blocked', 'SecurityError'); } });
     }`,
    true,
  ],
};

for (const entry of ENTRIES) {
  for (const [name, [before, isTold]] of Object.entries(BLOCKED)) {
    test(`${name}: messages are sent from memory, and it is told: ${entry}`, async (t) => {
      const page = await servePage(t, { before });
      const server = await startChatServer(t);
      const browser = await openBrowser(t);
      const tab = await browser.open(page);
      await connect(tab, server.url, { entry });
      await untilConnected(tab);
      await send(tab, 'first');
      await until(() => server.saved.length === 1, 'it is connected');
      await server.stop();
      await untilDown(tab);
      await sendMany(tab, MESSAGES);
      await server.listen();
      await until(() => server.saved.length > MESSAGES, 'all arrive', 20_000);
      if (entry === 'holdfast') await untilAllSettled(tab, MESSAGES + 1);
      assertSaved(server, ['first', ...numbered(MESSAGES, 'm', 1)]);
      const errors = await tab.run(() =>
        window.lab.errors.filter((text) => text.startsWith('STORAGE_FAILED')),
      );
      // `holdfast/io` keeps nothing on disk.
      assert.equal(errors.length > 0, isTold && entry === 'holdfast', errors.join());
    });
  }
}
