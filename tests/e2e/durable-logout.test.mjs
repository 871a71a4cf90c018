// A logout with messages on disk: whoever had them is told, in whichever tab, and none of them comes back.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launchBrowser } from '../support/browser.mjs';
import { bundle } from '../support/bundle.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import { openLab, QUICK } from '../support/lab.mjs';
import { until } from '../support/until.mjs';

const browser = await launchBrowser();
const PAGE = `
  import { createClient } from 'holdfast';
  import { io } from 'socket.io-client';
  Object.assign(window, { createClient, io });
`;

/** A server that takes nobody in, so that all waits. */
async function start(t) {
  const server = await startChatServer(t);
  server.hooks.admit = () => new Error('not now');
  const page = await openLab(t, browser, server.url);
  await page.evaluate(await bundle(PAGE));
  const given = { ...QUICK, url: server.url, io: { transports: ['websocket'] }, userId: 'alice' };
  const open = (tab) =>
    tab.evaluate((options) => {
      window.settled = [];
      window.errors = [];
      const onError = ({ code }) => window.errors.push(code);
      window.client = window.createClient({ ...options, logger: null, onError });
      window.client.onSettled(({ id, code }) => window.settled.push(`${id} ${code}`));
      window.client.connect();
    }, given);
  return { server, page, given, open };
}

const send = (tab, ...ids) =>
  tab.evaluate((all) => {
    for (const id of all) window.client.send('send_message', { text: id }, { id }).catch(() => {});
  }, ids);

const isKept = (page, count) =>
  until(
    () =>
      page.evaluate(
        (wanted) =>
          new Promise((resolve) => {
            const request = indexedDB.open('holdfast');
            request.onsuccess = () => {
              const all = request.result.transaction('segments').objectStore('segments').getAll();
              all.onsuccess = () => {
                request.result.close();
                const ids = all.result.flatMap(({ messages }) => messages);
                resolve(ids.length === wanted);
              };
            };
          }),
        count,
      ),
    `${count} are on disk`,
  );

test('a logout before the storage has opened tells what it erased', async (t) => {
  const { page, open, given } = await start(t);
  await open(page);
  await send(page, 'a', 'b');
  await isKept(page, 2);
  await page.reload();
  await page.evaluate(await bundle(PAGE));
  await page.evaluate(async (options) => {
    window.settled = [];
    const client = window.createClient({ ...options, logger: null });
    client.onSettled(({ id, code }) => window.settled.push(`${id} ${code}`));
    client.connect();
    await client.logout();
  }, given);
  await until(() => page.evaluate(() => window.settled.length === 2), 'both are told');
  assert.deepEqual(await page.evaluate(() => window.settled), ['a LOGGED_OUT', 'b LOGGED_OUT']);
  await isKept(page, 0);
});

test('a logout in one tab tells the others that their messages are gone', async (t) => {
  const { page, open } = await start(t);
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.evaluate(await bundle(PAGE));
  for (const tab of [page, other]) await open(tab);
  await send(other, 'theirs');
  await isKept(page, 1);
  await send(page, 'mine');
  await isKept(page, 2);
  await page.evaluate(() => window.client.logout());
  await until(() => other.evaluate(() => window.settled.length === 1), 'the other tab is told');
  assert.deepEqual(await other.evaluate(() => window.settled), ['theirs LOGGED_OUT']);
  await isKept(page, 0);
});

test('a tab that was duplicated keeps its messages while the first one lives', async (t) => {
  const { server, page, open } = await start(t);
  await open(page);
  await send(page, 'first');
  await isKept(page, 1);
  const name = await page.evaluate(() => sessionStorage.getItem('holdfast'));
  const double = await page.context().newPage();
  await double.goto(page.url());
  await double.evaluate(await bundle(PAGE));
  await double.evaluate((own) => sessionStorage.setItem('holdfast', own), name);
  await open(double);
  await send(double, 'second');
  await isKept(page, 2);
  assert.notEqual(await double.evaluate(() => sessionStorage.getItem('holdfast')), name);
  server.hooks.admit = () => undefined;
  await until(() => server.saved.length === 2, 'both are saved');
  assert.equal(server.received.length, 2);
});

test('storage that may not even be looked at costs no message, and is told', async (t) => {
  const { server, page, open } = await start(t);
  server.hooks.admit = () => undefined;
  await page.evaluate(() =>
    Object.defineProperty(window, 'indexedDB', {
      get() {
        throw new DOMException('denied', 'SecurityError');
      },
    }),
  );
  await open(page);
  await send(page, 'a');
  await until(() => server.saved.length === 1, 'it is saved');
  assert.deepEqual(await page.evaluate(() => window.errors), ['STORAGE_FAILED']);
});
