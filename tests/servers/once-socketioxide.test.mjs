// The client against the deduplicator of holdfast-server. Links end while messages are received but not answered, the
// server is killed in between, and each message takes effect once.

import assert from 'node:assert/strict';
import test from 'node:test';
import { atEnd } from '../support/at-end.mjs';
import { createProxy } from '../support/proxy.mjs';
import {
  assertAllInOrder,
  createSender,
  messagesOf,
  repeats,
  TRANSPORTS,
} from '../support/sender.mjs';
import { prepareServer, startServer } from '../support/servers.mjs';

const MESSAGES = 200;
const BURST = 40;

const skip = await prepareServer('socketioxide');

test('200 messages take effect once in holdfast-server', { skip, concurrency: 3 }, async (t) => {
  const cases = TRANSPORTS.map(({ via, transports }) =>
    t.test(via, (t) => takeEffectOnce(t, transports)),
  );
  await Promise.all(cases);
});

async function takeEffectOnce(t, transports) {
  const server = await startServer(t, 'socketioxide', { mode: 'acks', deduplicates: true });
  const proxy = await createProxy({ target: { port: server.port } });
  atEnd(t, () => proxy.close());
  const sender = createSender(t, proxy.url, { io: { transports } });
  sender.client.connect();
  await sender.untilUp();

  // A message that was received but not answered when a link ends has to be sent again.
  let again = 0;
  for (let round = 0; round * BURST < MESSAGES; round += 1) {
    sender.send(BURST);
    await server.untilTaken(round * BURST + 10);
    // The third link ends because the server is killed.
    proxy.refuse();
    if (round === 2) await server.kill();
    else proxy.cut();
    await sender.untilDown();
    const taken = new Set(messagesOf((await server.read()).taken).map(({ n }) => n));
    again += sender.unsettled.filter(({ n }) => taken.has(n)).length;
    if (round === 2) await server.start();
    proxy.refuse(false);
    await sender.untilUp();
    await sender.untilSettled((round + 1) * BURST);
  }

  const { taken, connections } = await server.read();
  t.diagnostic(`taken and unanswered when links ended: ${again}; ${connections} connections`);
  assert.equal(sender.sent.length, MESSAGES);
  sender.assertEachDelivered();
  sender.assertConfirmedBy('ack');
  assert.deepEqual(repeats(messagesOf(taken)), [], 'taken twice');
  assertAllInOrder(messagesOf(taken), MESSAGES);
  assert.ok(again > 0, 'no message had to be sent again, so the test proved nothing');
}
