// Servers that accept any namespace, or refuse each one in their own middleware. There a receipt proves nothing, and must
// leave nothing behind.

import assert from 'node:assert/strict';
import test from 'node:test';
import { io } from 'socket.io-client';
import { acknowledge, startBareServer } from '../support/bare-server.mjs';
import { assertAllInOrder, createSender, messagesOf, TRANSPORTS } from '../support/sender.mjs';

const MESSAGES = 1_000;
/** The most that the package may add on a server, however many messages are sent. */
const EXTRA = 2;

for (const refuses of [false, true]) {
  for (const { via, transports } of TRANSPORTS) {
    const what = refuses ? 'a middleware refuses' : 'the server accepts';
    test(`1,000 messages leave nothing behind where ${what} every namespace: ${via}`, async (t) => {
      const plain = await runPlain(t, { refuses, transports });
      const ours = await runOurs(t, { refuses, transports });
      t.diagnostic(`plain ${JSON.stringify(plain)}, ours ${JSON.stringify(ours)}`);
      assert.ok(ours.namespaces <= plain.namespaces + EXTRA, 'namespaces on the server');
      assert.ok(ours.handlers <= plain.handlers + EXTRA, 'connection handlers that ran');
      assert.equal(ours.connections, 1, 'connections');
    });
  }
}

async function runPlain(t, { refuses, transports }) {
  const { server, count } = await startDynamicServer(t, refuses);
  const socket = io(server.url, { forceNew: true, ...(transports && { transports }) });
  t.after(() => socket.disconnect());
  const replies = [];
  for (let n = 0; n < MESSAGES; n += 1) {
    replies.push(socket.emitWithAck('send_message', { n, _tempId: `plain${n}` }));
  }
  await Promise.all(replies);
  return count();
}

async function runOurs(t, { refuses, transports }) {
  const { server, count } = await startDynamicServer(t, refuses);
  const sender = createSender(t, server.url, { io: { transports } });
  sender.client.connect();
  // In several turns, so that each turn needs its own receipt.
  for (let sent = 0; sent < MESSAGES; sent += 100) {
    sender.send(100);
    await sender.untilSettled(sent + 50);
  }
  await sender.untilSettled(MESSAGES);
  sender.assertEachDelivered();
  const messages = messagesOf(server.taken);
  assertAllInOrder(messages, MESSAGES);
  assert.equal(messages.length, MESSAGES, 'each came once');
  return count();
}

async function startDynamicServer(t, refuses) {
  const engines = new Set();
  let handlers = 0;
  const connected = ({ conn }) => {
    engines.add(conn.id);
    handlers += 1;
  };
  const server = await startBareServer(t, { take: acknowledge, connected });
  const dynamic = server.io.of(/.*/);
  if (refuses) dynamic.use((_socket, next) => next(new Error('Not here')));
  dynamic.on('connection', (socket) => {
    handlers += 1;
    server.serve(socket);
  });
  // socket.io has no public API for its namespaces.
  const count = () => ({ namespaces: server.io._nsps.size, handlers, connections: engines.size });
  return { server, count };
}
