// 200 messages to a server that is killed three times. The tests of all kinds of servers share this run.

import assert from 'node:assert/strict';
import test from 'node:test';
import { assertAllInOrder, createSender, messagesOf, repeats, TRANSPORTS } from './sender.mjs';
import { prepareServer, startServer } from './servers.mjs';

const MESSAGES = 200;
const CONFIRMED_BY = { acks: 'ack', silent: 'receipt' };

/**
 * Registers a test for each transport, with and without acknowledgements. They run concurrently.
 *
 * @param {string} kind
 * @param {{ skip: string | false }} options
 */
export function testKills(kind, { skip }) {
  test(`200 messages survive three kills of ${kind}`, { skip, concurrency: 3 }, async (t) => {
    const cases = [];
    for (const mode of ['silent', 'acks']) {
      for (const { via, transports } of TRANSPORTS) {
        const what = mode === 'acks' ? 'acknowledging' : 'never acknowledging';
        cases.push(t.test(`${what}, ${via}`, (t) => surviveKills(t, kind, { mode, transports })));
      }
    }
    await Promise.all(cases);
  });
}

async function surviveKills(t, kind, { mode, transports }) {
  // The first kill hits in the middle of the first burst.
  const server = await startServer(t, kind, { mode, dieAfter: 25 });
  const sender = createSender(t, server.url, {
    io: { transports },
    // Without acknowledgements, the client waits for this deadline before it asks for a receipt.
    send: mode === 'silent' ? { ackTimeoutMs: 500 } : {},
  });
  const unsettledAtKill = [];
  const noteKill = async () => {
    await server.untilGone();
    await sender.untilDown();
    unsettledAtKill.push(new Set(sender.unsettled.map(({ n }) => n)));
  };

  sender.client.connect();
  await sender.untilUp();
  sender.send(50);
  await noteKill();
  sender.send(10);

  // The second kill hits while a burst is handed over, so part of it is written to a dead connection.
  await server.start();
  const struck = new Promise((resolve) => {
    sender.onceSettled(30, () => {
      sender.send(40);
      resolve(server.kill());
    });
  });
  await sender.untilSettled(30);
  await struck;
  await noteKill();
  sender.send(20);

  // The third kill hits while the waiting messages are sent.
  await server.start({ dieAfter: 30 });
  await noteKill();
  sender.send(20);

  await server.start();
  await sender.untilUp();
  sender.send(MESSAGES - sender.sent.length);
  await sender.untilSettled(MESSAGES);

  const { taken, connections } = await server.read();
  const messages = messagesOf(taken);
  const again = repeats(messages);
  const counts = unsettledAtKill.map(({ size }) => size);
  t.diagnostic(
    `unsettled at each kill ${counts.join(', ')}; taken again ${again.length}; ${connections} connections`,
  );
  sender.assertEachDelivered();
  assertAllInOrder(messages, MESSAGES);
  const unfounded = again.filter((n) => !unsettledAtKill.some((numbers) => numbers.has(n)));
  assert.deepEqual(unfounded, [], 'taken again, though settled at each kill');
  for (let life = 0; life < server.starts; life += 1) {
    const inLife = repeats(messages.filter((entry) => entry.life === life));
    assert.deepEqual(inLife, [], `taken twice in life ${life} of the server`);
  }
  assert.equal(server.starts, 4);
  assert.ok(
    counts.every((size) => size > 0),
    'each kill struck while messages were unsettled',
  );
  sender.assertConfirmedBy(CONFIRMED_BY[mode]);
}

/** Prepares a kind of server, and registers its tests. */
export async function testServer(kind) {
  testKills(kind, { skip: await prepareServer(kind) });
}
