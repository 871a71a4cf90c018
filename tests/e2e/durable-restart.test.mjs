// A new life that is not quite as the one before: what is on disk is sent all the same, or its end is told.

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

/** A page that has left a message on disk and is loaded again, and a server that takes everybody in by then. */
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

test('a message on disk whose id is used for another one right at the start is told to have ended', async (t) => {
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

test('a message on disk that is larger than what is taken by now is sent all the same', async (t) => {
  const { server, page, given } = await leaveAndLoad(t, { text: 'x'.repeat(2_000) });
  await page.evaluate(
    (options) =>
      window.createClient({ ...options, logger: null, queue: { maxBytes: 1_000 } }).connect(),
    given,
  );
  await until(() => server.saved.length === 1, 'it is saved');
  assert.equal(server.saved[0].text.length, 2_000);
});
