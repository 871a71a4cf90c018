// Blobs: what they hold is read when they are sent, and one that cannot be read ends its own message alone.

import assert from 'node:assert/strict';
import test from 'node:test';
import { startChatServer } from '../support/chat-server.mjs';
import { createSender } from '../support/sender.mjs';
import { until } from '../support/until.mjs';

/** A File that was deleted after it was chosen. */
class Gone extends Blob {
  arrayBuffer() {
    return Promise.reject(new DOMException('The file is gone', 'NotFoundError'));
  }
}

async function setUp(t) {
  const server = await startChatServer(t);
  const sender = createSender(t, server.url, { io: { transports: ['websocket'] } });
  sender.client.connect();
  await sender.untilUp();
  return { server, sender };
}

test('a Blob is sent as what it holds, also within lists and as the payload itself', async (t) => {
  const { server, sender } = await setUp(t);
  // What waits while the server is away has been read by the time that it leaves.
  await server.stop();
  await sender.untilDown();
  const replies = [
    sender.client.send('send_message', { it: [{ deep: new Blob(['one']) }] }),
    sender.client.send('upload', new Blob(['two']), { way: 'received' }),
  ];
  const [{ data }] = sender.client.outbox();
  await until(() => sender.client.outbox()[1].data instanceof ArrayBuffer, 'it was read');
  assert.ok(data.it[0].deep instanceof Blob || data.it[0].deep instanceof ArrayBuffer);
  await server.listen();
  await Promise.all(replies);
  const came = Object.fromEntries(server.came.map(({ event, args }) => [event, args[0]]));
  assert.equal(String(came.send_message.it[0].deep), 'one');
  assert.equal(String(came.upload), 'two');
});

test('a File that cannot be read is refused with the reason, and its lane goes on', async (t) => {
  const { server, sender } = await setUp(t);
  await server.stop();
  await sender.untilDown();
  const gone = sender.client.send('send_message', { it: new Gone(['x']) }, { id: 'gone' });
  const after = sender.client.send('send_message', { it: 1 }, { id: 'after' });
  const failed = assert.rejects(gone, {
    code: 'INVALID_MESSAGE_PAYLOAD',
    message: /The file is gone/,
    maybeDelivered: false,
  });
  await server.listen();
  await failed;
  await after;
  assert.deepEqual(
    server.received.map(({ id }) => id),
    ['after'],
  );
  assert.equal(server.handshakes.length, 2, 'no connection was lost over it');
});
