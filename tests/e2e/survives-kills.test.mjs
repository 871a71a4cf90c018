// The demo in a real browser while its server is killed.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launchBrowser, openPage } from '../support/browser.mjs';
import { readMessages } from '../support/database.mjs';
import { openAs, untilBanner, untilShown, write } from '../support/demo-page.mjs';
import { surviveKills } from '../support/kill-run.mjs';
import { configure, installRecorder, QUICK } from '../support/lab.mjs';
import { startDemo } from '../support/server.mjs';

const browser = await launchBrowser();

test('200 messages survive five kills of the server, once each and in order', async (t) => {
  const server = await startDemo(t);
  const page = await openPage(t, browser, `${server.url}/lab.html`);
  await page.waitForFunction(() => window.holdfast);
  await installRecorder(page);
  const auth = { token: await server.login('alice') };
  await configure(page, { url: server.url, auth, ...QUICK }, 'alice');
  await surviveKills(t, page, server);
});

test('messages between two windows arrive, also across a kill of the server', async (t) => {
  const server = await startDemo(t);
  const alice = await openAs(t, browser, server, 'alice', { peer: 'bob' });
  const bob = await openAs(t, browser, server, 'bob', { peer: 'alice' });
  const before = ['Good morning', 'Is anybody there?', '<b>not bold</b> & "quoted"'];
  const whileDown = ['The server is gone', 'I write on', 'and on'];
  const after = ['Back again'];

  for (const text of before) await write(alice, text);
  for (const page of [alice, bob]) await untilShown(page, before);

  await server.kill();
  await untilBanner(alice, 'reconnecting');
  for (const text of whileDown) await write(alice, text);
  await untilShown(alice, [...before, ...whileDown], ['sent', 'read', 'queued']);
  await server.start();
  await untilShown(alice, [...before, ...whileDown]);
  await untilBanner(bob, 'healthy');
  await write(alice, after[0]);

  const all = [...before, ...whileDown, ...after];
  for (const page of [alice, bob]) await untilShown(page, all);
  assert.deepEqual(
    readMessages(server.database).map(({ sender, content }) => `${sender}: ${content}`),
    all.map((text) => `alice: ${text}`),
  );
});
