// Waiting messages are on disk. They survive a reload and a crash of the tab, and are erased as soon as they settle.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launchBrowser } from '../support/browser.mjs';
import { bundle } from '../support/bundle.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import { kept, stored } from '../support/kept.mjs';
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

/** Loads the same page again. */
async function reload(page) {
  await page.reload();
  await page.evaluate(await bundle(PAGE));
}

test('messages from offline are sent after a reload, with their ids and in order', async (t) => {
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

test('messages that settled, were cancelled or logged out are not restored', async (t) => {
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
  // A reload ends a pending write.
  await until(async () => (await stored(page, 'settled')).length > 0, 'the disk knows of it');
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

test('a message that is cancelled right before a reload is not restored', async (t) => {
  const server = await startChatServer(t);
  const page = await openLab(t, browser, server.url);
  server.hooks.admit = () => new Error('not now');
  for (const user of ['one', 'two', 'three', 'four', 'five']) {
    await page.evaluate(await bundle(PAGE));
    const open = (given) => {
      window.client = window.createClient(given);
      window.client.connect();
    };
    const given = { ...options(server.url), userId: user };
    await page.evaluate(open, given);
    await page.evaluate(() => {
      // Both messages are sent in one turn, so they share a segment, which cannot be deleted for the cancelled one.
      for (const id of ['a', 'b']) window.client.send('say', { text: id }, { id }).catch(() => {});
    });
    await until(async () => (await kept(page)).slice(-2).join() === 'a,b', 'both are on disk');
    const loaded = page.waitForEvent('load');
    await page.evaluate(() => {
      window.client.cancel('a');
      window.location.reload();
    });
    await loaded;
    await page.evaluate(await bundle(PAGE));
    await page.evaluate(open, given);
    const waiting = await page.waitForFunction(() => {
      const ids = window.client.outbox().map(({ id }) => id);
      return ids.length > 0 && ids.join();
    });
    assert.equal(await waiting.jsonValue(), 'b', user);
    await page.evaluate(() => window.client.logout());
  }
});

/** Another tab of the same browser profile, with the package loaded. */
async function openTab(page) {
  const tab = await page.context().newPage();
  await tab.goto(page.url());
  await tab.evaluate(await bundle(PAGE));
  return tab;
}

test('a tab takes over the messages of a crashed tab, and sends them once', async (t) => {
  const server = await startChatServer(t);
  server.hooks.admit = () => new Error('not now');
  const page = await openLab(t, browser, server.url);
  const crashing = await openTab(page);
  for (const tab of [page, crashing]) await configure(tab, options(server.url), 'alice');
  await crashing.evaluate(() => {
    for (let n = 0; n < 20; n += 1) {
      window.holdfast.sendMessage({ recipientId: 'bob', content: `m${n}`, _tempId: `id${n}` });
    }
  });
  await until(async () => (await kept(page)).length === 20, 'all are on disk');
  const session = await crashing.context().newCDPSession(crashing);
  session.send('Page.crash').catch(() => {});
  await until(
    () => page.evaluate(() => window.holdfast.getMessageQueueLength() === 20),
    'the other tab has them',
  );
  assert.deepEqual(
    await page.evaluate(() => window.holdfast.getOutbox().map(({ data }) => data.content)),
    Array.from({ length: 20 }, (_, n) => `m${n}`),
  );
  server.hooks.admit = () => undefined;
  await until(() => server.saved.length === 20, 'all are saved');
  await until(async () => (await kept(page)).length === 0, 'nothing is left on disk');
  assert.deepEqual(
    server.received.map(({ id }) => id),
    Array.from({ length: 20 }, (_, n) => `id${n}`),
  );
});

test('a tab that comes back late sends new messages after those that another tab took over', async (t) => {
  const server = await startChatServer(t);
  server.hooks.admit = () => new Error('not now');
  const page = await openLab(t, browser, server.url);
  const other = await openTab(page);
  await configure(other, options(server.url), 'alice');
  const leaving = await openTab(page);
  await configure(leaving, options(server.url), 'alice');
  await leaving.evaluate(() => {
    for (const _tempId of ['a', 'b', 'c']) {
      window.holdfast.sendMessage({ recipientId: 'bob', _tempId });
    }
  });
  await until(async () => (await kept(page)).length === 3, 'all are on disk');
  const address = leaving.url();
  await leaving.goto('about:blank');
  await until(
    () => other.evaluate(() => window.holdfast.getMessageQueueLength() === 3),
    'the other tab has them',
  );
  await leaving.goto(address);
  await leaving.evaluate(await bundle(PAGE));
  await configure(leaving, options(server.url), 'alice');
  const sent = leaving.evaluate(() =>
    window.holdfast.sendMessage({ recipientId: 'bob', _tempId: 'new' }),
  );
  await until(
    () => leaving.evaluate(() => window.holdfast.getMessageQueueLength() === 4),
    'it has them, and the new one',
  );
  server.hooks.admit = () => undefined;
  assert.equal((await sent).success, true);
  assert.deepEqual(
    server.received.map(({ id }) => id),
    ['a', 'b', 'c', 'new'],
  );
});

for (const [name, deafen] of [
  ['are alive', () => {}],
  // Without channels, only the locks show which tabs are open.
  ['are alive and hear nothing of each other', () => delete window.BroadcastChannel],
]) {
  test(`tabs that ${name} keep their own messages`, async (t) => {
    const server = await startChatServer(t);
    server.hooks.admit = () => new Error('not now');
    const page = await openLab(t, browser, server.url);
    await page.evaluate(deafen);
    await configure(page, options(server.url), 'alice');
    await page.evaluate(() => window.holdfast.sendMessage({ to: 'bob', _tempId: 'mine' }) && null);
    await until(async () => (await kept(page)).length === 1, 'it is on disk');
    const other = await openTab(page);
    await other.evaluate(deafen);
    await configure(other, options(server.url), 'alice');
    await other.evaluate(
      () => window.holdfast.sendMessage({ to: 'bob', _tempId: 'theirs' }) && null,
    );
    await until(async () => (await kept(page)).length === 2, 'both are on disk');
    const counts = () =>
      Promise.all(
        [page, other].map((tab) => tab.evaluate(() => window.holdfast.getMessageQueueLength())),
      );
    assert.deepEqual(await counts(), [1, 1]);
    server.hooks.admit = () => undefined;
    await until(() => server.saved.length === 2, 'both are saved');
    assert.equal(server.received.length, 2);
  });
}

test('another user does not get the messages', async (t) => {
  const server = await startChatServer(t);
  server.hooks.admit = () => new Error('not now');
  const page = await openLab(t, browser, server.url);
  await configure(page, options(server.url), 'alice');
  await page.evaluate(() => window.holdfast.sendMessage({ to: 'bob', _tempId: 'hers' }) && null);
  await until(async () => (await kept(page)).length === 1, 'it is on disk');
  await reload(page);
  server.hooks.admit = () => undefined;
  await configure(page, options(server.url), 'carol');
  await page.evaluate(() => window.holdfast.sendMessage({ to: 'bob', _tempId: 'mine' }));
  assert.deepEqual(
    server.received.map(({ id }) => id),
    ['mine'],
  );
  await until(async () => (await kept(page)).join() === 'hers', 'only hers is left');
});

for (const [name, breakIt] of [
  [
    'throws',
    () => {
      indexedDB.open = () => {
        throw new Error('blocked');
      };
    },
  ],
  [
    'fails later',
    () => {
      IDBObjectStore.prototype.put = () => {
        throw new DOMException('full', 'QuotaExceededError');
      };
    },
  ],
]) {
  test(`storage that ${name} costs no message, and is reported`, async (t) => {
    const server = await startChatServer(t);
    const page = await openLab(t, browser, server.url);
    await page.evaluate(await bundle(PAGE));
    await page.evaluate(breakIt);
    const result = await page.evaluate(async (given) => {
      const errors = [];
      const client = window.createClient({
        ...given,
        userId: 'alice',
        logger: null,
        onError: ({ code }) => errors.push(code),
      });
      const replies = [];
      for (let n = 0; n < 5; n += 1) replies.push(client.send('send_message', { n }));
      const all = await Promise.all(replies);
      return [all.map(({ success }) => success), errors];
    }, options(server.url));
    assert.deepEqual(result, [Array(5).fill(true), ['STORAGE_FAILED']]);
  });
}

test('a page that returns from the cache sends the messages that no tab took over', async (t) => {
  const { server, page } = await cachedPage(t);
  server.hooks.admit = () => undefined;
  await page.evaluate(() =>
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })),
  );
  await until(() => server.saved.length === 3, 'all are saved');
  await until(() => page.evaluate(() => window.settled.length === 3), 'and the page is told');
  assert.equal(server.received.length, 3);
});

test('in a page that returns from the cache, messages that another tab sent settle by its report', async (t) => {
  const { server, page } = await cachedPage(t);
  const other = await openTab(page);
  await configure(other, options(server.url), 'alice');
  server.hooks.admit = () => undefined;
  await until(() => server.saved.length === 3, 'the other tab sent them');
  await page.evaluate(() =>
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })),
  );
  await until(() => page.evaluate(() => window.settled.length === 3), 'the page is told');
  assert.deepEqual(await page.evaluate(() => window.settled.map(({ success }) => success)), [
    true,
    true,
    true,
  ]);
  assert.equal(server.received.length, 3, 'nothing was sent by two tabs');
});

