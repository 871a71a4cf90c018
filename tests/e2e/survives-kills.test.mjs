// The demo in a real browser, and its server killed under it.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launchBrowser, openPage } from '../support/browser.mjs';
import { readMessages } from '../support/database.mjs';
import { surviveKills } from '../support/kill-run.mjs';
import { configure, installRecorder, QUICK } from '../support/lab.mjs';
import { startDemo } from '../support/server.mjs';
import { until } from '../support/until.mjs';

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

test('what is typed in two windows arrives, also across a kill of the server', async (t) => {
  const server = await startDemo(t);
  const alice = await openChat(t, server, 'alice', 'bob');
  const bob = await openChat(t, server, 'bob', 'alice');
  const before = ['Good morning', 'Is anybody there?', '<b>not bold</b> & "quoted"'];
  const whileDown = ['The server is gone', 'I write on', 'and on'];
  const after = ['Back again'];

  for (const text of before) {
    await type(alice, text);
    await untilState(alice, text, 'sent');
  }
  await untilTexts(bob, before);

  await server.kill();
  await untilBanner(alice, 'reconnecting');
  for (const text of whileDown) {
    await type(alice, text);
    await untilState(alice, text, 'waiting');
  }
  await server.start();
  for (const text of whileDown) await untilState(alice, text, 'sent', 30_000);
  await untilBanner(bob, 'ready', 30_000);
  await type(alice, after[0]);
  await untilState(alice, after[0], 'sent');

  const all = [...before, ...whileDown, ...after];
  await untilTexts(alice, all);
  await untilTexts(bob, all);
  assert.deepEqual(
    readMessages(server.database).map(({ sender, content }) => `${sender}: ${content}`),
    all.map((text) => `alice: ${text}`),
  );
});

async function openChat(t, server, user, peer) {
  const page = await openPage(t, browser, `${server.url}/?user=${user}`);
  await page.getByTestId(`person-${peer}`).click();
  await untilBanner(page, 'ready');
  return page;
}

async function type(page, text) {
  await page.getByTestId('message-input').fill(text);
  await page.getByTestId('message-input').press('Enter');
}

function untilBanner(page, state, deadlineMs) {
  const banner = page.getByTestId('connection-banner');
  return until(
    async () => (await banner.getAttribute('data-state')) === state,
    async () => `the banner says ${state}, it says ${await banner.getAttribute('data-state')}`,
    deadlineMs,
  );
}

function untilState(page, text, state, deadlineMs) {
  const row = page.getByTestId('message-row').filter({ hasText: text });
  const states = () => row.evaluateAll((rows) => rows.map(({ dataset }) => dataset.state));
  return until(
    async () => (await states()).join() === state,
    async () => `'${text}' is ${state} in one row, its rows are [${await states()}]`,
    deadlineMs,
  );
}

/** The page shows exactly these texts, each once, in this order. */
function untilTexts(page, texts) {
  const shown = () => page.getByTestId('message-text').allTextContents();
  return until(
    async () => JSON.stringify(await shown()) === JSON.stringify(texts),
    async () =>
      `the page shows ${JSON.stringify(texts)}, it shows ${JSON.stringify(await shown())}`,
  );
}
