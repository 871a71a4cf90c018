// The journal's contract on a browser's disk. tests/js/durable/journal.test.mjs runs it on a storage in memory.

import test from 'node:test';
import { launchBrowser } from '../support/browser.mjs';
import { bundle } from '../support/bundle.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import { NAMES } from '../support/journal-contract.mjs';
import { openLab } from '../support/lab.mjs';
import { TAB } from '../support/tabs.mjs';

const browser = await launchBrowser();

const PAGE = `
  import { holds } from './tests/support/journal-contract.mjs';
  window.holds = holds;
  export * from 'socket.io-client';
`;

test('the journal on disk keeps its contract', async (t) => {
  const server = await startChatServer(t);
  const page = await openLab(t, browser, server.url);
  await page.evaluate(await bundle(PAGE));
  const code = await bundle(TAB);
  for (const name of NAMES) {
    await t.test(name, () => page.evaluate((given) => window.holds(...given), [name, code]));
  }
});
