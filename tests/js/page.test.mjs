// Events of the page, and the two clocks. The page is simulated here. tests/e2e has real ones.

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

test('a page keeps its link on a plain pagehide, and a cached one has none until it is back', async (t) => {
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

test('a page that its app disconnected stays disconnected when it returns', async (t) => {
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
  test(`a page that ${what} probes its link at once`, async (t) => {
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

test('any packet on a link in doubt proves it alive, even at the same moment', async (t) => {
  const server = await start(t, { health: { event: 'nobody answers this' } }, { user: 'u1' });
  const time = Date.now();
  t.mock.method(Date, 'now', () => time);
  await roundTrip(server);
  tell(document, 'resume');
  assert.equal(api.isConnectionReady(), false);
  await roundTrip(server);
  assert.equal(api.isConnectionReady(), true);
});

test('a destroyed client receives no more events of the page', async (t) => {
  const own = client(t, await startChatServer(t));
  assert.ok(listening.size > 0);
  own.destroy();
  assert.equal(listening.size, 0);
});

test('a wall clock that jumps ahead means sleep, and the link is probed', async (t) => {
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

test('time asleep counts towards the time to live', async (t) => {
  await start(t, { queue: { ttlMs: 3_600_000 } }, { user: 'u1' });
  api.disconnectSocket();
  await down();
  const message = send({ text: 'a' });
  wallClock(t)(7_200_000);
  api.initializeSocket('u1');
  assert.equal((await settled(message)).error, 'EXPIRED');
});

test('a delay beyond the range of timers does not fire at once', async (t) => {
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
