// Components may remove all listeners of an event. The package's own listeners must not be among them.

import assert from 'node:assert/strict';
import test from 'node:test';
import { atEnd } from '../support/at-end.mjs';
import { launchBrowser } from '../support/browser.mjs';
import { CLIENTS } from '../support/bundle.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import {
  assertEachDeliveredOnce,
  assertSavedOnceInOrder,
  configure,
  contents,
  openLab,
  QUICK,
  untilReady,
  untilSettled,
  untilUpgraded,
} from '../support/lab.mjs';
import { createProxy } from '../support/proxy.mjs';
import { until } from '../support/until.mjs';

const EVENTS = [
  ...['connect', 'disconnect', 'connect_error', 'connecting', 'reconnect', 'error'],
  ...['room:joined', 'room:error', 'ping', 'pong', 'force_logout'],
  ...['online_users', 'user_online', 'user_offline', 'presence:update'],
  ...['message:new', 'message:sent', 'message:error', 'message:read', 'message:deleted'],
  ...['typing', 'user_typing', 'notification:new', 'notification:read'],
  ...['friend_request_received', 'friendRequestReceived'],
  ...['friend_request_accepted', 'friendRequestAccepted'],
];

const browser = await launchBrowser();

for (const [version, client] of Object.entries(CLIENTS)) {
  test(`components cannot remove the package's listeners (socket.io-client ${version})`, async (t) => {
    const server = await startChatServer(t);
    const proxy = await createProxy({ target: { port: server.port } });
    atEnd(t, () => proxy.close());
    const page = await openLab(t, browser, server.url, { client });
    await configure(page, { url: proxy.url, ...QUICK }, 'alice');
    await page.evaluate(() => {
      window.received = [];
      window.holdfast.onNewMessage((message) => window.received.push(message.content));
    });
    await untilReady(page);

    assert.deepEqual(await visibleListeners(page), { named: [], any: 0, anyOutgoing: 0 });
    await page.evaluate(() => window.recorder.sendMany(3, 'alice'));
    // Before each cut, because events that the server sends over a link that is cut are lost.
    await untilReceived(page, 3);

    for (const remove of [offEach, offAll, removeAll]) {
      await page.evaluate(remove, EVENTS);
      const joins = server.joins.length;
      await untilUpgraded(server);
      proxy.cut();
      await until(() => server.joins.length > joins, `joined again after ${remove.name}`);
      await untilReady(page);
      const before = await page.evaluate(() => window.received.length);
      await page.evaluate(() => window.recorder.sendMany(3, 'alice'));
      await untilReceived(page, before + 3);
    }

    const entries = await untilSettled(page, 12);
    assertEachDeliveredOnce(entries);
    const sent = contents(entries);
    assertSavedOnceInOrder(contents(server.saved), sent);
    // Listeners that were added through a helper stay until their own cleanup is called.
    assert.deepEqual(await page.evaluate(() => window.received), sent);
    assert.deepEqual(await visibleListeners(page), { named: [], any: 0, anyOutgoing: 0 });
  });
}

test('a listener that is added before connecting receives events of every connection', async (t) => {
  const server = await startChatServer(t);
  const proxy = await createProxy({ target: { port: server.port } });
  atEnd(t, () => proxy.close());
  const page = await openLab(t, browser, server.url);
  await configure(page, { url: proxy.url, ...QUICK });
  await page.evaluate(() => {
    window.heard = [];
    const socket = window.holdfast.getSocket();
    for (const event of ['connect', 'disconnect', 'room:joined']) {
      socket.on(event, () => window.heard.push(event));
    }
    window.holdfast.initializeSocket('alice');
    window.same = window.holdfast.initializeSocket('alice') === socket;
  });
  await untilReady(page);
  await untilUpgraded(server);
  proxy.cut();
  await until(
    () => page.evaluate(() => window.heard.length >= 5),
    async () => `a second connection, heard ${await page.evaluate(() => window.heard)}`,
  );
  const { heard, same } = await page.evaluate(() => ({ heard: window.heard, same: window.same }));
  const once = ['connect', 'room:joined'];
  assert.deepEqual(heard, [...once, 'disconnect', ...once]);
  assert.equal(same, true, 'initializeSocket answers the one Socket');
  assert.equal(server.clients.length, 1);
});

function untilReceived(page, count) {
  return until(
    () => page.evaluate((n) => window.received.length >= n, count),
    async () =>
      `${count} messages at the helper's listener, got ${await page.evaluate(() => window.received)}`,
  );
}

function visibleListeners(page) {
  return page.evaluate((events) => {
    const socket = window.holdfast.getSocket();
    return {
      named: events.filter((event) => socket.listeners(event).length || socket.hasListeners(event)),
      any: socket.listenersAny().length,
      anyOutgoing: socket.listenersAnyOutgoing().length,
    };
  }, EVENTS);
}

// These three run in the page, as a component's code does on unmount.

function offEach(events) {
  const socket = window.holdfast.getSocket();
  for (const event of events) {
    socket.on(event, () => {});
    socket.off(event);
  }
}

function offAll() {
  const socket = window.holdfast.getSocket();
  socket.onAny(() => {});
  socket.off();
  socket.offAny();
  socket.offAnyOutgoing();
}

function removeAll(events) {
  const socket = window.holdfast.getSocket();
  for (const event of events) socket.removeAllListeners(event);
  socket.removeAllListeners();
}
