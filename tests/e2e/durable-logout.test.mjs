// A logout with messages on disk: the tab that had them reports it, and none of them is sent later.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launchBrowser, openPage } from '../support/browser.mjs';
import { bundle } from '../support/bundle.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import { openLab, QUICK } from '../support/lab.mjs';
import { startPages } from '../support/pages.mjs';
import { until } from '../support/until.mjs';

const browser = await launchBrowser();
const PAGE = `
  import { createClient } from 'holdfast';
  import { io } from 'socket.io-client';
  Object.assign(window, { createClient, io });
`;

/** A server that refuses every handshake, so that all messages wait. */
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

test('a logout before the storage has opened reports the erased messages', async (t) => {
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

test('a duplicated tab keeps its messages while the first one is open', async (t) => {
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

test('storage whose access throws costs no message, and is reported', async (t) => {
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

/** Loads the tab again with a server that admits it, and returns what the tab sends and reports. */
async function liveOn(server, tab, given) {
  await tab.evaluate(await bundle(PAGE));
  server.hooks.admit = () => undefined;
  await tab.evaluate(async (options) => {
    window.settled = [];
    window.client = window.createClient({ ...options, logger: null });
    window.client.onSettled(({ id, code }) => window.settled.push(`${id} ${code}`));
    window.client.connect();
    await window.client.send('send_message', { text: 'mark' }, { id: 'mark' });
  }, given);
  return {
    sent: server.received.map(({ id }) => id),
    told: await tab.evaluate(() => window.settled),
  };
}

for (const [what, forget] of [
  ['logs out', () => {}],
  ['logs out and clears its storage', () => localStorage.clear()],
]) {
  test(`a page that ${what} and navigates at once leaves nothing for the next load`, async (t) => {
    const { server, page, open, given } = await start(t);
    await open(page);
    await send(page, 'a', 'b');
    await isKept(page, 2);
    await page.reload();
    await page.evaluate(await bundle(PAGE));
    // The browser may discard a page before the page has requested anything from the disk.
    await page.evaluate(() => {
      IDBFactory.prototype.open = () => ({});
    });
    const isGone = page.waitForEvent('load');
    await page.evaluate(
      ([options, clear]) => {
        const client = window.createClient({ ...options, logger: null });
        client.connect();
        client.logout();
        new Function(`(${clear})()`)();
        location.replace(location.href);
      },
      [given, String(forget)],
    );
    await isGone;
    const { sent, told } = await liveOn(server, page, given);
    assert.deepEqual(sent, ['mark']);
    assert.deepEqual(told.sort(), ['a LOGGED_OUT', 'b LOGGED_OUT', 'mark undefined']);
    await isKept(page, 0);
  });
}

test('a logout after the storage failed leaves nothing for the next load', async (t) => {
  const { server, page, open, given } = await start(t);
  await open(page);
  await send(page, 'a');
  await isKept(page, 1);
  await page.evaluate(() => {
    window.put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
  });
  await send(page, 'b');
  await until(() => page.evaluate(() => window.errors.includes('STORAGE_FAILED')), 'it is told');
  await page.evaluate(() => window.client.logout());
  assert.deepEqual(await page.evaluate(() => window.settled), ['a LOGGED_OUT', 'b LOGGED_OUT']);
  await isKept(page, 0);
  await page.reload();
  assert.deepEqual((await liveOn(server, page, given)).sent, ['mark']);
});

test('a logout while another tab is opening ends the messages that the opening tab has accepted', async (t) => {
  const { server, page, open, given } = await start(t);
  await open(page);
  await send(page, 'mine');
  await isKept(page, 1);
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.evaluate(await bundle(PAGE));
  await other.evaluate(() => {
    // The tab receives nothing from other tabs, and the test decides when its storage opens.
    delete window.BroadcastChannel;
    const { open: openNow } = IDBFactory.prototype;
    const isLet = new Promise((resolve) => {
      window.letGo = resolve;
    });
    IDBFactory.prototype.open = function (...args) {
      const request = {};
      isLet.then(() => Object.assign(openNow.apply(this, args), request));
      return new Proxy(request, {
        get: (_, name) => (name === 'result' ? window.database : request[name]),
        set(_, name, fn) {
          request[name] = ({ target }) => {
            window.database = target.result;
            fn();
          };
          return true;
        },
      });
    };
  });
  await open(other);
  await send(other, 'early');
  await until(
    () => other.evaluate(() => window.client.getState().phase === 'waiting'),
    'it knows the user and tries to connect',
  );
  await page.evaluate(() => window.client.logout());
  server.hooks.admit = () => undefined;
  await other.evaluate(() => window.letGo());
  await until(() => other.evaluate(() => window.settled.length === 1), 'it is told');
  assert.deepEqual(await other.evaluate(() => window.settled), ['early LOGGED_OUT']);
  assert.deepEqual((await liveOn(server, page, given)).sent, ['mark']);
  await isKept(page, 0);
});

test('messages for one engine path are not sent over another one', async (t) => {
  const { server, page, given } = await start(t);
  const payments = { ...given, io: { ...given.io, path: '/payments' } };
  await page.evaluate((options) => {
    window.client = window.createClient({ ...options, logger: null });
    window.client.connect();
    window.client.send('send_message', { text: 'x' }, { id: 'payment' }).catch(() => {});
  }, payments);
  await isKept(page, 1);
  await page.reload();
  assert.deepEqual((await liveOn(server, page, given)).sent, ['mark']);
  await isKept(page, 1);
  await page.reload();
  await page.evaluate(await bundle(PAGE));
  await page.evaluate((options) => {
    window.client = window.createClient({ ...options, logger: null });
    window.client.connect();
  }, payments);
  await until(
    () => page.evaluate(() => window.client.outbox().map(({ id }) => id)[0] === 'payment'),
    'its own path finds it',
  );
});

test('waiting messages are found again whatever the spelling of the URL', async (t) => {
  const { server, page, open, given } = await start(t);
  await open(page);
  await send(page, 'a');
  await isKept(page, 1);
  await page.reload();
  const url = `${server.url.replace('http', 'ws')}/?token=secret`;
  assert.deepEqual((await liveOn(server, page, { ...given, url })).sent, ['a', 'mark']);
});

test('a page that returns from the cache after a logout in another tab sends no older messages', async (t) => {
  const cached = await launchBrowser({ hasCache: true });
  const server = await startChatServer(t);
  server.hooks.admit = () => new Error('not now');
  const pages = await startPages(t);
  const page = await openPage(t, cached, `${pages}/first`);
  const other = await page.context().newPage();
  await other.goto(`${pages}/other`);
  const given = { ...QUICK, url: server.url, io: { transports: ['websocket'] }, userId: 'alice' };
  for (const tab of [page, other]) {
    await tab.evaluate(await bundle(PAGE));
    await tab.evaluate((options) => {
      window.settled = [];
      window.isBack = false;
      addEventListener('pageshow', ({ persisted }) => {
        window.isBack = persisted;
      });
      window.client = window.createClient({ ...options, logger: null });
      window.client.onSettled(({ id, code }) => window.settled.push(`${id} ${code}`));
      window.client.connect();
    }, given);
  }
  await send(page, 'a');
  await isKept(other, 1);
  await page.goto(`${pages}/second`);
  await other.evaluate(() => window.client.logout());
  await isKept(other, 0);
  server.hooks.admit = () => undefined;
  await page.goBack({ waitUntil: 'commit' });
  await until(() => page.evaluate(() => window.isBack), 'the page comes back out of the cache');
  await until(() => page.evaluate(() => window.settled.length === 1), 'it is told');
  assert.deepEqual(await page.evaluate(() => window.settled), ['a LOGGED_OUT']);
  assert.deepEqual(server.received, []);
  await isKept(other, 0);
});