/** A page with three messages on disk that has just entered the cache. */
async function cachedPage(t) {
  const server = await startChatServer(t);
  server.hooks.admit = () => new Error('not now');
  const page = await openLab(t, browser, server.url);
  await configure(page, options(server.url), 'alice');
  await page.evaluate(() => {
    window.settled = [];
    for (const id of ['a', 'b', 'c']) {
      const sent = window.holdfast.sendMessage({ to: 'bob', _tempId: id });
      sent.then((result) => window.settled.push(result));
    }
  });
  await until(async () => (await kept(page)).length === 3, 'all are on disk');
  await page.evaluate(() =>
    dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })),
  );
  return { server, page };
}

test('storage that fails later leaves no message that waits forever', async (t) => {
  const server = await startChatServer(t);
  server.hooks.admit = () => new Error('not now');
  const page = await openLab(t, browser, server.url);
  await configure(page, { ...options(server.url), logger: null }, 'alice');
  const send = (id) =>
    page.evaluate((_tempId) => window.holdfast.sendMessage({ to: 'bob', _tempId }) && null, id);
  await send('kept');
  await until(async () => (await kept(page)).length === 1, 'it is on disk');
  await page.evaluate(() => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
  });
  await send('not kept');
  server.hooks.admit = () => undefined;
  await until(() => server.saved.length === 2, 'both are sent');
});

