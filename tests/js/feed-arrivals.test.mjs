// Items that reach a client out of the feed's order: between two processes, and items that are published while a connection
// is made.

import assert from 'node:assert/strict';
import test from 'node:test';
import { createFeed } from '../../pkg/esm/server.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import { api, freshModule, quick, ready, until } from './shell-kit.mjs';

test('an item that arrives before its predecessor waits for it', async (t) => {
  const answer = { items: [], end: '1.a' };
  freshModule(t);
  const server = await startChatServer(t);
  let link;
  server.io.on('connection', (socket) => {
    link = socket;
    socket.on('holdfast:read', (_feed, _at, ack) => ack(answer));
    socket.emit('holdfast:feeds', 1);
  });
  api.configureSocket(quick(server.url, { auth: { userId: 'u1' } }));
  const heard = [];
  api.initializeSocket('u1').on('note', (n) => heard.push(n));
  await ready();
  link.emit('holdfast:item', null, '1.a', '2.a', 'note', 2);
  await until(() => heard.length === 1, 'the first came');
  for (const n of [4, 3, 5]) link.emit('holdfast:item', null, `${n - 1}.a`, `${n}.a`, 'note', n);
  await until(() => heard.includes(5), 'the last came');
  assert.deepEqual(heard, [2, 3, 4, 5]);
});

for (const [how, isEarly] of Object.entries({
  'that is asked for': false,
  'of every connection': true,
})) {
  test(`items published before a client has read arrive once and in order, with a room ${how}`, async (t) => {
    freshModule(t);
    const server = await startChatServer(t);
    const named = (socket) => socket.handshake.auth.userId;
    let published = 0;
    const publish = () => feed.publish('note', ++published);
    // Before the client has said a word, and right behind its `join`.
    server.io.on('connection', (socket) => {
      if (isEarly) socket.join(`user_${named(socket)}`);
      if (published > 0) setImmediate(publish);
      socket.on('join', () => published > 0 && publish());
    });
    const feed = createFeed(server.io, { userId: named }).user('u1');
    api.configureSocket(quick(server.url, { auth: { userId: 'u1' } }));
    const heard = [];
    api.initializeSocket('u1').on('note', (n) => heard.push(n));
    await ready();
    const reads = () => server.io.sockets.adapter.rooms.has('holdfast:feed:u:u1');
    await until(reads, 'the feed is read');
    await publish();
    await until(() => heard.length === 1, 'the first came');
    server.dropAll();
    await publish();
    await until(() => published === 4, 'it is back');
    await until(reads, 'it reads again');
    await publish();
    await until(() => heard.includes(5), 'the last came');
    assert.deepEqual(heard, [1, 2, 3, 4, 5]);
  });
}
