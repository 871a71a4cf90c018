// The journal's contract on a browser's disk. tests/js/durable/journal.test.mjs has it on a storage in memory.

import test from 'node:test';
import { launchBrowser } from '../support/browser.mjs';
import { bundle } from '../support/bundle.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import { CONTRACT } from '../support/journal-contract.mjs';
import { openLab } from '../support/lab.mjs';

const browser = await launchBrowser();

const PAGE = `
  import * as journals from './pkg-template/shell/journal.js';
  import { CONTRACT } from './tests/support/journal-contract.mjs';
  const database = journals.openDatabase((error) => { throw error; });
  window.holds = async (name) => CONTRACT[name](journals, await database, name);
  export * from 'socket.io-client';
`;

test('the journal on disk', async (t) => {
  const server = await startChatServer(t);
  const page = await openLab(t, browser, server.url);
  await page.evaluate(await bundle(PAGE));
  for (const name of Object.keys(CONTRACT)) {
    await t.test(name, () => page.evaluate((one) => window.holds(one), name));
  }
});
