// What waits is on disk: it survives a reload and a crash of the tab, and no longer than it should.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launchBrowser } from '../support/browser.mjs';
import { bundle } from '../support/bundle.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import { configure, openLab, QUICK } from '../support/lab.mjs';
import { until } from '../support/until.mjs';

const browser = await launchBrowser();

const PAGE = `
  import * as holdfast from 'holdfast/socket';
  import { createClient } from 'holdfast';
  import { io } from 'socket.io-client';
  Object.assign(window, { holdfast, createClient, io });
`;
const options = (url) => ({ ...QUICK, url, io: { transports: ['websocket'] } });

/** The same page again, as after a reload. */
async function reload(page) {
  await page.reload();
  await page.evaluate(await bundle(PAGE));
}

const kept = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        const request = indexedDB.open('holdfast');
        request.onsuccess = () => {
          const database = request.result;
          const all = database.transaction('segments').objectStore('segments').getAll();
          all.onsuccess = () => {
            database.close();
            resolve(all.result.flatMap(({ messages }) => messages.map(({ id }) => id)));
          };
        };
      }),
  );

test('what was sent offline is sent after a reload, under its old id, in order', async (t) => {
  const server = await startChatServer(t);
  const page = await openLab(t, browser, server.url);
  await server.stop();
  await configure(page, options(server.url), 'alice');
  await page.evaluate(() => {
    for (let n = 0; n < 300; n += 1) {
      window.holdfast.sendMessage({ recipientId: 'bob', content: `m${n}`, _tempId: `id${n}` });
    }
    window.holdfast.sendMessage({
      recipientId: 'bob',
      content: 'binary',
      bytes: new Uint8Array([1, 2]),
    });
  });
  await until(async () => (await kept(page)).length === 301, 'all are on disk');
  await server.listen();
  await reload(page);
  await configure(page, options(server.url), 'alice');
  await page.evaluate(() =>
    window.holdfast.sendMessage({ recipientId: 'bob', content: 'new', _tempId: 'new' }),
  );
  assert.deepEqual(
    server.saved.map(({ content }) => content),
    [...Array.from({ length: 300 }, (_, n) => `m${n}`), 'binary', 'new'],
  );
  assert.deepEqual(
    server.received.slice(0, 300).map(({ id }) => id),
    Array.from({ length: 300 }, (_, n) => `id${n}`),
  );
  assert.deepEqual([...server.saved[300].bytes], [1, 2]);
  await until(async () => (await kept(page)).length === 0, 'nothing is left on disk');
});

test('what settled, was cancelled or logged out does not come back', async (t) => {
  const server = await startChatServer(t);
  const page = await openLab(t, browser, server.url);
  await page.evaluate(await bundle(PAGE));
  server.hooks.admit = () => new Error('not now');
  await page.evaluate((given) => {
    window.client = window.createClient({ ...given, userId: 'alice' });
    window.client.connect();
    for (const id of ['a', 'b', 'c', 'd']) {
      window.client.send('send_message', { text: id }, { id, durable: id !== 'd' }).catch(() => {});
    }
  }, options(server.url));
  await until(async () => (await kept(page)).join() === 'a,b,c', 'those that are to be kept');
  await page.evaluate(() => window.client.cancel('b'));
  await until(async () => {
    await reload(page);
    await page.evaluate((given) => {
      window.settled = [];
      window.client = window.createClient({ ...given, userId: 'alice' });
      window.client.onSettled(({ id }) => window.settled.push(id));
      window.client.connect();
    }, options(server.url));
    await page.waitForFunction(() => window.client.outbox().length > 0);
    return (
      (await page.evaluate(() =>
        window.client
          .outbox()
          .map(({ id }) => id)
          .join(),
      )) === 'a,c'
    );
  }, 'the cancelled one is gone');
  await page.evaluate(() => window.client.logout());
  assert.deepEqual(await kept(page), []);
  assert.deepEqual(await page.evaluate(() => window.settled), ['a', 'c']);
});
