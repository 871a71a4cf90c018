// The page's lifecycle: hidden and shown, into the back-forward cache and back, offline and back.

import assert from 'node:assert/strict';
import test from 'node:test';
import { atEnd } from '../support/at-end.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import { createProxy } from '../support/proxy.mjs';
import { until } from '../support/until.mjs';
import {
  assertSaved,
  connect,
  ENTRIES,
  engine,
  idsOf,
  numbered,
  openBrowser,
  send,
  sendMany,
  servePage,
  untilConnected,
  untilDown,
} from './kit.mjs';

const MESSAGES = 5;
/** Nobody waits so long for an attempt by itself. */
const LONG_MS = 2_000_000_000;

for (const entry of ENTRIES) {
  test(`a page that another tab hides goes on, and is the same when it is shown: ${entry}`, async (t) => {
    const page = await servePage(t);
    const server = await startChatServer(t);
    const browser = await openBrowser(t);
    const tab = await browser.open(page);
    await connect(tab, server.url, { entry });
    await untilConnected(tab);
    await tab.run(() => {
      window.states = [];
      document.addEventListener('visibilitychange', () =>
        window.states.push(document.visibilityState),
      );
    });
    const other = await browser.open(`${page}other`, 'tab');
    await other.show();
    await sendMany(tab, MESSAGES);
    await until(() => server.saved.length === MESSAGES, 'what a hidden page sends');
    await tab.show();
    t.diagnostic(`visibility changed to: ${await tab.run(() => window.states.join())}`);
    await sendMany(tab, MESSAGES);
    await until(() => server.saved.length === 2 * MESSAGES, 'what it sends when it is back');
    assertSaved(server, numbered(2 * MESSAGES));
    assert.equal(server.handshakes.length, 1, 'one link all the time');
  });

  test(`a page that is left and comes back by the back button sends what waited: ${entry}`, async (t) => {
    const page = await servePage(t);
    const server = await startChatServer(t);
    const browser = await openBrowser(t);
    const tab = await browser.open(page);
    await connect(tab, server.url, { entry });
    await untilConnected(tab);
    await send(tab, 'before');
    await until(() => server.saved.length === 1, 'it is connected');
    await server.stop();
    await untilDown(tab);
    await sendMany(tab, MESSAGES);
    if (entry === 'holdfast') {
      await until(async () => (await tab.run(() => window.lab.kept())).length === MESSAGES, 'kept');
    }
    await tab.goto(`${page}other`);
    await server.listen();
    await tab.back();
    const isBack = await tab.run(() => window.lab.heard.includes('pageshow true'));
    t.diagnostic(`from the cache: ${isBack}`);
    // Where the engine has made the page anew, the app connects again, and memory is gone.
    if (!isBack) await connect(tab, server.url, { entry });
    if (isBack || entry === 'holdfast') {
      await until(
        () => server.saved.length > MESSAGES,
        () => `what waited arrives; ${idsOf(server.saved)} did`,
        20_000,
      );
    }
    await send(tab, 'after');
    await until(() => idsOf(server.saved).includes('after'), 'the page goes on', 20_000);
    const waited = isBack || entry === 'holdfast' ? numbered(MESSAGES, 'm', 1) : [];
    assertSaved(server, ['before', ...waited, 'after']);
  });

  test(`a page with a live link that is left is connected when it is back: ${entry}`, async (t) => {
    const page = await servePage(t);
    const server = await startChatServer(t);
    const browser = await openBrowser(t);
    const tab = await browser.open(page);
    const left = [];
    server.io.on('connection', (socket) => socket.on('disconnect', (why) => left.push(why)));
    await connect(tab, server.url, { entry });
    await untilConnected(tab);
    await send(tab, 'before');
    await until(() => server.saved.length === 1, 'it is connected');
    await tab.goto(`${page}other`);
    // Chromium keeps the WebSocket of a page in its cache open, and `holdfast/io` leaves that to socket.io-client.
    if (entry === 'holdfast')
      await until(() => left.length === 1, 'the server knows that it is gone');
    await tab.back();
    const isBack = await tab.run(() => window.lab.heard.includes('pageshow true'));
    t.diagnostic(`from the cache: ${isBack}; the server heard ${left}`);
    if (!isBack) await connect(tab, server.url, { entry });
    await untilConnected(tab);
    await send(tab, 'after');
    await until(() => server.saved.length === 2, 'the page goes on');
    assertSaved(server, ['before', 'after']);
  });
}

test('a page that waits long for its next attempt makes it when the network is back', {
  skip: engine.setOffline ? false : 'its driver cannot take the network away',
}, async (t) => {
  const page = await servePage(t);
  const server = await startChatServer(t);
  const proxy = await createProxy({ target: { port: server.port } });
  atEnd(t, () => proxy.close());
  const browser = await openBrowser(t);
  const tab = await browser.open(page);
  // After a stable link the first wait is drawn from all of this span.
  const reconnect = { minMs: 50, maxMs: 500, stableMs: 0, spreadMs: LONG_MS };
  await connect(tab, proxy.url, { options: { reconnect } });
  await untilConnected(tab);
  await send(tab, 'before');
  await until(() => server.saved.length === 1, 'it is connected');
  await engine.setOffline(browser.session, true);
  await tab.until(() => !navigator.onLine, [], 'the page is offline');
  proxy.cut();
  await untilDown(tab);
  await sendMany(tab, MESSAGES);
  await engine.setOffline(browser.session, false);
  await until(() => server.saved.length > MESSAGES, 'what waited arrives', 15_000);
  assertSaved(server, ['before', ...numbered(MESSAGES, 'm', 1)]);
  assert.equal(server.handshakes.length, 2);
});
