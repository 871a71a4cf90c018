// Each conversation has its own lane, even if its number was used by another one before.

import assert from 'node:assert/strict';
import test from 'node:test';
import { startChatServer } from '../support/chat-server.mjs';
import { client, roundTrip, send, settled, start, until } from './shell-kit.mjs';

test('a new conversation does not wait behind a blocked one', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const came = new Map();
  server.hooks.message = ({ data, ack }) => {
    came.set(data.recipientId, ack);
    if (data.text === 'held') ack({ error: 'RATE_LIMITED', retryAfterMs: 60_000 });
  };
  const sent = async (recipientId, text) => {
    const message = send({ recipientId, text });
    await until(() => came.has(recipientId), `the message to ${recipientId}`);
    await roundTrip(server);
    return message;
  };
  const toAnn = await sent('ann', 'a');
  await sent('bob', 'held');
  came.get('ann')({ success: true });
  await settled(toAnn);
  // The first of these may have the number that was ann's, and no other may have it then.
  await sent('cid', 'held');
  const toDan = await sent('dan', 'a');
  came.get('dan')({ success: true });
  assert.equal((await settled(toDan)).success, true);
});

test('messages to several rooms that were sent while disconnected arrive in send order', async (t) => {
  const server = await startChatServer(t);
  const own = client(t, server, { receipts: false });
  const came = [];
  server.io.on('connection', (socket) => {
    socket.on('select_room', ({ roomId }, ack) => {
      came.push(roomId);
      ack({ success: true });
    });
  });
  const sent = ['A', 'B', 'A', 'C'].map((roomId) => own.send('select_room', { roomId }));
  own.connect();
  await Promise.all(sent);
  assert.deepEqual(came, ['A', 'B', 'A', 'C']);
});

test('fields of events other than the message event name no conversation', async (t) => {
  const server = await startChatServer(t);
  const events = { send: { lane: (data) => data.room } };
  for (const [options, lanes] of [
    [{}, ['r', '']],
    [events, ['q', 'q']],
  ]) {
    const own = client(t, server, options);
    for (const event of ['send_message', 'move']) {
      own.send(event, { roomId: 'r', room: 'q' }).catch(() => {});
    }
    assert.deepEqual(
      own.outbox().map(({ lane }) => lane),
      lanes,
    );
  }
});

test('with the option strict, one message of a conversation is in flight at a time', async (t) => {
  const server = await start(t, { send: { strict: true } }, { user: 'u1' });
  const acks = [];
  server.hooks.message = ({ ack }) => acks.push(ack);
  const messages = [1, 2].map((n) => send({ recipientId: 'ann', n }));
  await until(() => acks.length > 0, 'the first message');
  await roundTrip(server);
  assert.equal(acks.length, 1);
  acks[0]({ success: true });
  await until(() => acks.length > 1, 'the second message');
  acks[1]({ success: true });
  for (const message of messages) await settled(message);
});

test('a message that carries no id is never sent again, because a repeat could not be recognised', async (t) => {
  const server = await startChatServer(t);
  server.hooks.message = () => {};
  const own = client(t, server, { receipts: false });
  const sent = own.send('send_message', 'a text');
  await until(() => server.received.length > 0, 'the text');
  server.dropAll();
  await assert.rejects(sent, { code: 'LINK_LOST', maybeDelivered: true });
  await until(() => own.getState().isReady, 'the next link');
  await roundTrip(server, own.socket);
  assert.equal(server.received.length, 1);
});
