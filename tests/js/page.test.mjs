// What a page tells the client, and what two clocks do. The page is a stand-in: tests/e2e has real ones.

import assert from 'node:assert/strict';
import test from 'node:test';
import { startChatServer } from '../support/chat-server.mjs';
import {
  api,
  client,
  down,
  ready,
  roundTrip,
  send,
  settled,
  start,
  until,
  wallClock,
} from './shell-kit.mjs';

const window = new EventTarget();
const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
/** Who listens to either. */
const listening = new Set();
for (const target of [window, document]) {
  const { addEventListener, removeEventListener } = target;
  target.addEventListener = (event, listener) => {
    listening.add(listener);
    addEventListener.call(target, event, listener);
  };
  target.removeEventListener = (event, listener) => {
    listening.delete(listener);
    removeEventListener.call(target, event, listener);
  };
}
const { addEventListener, removeEventListener } = window;
Object.assign(globalThis, { document, addEventListener, removeEventListener });

const tell = (target, event, fields) =>
  target.dispatchEvent(Object.assign(new Event(event), fields));

test('a page that is merely left keeps its link, one that is cached has none until it is back', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  tell(window, 'pagehide', { persisted: false });
  await roundTrip(server);
  tell(window, 'pageshow', { persisted: false });
  tell(window, 'pagehide', { persisted: true });
  assert.equal(api.isSocketConnected(), false);
  await until(() => server.clients.length === 0, 'the server knows');
  tell(window, 'pageshow', { persisted: true });
  await ready();
});

test('a page that was disconnected by its app stays so when it comes back', async (t) => {
  await start(t, {}, { user: 'u1' });
  api.disconnectSocket();
  tell(window, 'pagehide', { persisted: true });
  tell(window, 'pageshow', { persisted: true });
  assert.equal(api.getSocket().active, false);
});

for (const [what, say] of [
  ['is shown', () => tell(document, 'visibilitychange')],
  ['is resumed', () => tell(document, 'resume')],
  ['is online', () => tell(window, 'online')],
]) {
  test(`a page that ${what} asks at once whether its link is alive`, async (t) => {
    const server = await start(t, {}, { user: 'u1' });
    document.visibilityState = 'hidden';
    tell(document, 'visibilitychange');
    await roundTrip(server);
    assert.equal(server.pings, 0, 'a page that is hidden asks nothing');
    document.visibilityState = 'visible';
    say();
    await until(() => server.pings === 1, 'a ping');
    await ready();
  });
}

test('a link in doubt is believed by whatever it says, also where it said something at the same time', async (t) => {
  const server = await start(t, { health: { event: 'nobody answers this' } }, { user: 'u1' });
  const time = Date.now();
  t.mock.method(Date, 'now', () => time);
  await roundTrip(server);
  tell(document, 'resume');
  assert.equal(api.isConnectionReady(), false);
  await roundTrip(server);
  assert.equal(api.isConnectionReady(), true);
});

test('a client that is destroyed hears nothing of the page any more', async (t) => {
  const own = client(t, await startChatServer(t));
  assert.ok(listening.size > 0);
  own.destroy();
  assert.equal(listening.size, 0);
});

test('a wall clock that leads by more than a little is sleep, and the link is asked', async (t) => {
  // No ping is due by itself.
  const health = { event: 'ping', intervalMs: 3_600_000 };
  const server = await start(t, { health }, { user: 'u1' });
  const jump = wallClock(t);
  jump(1000);
  await settled(send({ text: 'a' }));
  await roundTrip(server);
  assert.equal(server.pings, 0, 'two clocks are never quite the same');
  // Not so long that the heartbeat of socket.io has expired.
  jump(10_000);
  await settled(send({ text: 'b' }));
  await until(() => server.pings === 1, 'a ping');
  await ready();
});

test('time asleep counts for the time to live', async (t) => {
  await start(t, { queue: { ttlMs: 3_600_000 } }, { user: 'u1' });
  api.disconnectSocket();
  await down();
  const message = send({ text: 'a' });
  wallClock(t)(7_200_000);
  api.initializeSocket('u1');
  assert.equal((await settled(message)).error, 'EXPIRED');
});

test('a wait beyond what timers take is no wait of none', async (t) => {
  const spans = [];
  const { setTimeout } = globalThis;
  t.mock.method(globalThis, 'setTimeout', (fn, span, ...args) => {
    spans.push(span);
    return setTimeout(fn, span, ...args);
  });
  const onRejected = () => ({ retryAfterMs: 2 ** 40 });
  // The timer of the deadlines before it stays as it was set.
  const soon = { connectTimeoutMs: 200, onRejected };
  const server = await start(t, { authTimeoutMs: 200, reconnect: soon });
  server.hooks.admit = () => new Error('not yet');
  api.initializeSocket('u1');
  await until(() => spans.includes(2 ** 31 - 1), 'the longest timer that there is');
  assert.ok(spans.every((span) => span === undefined || span < 2 ** 31));
});
