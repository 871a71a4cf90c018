// Shared by the tests of tabs: the package as tabs run it, with a disk in memory.

import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import { endpointOf, scopeOf } from '../../../pkg-template/shell/scope.js';
import { bundle } from '../../support/bundle.mjs';
import { segments } from '../../support/disk.mjs';
import { installStorage } from '../../support/storage.mjs';
import { createOrigin, seen, TAB } from '../../support/tabs.mjs';

export const { faults, storage, values } = installStorage();

const code = await bundle(TAB);

/**
 * Tabs of the user who bears the test's name. What is open when the test is over is ended.
 * @param {import('node:test').TestContext} t
 */
export function begin(t, user = t.name, options = {}) {
  const origin = createOrigin(code, options);
  const scope = scopeOf(endpointOf(origin.url), user);
  const tabs = new Set();
  t.after(() => {
    for (const tab of tabs) tab.end();
  });
  const openTab = (options) => {
    const tab = origin.openTab({ user, ...options });
    tabs.add(tab);
    return tab;
  };
  return {
    ...origin,
    scope,
    openTab,

    /** A tab that was opened, and has all that was kept. */
    async inTab(name, options) {
      return openTab({ name, ...options })
        .open()
        .isOpen();
    },

    /** A life of a tab that leaves messages on disk. */
    async leave(name, ...ids) {
      const tab = openTab({ name }).open();
      await tab.isOpen();
      for (const id of ids) await tab.add(id);
      assert.deepEqual((await onDisk(scope)).slice(-ids.length), ids);
      tab.end();
      return tab;
    },

    /** A life of a tab that ends right after its call to log out, before the disk was asked for anything. */
    logOutAndLeave(name = 'tab') {
      const tab = openTab({ name, globals: { indexedDB: { open: () => ({}) } } });
      tab.client.logout();
      tab.end();
    },
  };
}

/** Whose messages are on disk, of a scope or of all that begin like this. */
export const onDisk = async (scope) =>
  (await segments()).filter(([[name]]) => name === scope).flatMap(([, ids]) => ids);

/** Holds back what `indexedDB.open` answers in a tab, until it is let go. */
export function hold(tab) {
  let letGo = () => {};
  tab.page.gate = new Promise((resolve) => {
    letGo = () => resolve(undefined);
  });
  return () => letGo();
}

export { seen };
