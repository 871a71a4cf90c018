// Servers that end links: one with a flood guard, and one that ends each link after three seconds.

import assert from 'node:assert/strict';
import test from 'node:test';
import { io } from 'socket.io-client';
import { acknowledge, startBareServer } from '../support/bare-server.mjs';
import { createSender, messagesOf } from '../support/sender.mjs';
import { until } from '../support/until.mjs';

const MESSAGES = 60;
const EVENTS_A_SECOND = 10;
const GUARDS = {
  'closes the connection of': (socket) => socket.conn.close(),
  disconnects: (socket) => socket.disconnect(true),
};
const LIFE_MS = 3_000;
const LIVES = 12;

test('messages arrive at servers that end links', { concurrency: 8 }, async (t) => {
  const cases = [];
  for (const [how, kick] of Object.entries(GUARDS)) {
    for (const mode of ['acks', 'silent']) {
      const name = `a server that ${how} who sends over 10 events a second: ${mode}`;
      cases.push(t.test(name, (t) => passGuard(t, kick, mode)));
    }
  }
  cases.push(t.test('links of three seconds: the share of time offline', listen));
  await Promise.all(cases);
});

async function passGuard(t, kick, mode) {
  // Counted per user, over all connections.
  let times = [];
  const take = (taken, socket) => {
    const now = performance.now();
    times = [...times.filter((time) => now - time < 1_000), now];
    if (times.length > EVENTS_A_SECOND) kick(socket);
    else if (mode === 'acks') acknowledge(taken);
  };
  const server = await startBareServer(t, { take });
  const sender = createSender(t, server.url, {
    send: mode === 'silent' ? { ackTimeoutMs: 1_000 } : {},
  });
  sender.client.connect();
  await sender.untilUp();
  sender.send(MESSAGES);
  const started = performance.now();
  await sender.untilSettled(MESSAGES, 150_000);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  t.diagnostic(`${seconds} s, ${server.connections} connections`);
  sender.assertEachDelivered();
  const came = new Set(messagesOf(server.taken).map(({ n }) => n));
  assert.equal(came.size, MESSAGES);
}

/** The package and plain socket.io-client against the same server, each with its own defaults. */
async function listen(t) {
  const ends = new Map();
  const connected = (socket) => {
    const end = setTimeout(() => socket.conn.close(), LIFE_MS);
    ends.set(socket.id, end);
    socket.on('disconnect', () => clearTimeout(end));
  };
  const servers = [
    await startBareServer(t, { connected }),
    await startBareServer(t, { connected }),
  ];
  t.after(() => ends.forEach(clearTimeout));
  const plain = io(servers[0].url, { forceNew: true });
  t.after(() => plain.disconnect());
  const sender = createSender(t, servers[1].url, { reconnect: DEFAULT_RECONNECT });
  sender.client.connect();
  const clocks = { plain: offlineClock(plain), ours: offlineClock(sender.client.socket) };
  await until(() => servers[0].connections > LIVES, 'the links of the plain client', 120_000);
  const shares = Object.entries(clocks).map(([name, share]) => {
    return `${name} ${(100 * share()).toFixed(0)} %`;
  });
  t.diagnostic(`offline: ${shares.join(', ')}`);
  assert.ok(servers[1].connections > 1, 'it connects again');
}

const DEFAULT_RECONNECT = { minMs: 1_000, maxMs: 30_000, spreadMs: 3_000, stableMs: 5_000 };

/** Counts from the first connect. @returns {() => number} the share of the time without a link */
function offlineClock(socket) {
  let began;
  let lostAt = null;
  let offline = 0;
  socket.on('connect', () => {
    const now = performance.now();
    began ??= now;
    if (lostAt !== null) offline += now - lostAt;
    lostAt = null;
  });
  socket.on('disconnect', () => (lostAt = performance.now()));
  return () => {
    const now = performance.now();
    return (offline + (lostAt === null ? 0 : now - lostAt)) / (now - began);
  };
}
