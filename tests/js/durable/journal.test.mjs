// The journal's contract on a storage in memory. tests/e2e/journal.test.mjs runs it on a browser's disk.

import 'fake-indexeddb/auto';
import test from 'node:test';
import { bundle } from '../../support/bundle.mjs';
import { holds, NAMES } from '../../support/journal-contract.mjs';
import { installStorage } from '../../support/storage.mjs';
import { TAB } from '../../support/tabs.mjs';

installStorage();
const code = await bundle(TAB);

for (const name of NAMES) test(name, () => holds(name, code));
