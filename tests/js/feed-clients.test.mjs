// Clients with feeds next to clients without, and the servers' apps around them.

import assert from 'node:assert/strict';
import test from 'node:test';
import parser from 'socket.io-msgpack-parser';
import { createFeed, memoryFeeds } from '../../pkg/esm/server.mjs';
import { startBareServer } from '../support/bare-server.mjs';
import { dialFeed, startFeed, upTo } from '../support/feed-kit.mjs';
import { until } from '../support/until.mjs';

test('each client receives each event once, as an item or as a plain event', async (t) => {
  const { feed, dial } = await startFeed(t, { connected: (socket) => socket.join('open-1') });
  const [both, own, room, none] = [
    await dial('ann'),
    await dial('ann'),
    await dial('ann'),
    await dial('ann', { transports: ['polling'] }),
  ];
  await both.read(null, null);
  await both.read('open-1', null);
  await own.read(null, null);
  await room.read('open-1', null);
  for (const n of upTo(20)) {
    await feed.user('ann').publish('own', n);
    await feed.room('open-1').publish('room', n);
  }
  for (const link of [both, own, room, none]) {
    await until(() => link.items.length + link.plain.length === 40, 'forty events');
    await link.barrier();
    const items = link.items.map((item) => item.slice(3));
    const inOrder = (event) =>
      [...items, ...link.plain].filter(([name]) => name === event).map(([, n]) => n);
    assert.deepEqual([inOrder('own'), inOrder('room')], [upTo(20), upTo(20)]);
  }
  const shares = [both, own, room, none].map(({ items, plain }) => [items.length, plain.length]);
  assert.deepEqual(shares, [
    [40, 0],
    [20, 20],
    [20, 20],
    [0, 40],
  ]);
});

test('connections that existed before the feed are told about it', async (t) => {
  const server = await startBareServer(t);
  let connections = 0;
  server.io.on('connection', () => {
    connections += 1;
  });
  const dialing = dialFeed(t, server.url, 'ann');
  await until(() => connections === 1, 'the connection');
  const feed = createFeed(server.io, { userId: (socket) => socket.handshake.auth.userId });
  const link = await dialing;
  await link.read(null, null);
  await feed.user('ann').publish('n', 1);
  await until(() => link.items.length === 1, 'the item');
  assert.equal(link.announced, 1);
});

test('an app’s own listeners, catch-alls and rooms keep working next to a feed', async (t) => {
  const { server, io, feed, dial } = await startFeed(t, {
    connected(socket) {
      socket.on('question', (ack) => ack('answer'));
    },
  });
  const sent = [];
  io.on('connection', (socket) => socket.onAnyOutgoing((...event) => sent.push(event)));
  const link = await dial('ann');
  const { end } = await link.read(null, null);
  assert.equal(await link.socket.emitWithAck('question'), 'answer');
  assert.deepEqual(
    server.taken.map(({ event }) => event),
    ['holdfast:read', 'question'],
  );
  await feed.user('ann').publish('n', { deep: [1] });
  io.to('user_ann').emit('plain', 2);
  await until(() => link.items.length === 1 && link.plain.length === 1, 'both');
  // Over a link that has nothing to send, so that it is not left out.
  await link.barrier();
  io.volatile.emit('volatile', 3);
  await until(() => link.plain.length === 2, 'the volatile one');
  assert.deepEqual(sent, [
    ['holdfast:item', null, end, link.items[0][2], 'n', { deep: [1] }],
    ['plain', 2],
    ['volatile', 3],
  ]);
});

test('a feed belongs to one namespace only', async (t) => {
  const { server, io, feed, dial } = await startFeed(t);
  const other = createFeed(io.of('/other'), {
    userId: (socket) => socket.handshake.auth.userId,
    userRoom: (id) => `other:${id}`,
  });
  const main = await dial('ann');
  const side = await dialFeed(t, `${server.url}/other`, 'ann');
  const plain = await dialFeed(t, `${server.url}/other`, 'ann');
  io.of('/other').sockets.get(plain.socket.id).join('other:ann');
  for (const link of [main, side]) await link.read(null, null);
  await feed.user('ann').publish('n', 'main');
  await other.user('ann').publish('n', 'other');
  await until(() => main.items.length && side.items.length && plain.plain.length, 'one each');
  for (const link of [main, side, plain]) await link.barrier();
  assert.deepEqual(
    [main, side].map(({ items }) => items.map((item) => item.at(-1))),
    [['main'], ['other']],
  );
  assert.deepEqual([plain.plain, main.plain, side.plain], [[['n', 'other']], [], []]);
});

test('feeds work with another parser as with JSON', async (t) => {
  const { feed, dial } = await startFeed(t, { io: { parser } });
  const [reader, plain] = [await dial('ann', { parser }), await dial('ann', { parser })];
  const { end } = await reader.read(null, null);
  const args = [{ text: 'é', list: [1, null] }, Buffer.from([0, 255]), new Date(0)];
  const expected = ['n', args[0], args[1], '1970-01-01T00:00:00.000Z'];
  await feed.user('ann').publish('n', ...args);
  await feed.user('ann').publish('m', args[0]);
  await until(() => reader.items.length === 2 && plain.plain.length === 2, 'two each');
  assert.deepEqual(reader.items[0].slice(3), expected);
  assert.deepEqual(plain.plain[0], expected);
  const { items } = await reader.read(null, end);
  assert.deepEqual(items[0].slice(1), expected);
  assert.deepEqual(items[1].slice(1), ['m', args[0]]);
});

test('an encoder of the app and an adapter that is set later are used', async (t) => {
  const { io, feed, dial } = await startFeed(t);
  const { adapter } = io.sockets;
  const link = await dial('ann');
  await link.read(null, null);
  await feed.user('ann').publish('n', 1);
  class Counting extends adapter.constructor {
    broadcast(packet, options) {
      packets.push(packet.data[0]);
      super.broadcast(packet, options);
    }
  }
  const packets = [];
  const counting = new Counting(io.sockets);
  Object.assign(counting, { rooms: adapter.rooms, sids: adapter.sids });
  io.sockets.adapter = counting;
  await feed.user('ann').publish('n', 2);
  await until(() => link.items.length === 2, 'both items');
  assert.deepEqual(packets, ['holdfast:item', 'n']);
});

test('a room with very many listeners gets each item once, with and without reading', async (t) => {
  const { feed, dial } = await startFeed(t, {
    feed: { store: memoryFeeds() },
    connected: (socket) => socket.join('open-1'),
  });
  const links = await Promise.all(upTo(60).map((n) => dial(`u${n}`)));
  for (const link of links.slice(0, 30)) await link.read('open-1', null);
  for (const n of upTo(30)) await feed.room('open-1').publish('n', n);
  for (const [at, link] of links.entries()) {
    await until(() => link.items.length + link.plain.length === 30, 'thirty');
    const heard = at < 30 ? link.items : link.plain;
    assert.deepEqual(
      heard.map((event) => event.at(-1)),
      upTo(30),
    );
  }
});