test('a change of user while messages are being saved leaves none of them to the next user', async (t) => {
  const server = await startChatServer(t);
  server.hooks.admit = () => new Error('not now');
  const page = await openLab(t, browser, server.url);
  await configure(page, options(server.url), 'alice');
  await page.evaluate(() => {
    for (let n = 0; n < 50; n += 1) window.holdfast.sendMessage({ to: 'bob', _tempId: `a${n}` });
    window.holdfast.initializeSocket('carol');
    for (let n = 0; n < 5; n += 1) window.holdfast.sendMessage({ to: 'bob', _tempId: `c${n}` });
  });
  const hers = ['c0', 'c1', 'c2', 'c3', 'c4'];
  await until(async () => (await kept(page)).join() === hers.join(), 'only hers are on disk');
  server.hooks.admit = () => undefined;
  await until(() => server.saved.length === 5, 'hers are sent');
  assert.deepEqual(
    server.received.map(({ id }) => id),
    hers,
  );
});

test('a reloaded tab takes over messages of a tab that started sending only after the reload', async (t) => {
  const server = await startChatServer(t);
  server.hooks.admit = () => new Error('not now');
  const page = await openLab(t, browser, server.url);
  const crashing = await openTab(page);
  for (const tab of [page, crashing]) await configure(tab, options(server.url), 'alice');
  // A message is saved only after the journal is open, and the journal announces itself to the other tab when it opens.
  const send = (tab, id) =>
    tab.evaluate((_tempId) => window.holdfast.sendMessage({ to: 'bob', _tempId }) && null, id);
  await send(page, 'before');
  await until(async () => (await kept(page)).length === 1, 'it is on disk');
  await reload(page);
  await configure(page, options(server.url), 'alice');
  await until(
    () => page.evaluate(() => window.holdfast.getMessageQueueLength() === 1),
    'it is back',
  );
  await send(crashing, 'left');
  await until(async () => (await kept(page)).length === 2, 'the other is on disk too');
  const session = await crashing.context().newCDPSession(crashing);
  session.send('Page.crash').catch(() => {});
  await until(
    () => page.evaluate(() => window.holdfast.getMessageQueueLength() === 2),
    'the reloaded tab has it',
  );
});

test('in a page that returns from the cache, messages that a reloaded tab sent settle by its report', async (t) => {
  const { server, page } = await cachedPage(t);
  const other = await openTab(page);
  await configure(other, options(server.url), 'alice');
  const has = (count) => () =>
    other.evaluate((wanted) => window.holdfast.getMessageQueueLength() === wanted, count);
  await until(has(3), 'the other tab has them');
  await reload(other);
  await configure(other, options(server.url), 'alice');
  await until(has(3), 'it has them again');
  await page.evaluate(() =>
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })),
  );
  server.hooks.admit = () => undefined;
  await until(() => page.evaluate(() => window.settled.length === 3), 'the page is told');
  assert.equal(server.received.length, 3, 'nothing was sent by two tabs');
});

test('storage that fails later keeps its lock, and the messages on disk are sent from memory', async (t) => {
  const server = await startChatServer(t);
  server.hooks.admit = () => new Error('not now');
  const page = await openLab(t, browser, server.url);
  await configure(page, { ...options(server.url), logger: null }, 'alice');
  await page.evaluate(() => window.holdfast.sendMessage({ to: 'bob', _tempId: 'kept' }) && null);
  await until(async () => (await kept(page)).length === 1, 'it is on disk');
  const locks = () =>
    page.evaluate(async () => (await navigator.locks.query()).held.map(({ name }) => name));
  const before = await locks();
  assert.equal(before.length, 1);
  await page.evaluate(
    () =>
      new Promise((resolve) => {
        IDBObjectStore.prototype.put = () => {
          setTimeout(resolve);
          throw new DOMException('full', 'QuotaExceededError');
        };
        window.holdfast.sendMessage({ to: 'bob', _tempId: 'not kept' });
      }),
  );
  assert.deepEqual(await locks(), before);
});
