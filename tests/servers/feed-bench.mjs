// Not a test: the cost of a feed compared with plain events. `node tests/servers/feed-bench.mjs [--rounds 15] [--items 5000]`
//
// A server in its own process sends items to one listener over loopback, by WebSocket: as plain events, from a feed in
// memory, and from a feed in Redis Streams. The three alternate within each round, so that other load affects all of
// them. The output has the quartiles of the ratio to the plain events of the same round.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import { createFeed, memoryFeeds, redisFeeds } from '../../pkg/esm/server.mjs';
import { startRedis, withoutRedis } from '../support/redis.mjs';

/** About 230 characters, as in a chat app. */
const message = (n) => ({
  messageId: 1_000_000 + n,
  conversationId: 'c-4711',
  senderId: 'u-1234',
  recipientId: 'u-5678',
  content:
    'See you at the station at ten past seven, I will bring the tickets and the map with me.',
  createdAt: '2026-11-30T08:05:00.000Z',
  _tempId: `t${n}abcdefghijklmnop`,
});
const EVENT = 'message:new';
/** The number of items that are published in one turn of the server's event loop. */
const BURST = 50;

if (process.send) serve();
else await measure();

function serve() {
  const server = http.createServer();
  const plain = new Server(server);
  const room = (socket) => socket.join(`user_${socket.handshake.auth.userId}`);
  const userId = (socket) => socket.handshake.auth.userId;
  plain.of('/plain').on('connection', room);
  const ways = { plain: (n) => void plain.of('/plain').to('user_ann').emit(EVENT, message(n)) };
  const addFeed = (name, store) => {
    const namespace = plain.of(`/${name}`).on('connection', room);
    const feed = createFeed(namespace, { userId, store });
    ways[name] = (n) => feed.user('ann').publish(EVENT, message(n));
  };
  addFeed('memory', memoryFeeds());
  process.on('message', async ({ redis, way, items }) => {
    if (redis) {
      const { Redis } = await import('ioredis');
      addFeed('redis', redisFeeds(new Redis(redis)));
      process.send({ ready: true });
      return;
    }
    const before = process.cpuUsage();
    let last;
    for (let n = 0; n < items; n += 1) {
      last = ways[way](n);
      if (n % BURST === BURST - 1) await new Promise(setImmediate);
    }
    await last;
    const { user, system } = process.cpuUsage(before);
    process.send({ cpuMs: (user + system) / 1000 });
  });
  server.listen(0, '127.0.0.1', () => {
    process.send({ url: `http://127.0.0.1:${server.address().port}` });
  });
}

async function measure() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '15' },
      items: { type: 'string', default: '5000' },
    },
  });
  const [rounds, items] = [Number(values.rounds), Number(values.items)];
  const ends = [];
  const t = { after: (end) => ends.unshift(end) };
  const child = fork(fileURLToPath(import.meta.url));
  t.after(() => child.kill());
  const told = async () => (await once(child, 'message'))[0];
  const { url } = await told();
  const names = ['plain', 'memory'];
  if (withoutRedis) {
    console.log(withoutRedis);
  } else {
    child.send({ redis: (await startRedis(t)).url });
    await told();
    names.push('redis');
  }
  const links = {};
  for (const name of names) links[name] = await dial(url, name, t);

  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -2; round < rounds; round += 1) {
    // Each of the three is the first one equally often.
    const order = names.map((_, n) => names[(n + round + names.length * 2) % names.length]);
    for (const name of order) {
      const link = links[name];
      const all = link.wait(items);
      const cpu = told();
      const start = performance.now();
      child.send({ way: name, items });
      await all;
      const ms = performance.now() - start;
      const { cpuMs } = await cpu;
      // Two rounds to warm up the compiler.
      if (round >= 0) results[name].push({ perSecond: (items / ms) * 1000, cpuMs });
    }
  }

  for (const name of names) {
    const { bytes, count } = links[name];
    const perSecond = quartiles(results[name].map((one) => one.perSecond)).map(Math.round);
    const cpu = quartiles(results[name].map((one) => (one.cpuMs * 1000) / items));
    console.log(
      `${name}: ${perSecond.join(' / ')} items per second; ${cpu.map((us) => us.toFixed(1)).join(' / ')} µs of the server's processor each; ${(bytes / count).toFixed(1)} bytes on the wire each`,
    );
    if (name === 'plain') continue;
    const ratio = results[name].map((one, n) => one.perSecond / results.plain[n].perSecond);
    const text = quartiles(ratio).map((part) => part.toFixed(2));
    console.log(
      `${name} to plain: ${text.join(' / ')} of its throughput (quartiles, ${rounds} pairs)`,
    );
  }
  for (const end of ends) await end();
}

async function dial(url, name, t) {
  const socket = io(`${url}/${name}`, {
    auth: { userId: 'ann' },
    forceNew: true,
    transports: ['websocket'],
  });
  t.after(() => socket.disconnect());
  const link = { bytes: 0, count: 0, wait: null };
  let missing = 0;
  let done = () => {};
  const heard = () => {
    link.count += 1;
    missing -= 1;
    if (missing === 0) done();
  };
  link.wait = (items) => {
    missing = items;
    return new Promise((resolve) => {
      done = resolve;
    });
  };
  if (name === 'plain') {
    socket.on(EVENT, heard);
    await once(socket, 'connect');
  } else {
    socket.on('holdfast:item', heard);
    await once(socket, 'holdfast:feeds');
    await socket.emitWithAck('holdfast:read', null, null);
  }
  socket.io.engine.on('packet', ({ type, data }) => {
    if (type === 'message') link.bytes += Buffer.byteLength(data);
  });
  return link;
}

function quartiles(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return [0.25, 0.5, 0.75].map((part) => sorted[Math.floor(part * (sorted.length - 1) + 0.5)]);
}
