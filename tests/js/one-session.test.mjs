// A server that ends a user's older connection when a newer one connects, and two tabs of that user.

import assert from 'node:assert/strict';
import test from 'node:test';
import { acknowledge, startBareServer } from '../support/bare-server.mjs';
import { freezeTime } from '../support/frozen-time.mjs';
import { createSender } from '../support/sender.mjs';
import { until } from '../support/until.mjs';
import { collectReports, NO_HEARTBEAT } from './shell-kit.mjs';

const MINUTE_MS = 60_000;
const WAYS = {
  'old.disconnect()': (old) => old.disconnect(),
  'old.disconnect(true)': (old) => old.disconnect(true),
};
const DEFAULTS = { minMs: 1_000, maxMs: 30_000, spreadMs: 3_000, stableMs: 5_000 };

/** Two tabs of one user, and time that goes on from each attempt to the next. */
async function startTabs(t, end, options) {
  const clock = freezeTime(t);
  let old;
  const server = await startBareServer(t, {
    ...NO_HEARTBEAT,
    take: acknowledge,
    connected(socket) {
      if (old) end(old);
      old = socket;
    },
  });
  const tabs = [0, 1].map(() => {
    const io = { transports: ['websocket'] };
    const { reconnect, ...others } = options;
    return createSender(t, server.url, {
      io,
      health: false,
      receipts: false,
      reconnect: { ...DEFAULTS, ...reconnect },
      ...others,
    });
  });
  const phases = () => tabs.map(({ client }) => client.getState().phase).sort();
  const untilOneIsUp = (other) =>
    until(
      () => String(phases()) === `${['ready', other].sort()}`,
      () => `one up: ${phases()}`,
    );
  tabs[0].client.connect();
  await until(() => tabs[0].isUp, 'the first tab is up');
  tabs[1].client.connect();
  return {
    clock,
    server,
    tabs,
    untilOneIsUp,
    /** Plays so many minutes. @returns {Promise<number>} the connections that were made */
    async play(minutes) {
      const before = server.connections;
      const end = clock.now() + minutes * MINUTE_MS;
      for (;;) {
        await untilOneIsUp('waiting');
        const [{ client }] = tabs.filter(({ isUp }) => !isUp);
        const at = client.getState().nextAttemptAt;
        if (at > end) break;
        const { connections } = server;
        clock.advance(at - clock.now());
        await until(() => server.connections > connections, 'the next connection');
      }
      clock.advance(end - clock.now());
      return server.connections - before;
    },
  };
}

for (const [way, end] of Object.entries(WAYS)) {
  test(`two tabs of one session do not replace each other forever: ${way}`, async (t) => {
    const { tabs, clock, play } = await startTabs(t, end, {});
    const first = await play(5);
    const later = await play(60);
    t.diagnostic(`${first / 5} connections a minute in the first five, ${later / 60} then`);
    assert.ok(first <= 20, `${first} connections in five minutes`);
    assert.ok(later <= 60, `${later} connections in the hour after them`);

    // What is sent in the tab that has been waiting for minutes leaves within the ordinary longest wait.
    const [waiting] = tabs.filter(({ isUp }) => !isUp);
    waiting.send(1);
    const at = waiting.client.getState().nextAttemptAt;
    assert.ok(at - clock.now() <= DEFAULTS.maxMs, `${at - clock.now()} ms`);
    clock.advance(Math.max(1, at - clock.now()));
    await waiting.untilSettled(1);
    waiting.assertEachDelivered();
  });
}

test('if the app answers stop, the tab that was ended last stays disconnected and keeps its messages', async (t) => {
  const told = [];
  const { tabs, server, clock, untilOneIsUp } = await startTabs(t, WAYS['old.disconnect(true)'], {
    reconnect: {
      onServerDisconnect(...details) {
        told.push(details);
        return 'stop';
      },
    },
  });
  await untilOneIsUp('idle');
  const [stopped] = tabs.filter(({ isUp }) => !isUp);
  assert.equal(stopped, tabs[0], 'the older connection');
  stopped.send(1);
  clock.advance(60 * MINUTE_MS);
  assert.equal(stopped.client.getState().phase, 'idle');
  assert.equal(stopped.client.socket.active, false);
  assert.equal(server.connections, 2);
  assert.deepEqual(told, [[{ reason: 'io server disconnect' }]]);

  stopped.client.connect();
  await stopped.untilSettled(1);
  stopped.assertEachDelivered();
});

test('the answer of the app to a disconnect by the server decides, and any other value is a retry', async (t) => {
  const reported = collectReports(t);
  const answers = [
    () => ({ retryAfterMs: 600_000 }),
    () => 'retry',
    () => undefined,
    () => {
      throw new Error('of the app');
    },
    () => 'perhaps',
  ];
  let asked = 0;
  const server = await startBareServer(t);
  const reconnect = { onServerDisconnect: () => answers[asked++]() };
  const { client } = createSender(t, server.url, { reconnect });
  client.connect();
  const isUp = () => server.clients.length === 1 && client.getState().isReady;
  for (const count of answers.keys()) {
    await until(isUp, 'up');
    const before = Date.now();
    server.clients[0].disconnect();
    await until(() => asked === count + 1, 'asked');
    const wait = client.getState().nextAttemptAt - before;
    // The clocks of the page and of the wall are read one after the other.
    assert.equal(wait > 599_000, count === 0, `${wait} ms`);
    client.disconnect();
    client.connect();
  }
  assert.deepEqual(
    reported.map(({ message }) => message),
    ['of the app', 'A verdict is retry,stop, or { retryAfterMs }'],
  );
  await until(isUp, 'up');
  server.clients[0].conn.close();
  await until(() => server.connections === answers.length + 2, 'another link');
  assert.equal(asked, answers.length, 'a connection that breaks is no disconnect by the server');
});
