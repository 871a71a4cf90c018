// The journal's contract on a storage in memory. tests/e2e/durable.test.mjs has it on a browser's disk.

import 'fake-indexeddb/auto';
import test from 'node:test';
import * as journals from '../../../pkg-template/shell/journal.js';
import { CONTRACT } from '../../support/journal-contract.mjs';

const database = await journals.openDatabase((error) => {
  throw error;
});

for (const [name, holds] of Object.entries(CONTRACT)) {
  test(name, () => holds(journals, database, name));
}
