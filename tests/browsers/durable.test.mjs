// Waiting messages are on disk: they are there after a reload, in another tab, and after the browser was killed.

import assert from 'node:assert/strict';
import test from 'node:test';
import { startChatServer } from '../support/chat-server.mjs';
import { until } from '../support/until.mjs';
import {
  assertSaved,
  connect,
  kept,
  numbered,
  openBrowser,
  send,
  sendMany,
  servePage,
  untilAllSettled,
  untilConnected,
} from './kit.mjs';

const MESSAGES = 50;

/** A page that has sent messages to a server that is away. */
async function setUp(t) {
  const page = await servePage(t);
  const server = await startChatServer(t);
  await server.stop();
  const browser = await openBrowser(t);
  const tab = await browser.open(page);
  await connect(tab, server.url);
  return { page, server, browser, tab };
}

const untilKept = (tab, count) =>
  until(async () => (await kept(tab)).length === count, `${count} are on disk`);

/** All came once and in order, and the disk is empty. */
async function assertDelivered(server, tab, ids) {
  await until(
    () => server.saved.length >= ids.length,
    () => `${ids.length} are saved; ${server.saved.length} are`,
    30_000,
  );
  await untilKept(tab, 0);
  assertSaved(server, ids);
  assert.equal(server.received.length, ids.length, 'none came twice');
}

test('what was sent while the server was away is there after a reload', async (t) => {
  const { server, tab } = await setUp(t);
  await sendMany(tab, MESSAGES);
  await untilKept(tab, MESSAGES);
  await tab.reload();
  await server.listen();
  await connect(tab, server.url);
  await assertDelivered(server, tab, numbered(MESSAGES));
});

test('what was sent in the moment of a reload is there after it', async (t) => {
  const { page, server, tab } = await setUp(t);
  // To have the storage open is what a page that sends has.
  await send(tab, 'first');
  await untilKept(tab, 1);
  await tab
    .run((count) => {
      window.lab.sendMany(count, 'm');
      window.location.reload();
    }, MESSAGES)
    .catch(() => {});
  await tab.until(() => window.lab.sent === 0, [], 'another page');
  await server.listen();
  await connect(tab, server.url);
  await assertDelivered(server, tab, ['first', ...numbered(MESSAGES, 'm', 1)]);
  assert.equal(await tab.run(() => window.location.href), page);
});

test('what a closed tab left is sent by the next one', async (t) => {
  const { page, server, browser, tab } = await setUp(t);
  await sendMany(tab, MESSAGES);
  await untilKept(tab, MESSAGES);
  const other = await browser.open(page);
  await tab.close();
  await server.listen();
  await connect(other, server.url);
  await assertDelivered(server, other, numbered(MESSAGES));
});

test('what waits survives the end of the browser by SIGKILL', async (t) => {
  const { page, server, browser, tab } = await setUp(t);
  // The number of logouts: what waits is of the one that localStorage names.
  await browser.untilStored('holdfast ');
  await sendMany(tab, MESSAGES);
  await untilKept(tab, MESSAGES);
  await browser.kill();
  await browser.start();
  const next = await browser.open(page);
  assert.equal((await kept(next)).length, MESSAGES, 'it is the same profile');
  await server.listen();
  await connect(next, server.url);
  await assertDelivered(server, next, numbered(MESSAGES));
});

test('a logout erases what waits, also where the page is reloaded at once', async (t) => {
  const { server, tab } = await setUp(t);
  await sendMany(tab, MESSAGES);
  await untilKept(tab, MESSAGES);
  await tab
    .run(() => {
      window.lab.client.logout();
      window.location.reload();
    })
    .catch(() => {});
  await tab.until(() => window.lab.sent === 0, [], 'another page');
  await server.listen();
  await connect(tab, server.url);
  await send(tab, 'new');
  await untilAllSettled(tab, 1);
  assertSaved(server, ['new']);
  await untilKept(tab, 0);
});

test('two tabs send each message once, and one takes over what the other leaves', async (t) => {
  const page = await servePage(t);
  const server = await startChatServer(t);
  const browser = await openBrowser(t);
  const tabs = [await browser.open(page), await browser.open(page)];
  for (const tab of tabs) {
    await connect(tab, server.url);
    await untilConnected(tab);
  }
  await Promise.all(tabs.map((tab, n) => sendMany(tab, MESSAGES, `t${n} `)));
  for (const tab of tabs) await untilAllSettled(tab, MESSAGES);
  assert.equal(server.received.length, 2 * MESSAGES);
  for (const n of [0, 1]) {
    const of = server.saved.map(({ _tempId }) => _tempId).filter((id) => id.startsWith(`t${n}`));
    assert.deepEqual(of, numbered(MESSAGES, `t${n} `));
  }

  await server.stop();
  const [left, stays] = tabs;
  await sendMany(left, MESSAGES, 'left ');
  await until(async () => (await kept(stays)).length === MESSAGES, 'they are on disk');
  await left.close();
  await server.listen();
  const ids = numbered(MESSAGES, 'left ', MESSAGES);
  const adopted = () => server.saved.slice(2 * MESSAGES).map(({ _tempId }) => _tempId);
  await until(() => adopted().length >= MESSAGES, 'the other tab sends them', 30_000);
  await until(async () => (await kept(stays)).length === 0, 'nothing is left on disk');
  assert.deepEqual(adopted(), ids);
  assert.equal(server.received.length, 3 * MESSAGES);
});
