// A page is loaded again with changed conditions. Its messages on disk are still sent, or their end is reported.

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

/** A page that has left a message on disk and is loaded again, and a server that admits it by then. */
async function leaveAndLoad(t, payload) {
  const server = await startChatServer(t);
  server.hooks.admit = () => new Error('not now');
  const page = await openLab(t, browser, server.url);
  const given = { ...QUICK, url: server.url, io: { transports: ['websocket'] }, userId: 'alice' };
  await page.evaluate(await bundle(PAGE));
  await page.evaluate(
    ([options, data]) => {
      const client = window.createClient({ ...options, logger: null });
      client.connect();
      client.send('send_message', data, { id: 'kept' }).catch(() => {});
    },
    [given, payload],
  );
  await until(() => page.evaluate(isKept), 'it is on disk');
  await page.reload();
  await page.evaluate(await bundle(PAGE));
  server.hooks.admit = () => undefined;
  return { server, page, given };
}

function isKept() {
  return new Promise((resolve) => {
    const request = indexedDB.open('holdfast');
    request.onsuccess = () => {
      const all = request.result.transaction('segments').objectStore('segments').getAll();
      all.onsuccess = () => {
        request.result.close();
        resolve(all.result.length === 1);
      };
    };
  });
}

test('a message on disk is reported as ended if its id is used for another message right at the start', async (t) => {
  const { server, page, given } = await leaveAndLoad(t, { text: 'old' });
  await page.evaluate((options) => {
    window.settled = [];
    const client = window.createClient({ ...options, logger: null });
    client.onSettled(({ id, code = 'DELIVERED', maybeDelivered }) =>
      window.settled.push([id, code, maybeDelivered]),
    );
    client.connect();
    client.send('send_message', { text: 'new' }, { id: 'kept' });
  }, given);
  await until(() => page.evaluate(() => window.settled.length === 2), 'both have ended');
  assert.deepEqual((await page.evaluate(() => window.settled)).sort(), [
    ['kept', 'DELIVERED', false],
    ['kept', 'DUPLICATE_ID', true],
  ]);
  assert.deepEqual(
    server.saved.map(({ text }) => text),
    ['new'],
  );
});

test('a message on disk is sent even if it exceeds a limit that was lowered since', async (t) => {
  const { server, page, given } = await leaveAndLoad(t, { text: 'x'.repeat(2_000) });
  await page.evaluate(
    (options) =>
      window.createClient({ ...options, logger: null, queue: { maxBytes: 1_000 } }).connect(),
    given,
  );
  await until(() => server.saved.length === 1, 'it is saved');
  assert.equal(server.saved[0].text.length, 2_000);
});

test('messages of version 1 are sent, except those that a tab of that version still has', async (t) => {
  const server = await startChatServer(t);
  const page = await openLab(t, browser, server.url);
  const scope = `${server.url}/?v=1 alice`;
  const old = await page.context().newPage();
  await old.goto(page.url());
  await old.evaluate((name) => {
    navigator.locks.request(name, () => new Promise(() => {}));
  }, `holdfast ${scope} runs`);
  const message = (id) => ({
    id,
    event: 'send_message',
    data: { text: id, _tempId: id },
    lane: 'bob',
    strict: false,
    expiresAt: Date.now() + 60_000,
  });
  await page.evaluate(
    (records) =>
      new Promise((resolve) => {
        const request = indexedDB.open('holdfast', 1);
        request.onupgradeneeded = () => {
          for (const name of ['segments', 'settled']) request.result.createObjectStore(name);
        };
        request.onsuccess = () => {
          const transaction = request.result.transaction(['segments', 'settled'], 'readwrite');
          for (const [store, key, value] of records) transaction.objectStore(store).put(value, key);
          transaction.oncomplete = () => {
            request.result.close();
            resolve();
          };
        };
      }),
    [
      ['segments', [scope, 'gone', 0], { version: 1, messages: ['a', 'b', 'c'].map(message) }],
      ['settled', [scope, 'gone', 0], [1]],
      ['segments', [scope, 'runs', 0], { version: 1, messages: [message('theirs')] }],
      ['segments', [`${server.url} `, 'gone', 0], { version: 1, messages: [message('nobody')] }],
      ['segments', [`${server.url} carol`, 'gone', 0], { version: 1, messages: [message('hers')] }],
    ],
  );
  const given = { ...QUICK, url: server.url, io: { transports: ['websocket'] }, userId: 'alice' };
  const live = async (id) => {
    await page.evaluate(await bundle(PAGE));
    await page.evaluate(
      async ([options, mark]) => {
        const client = window.createClient({ ...options, logger: null });
        client.connect();
        await client.send('send_message', { text: mark }, { id: mark });
      },
      [given, id],
    );
    return server.received.map((one) => one.id);
  };
  assert.deepEqual(await live('first'), ['a', 'c', 'first']);
  await page.reload();
  await old.close();
  assert.deepEqual(await live('second'), ['a', 'c', 'first', 'theirs', 'second']);
});
