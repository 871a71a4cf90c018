// A server process. It publishes everything for alice three times: as an item of her feed, as a plain event, and as a plain
// event of a Socket.IO server with connection state recovery. Each has its own Server and path.
//
// `POST /publish` publishes the given numbers in one turn, and answers with each number as soon as the feed has stored it.

import http from 'node:http';
import { Server } from 'socket.io';
import { pkg } from '../../support/paths.mjs';
import { spread } from '../../support/redis-adapter.mjs';
import { PATHS, ROOM, USER } from './places.mjs';

const { attachReliability, createFeed, memoryFeeds, redisFeeds } = await import(
  `${pkg}/esm/server.mjs`
);

/** More than any run publishes. */
const ALL = 1_000_000;
const TEXT = 'See you at the station at ten past seven, I will bring the tickets and the map.';

const { HOST, PORT, REDIS, JOINS } = process.env;
const server = http.createServer(publish);
const ways = { holdfast: {}, plain: {}, recovery: { connectionStateRecovery: {} } };
const ios = Object.fromEntries(
  Object.entries(ways).map(([name, options]) => [
    name,
    new Server(server, { path: PATHS[name], cors: { origin: true }, ...options }),
  ]),
);

let store = memoryFeeds();
if (REDIS) {
  const { Redis } = await import('ioredis');
  const connect = () => new Redis(REDIS);
  store = redisFeeds(connect());
  await Promise.all(Object.entries(ios).map(([name, io]) => spread(io, name, connect)));
}

const userId = (socket) => socket.handshake.auth.userId;
for (const [name, io] of Object.entries(ios)) {
  // The package joins its room by an event. With plain Socket.IO, the server does it.
  if (name === 'holdfast' && JOINS !== 'early') continue;
  io.on('connection', (socket) => socket.join(`user_${userId(socket)}`));
}
attachReliability(ios.holdfast, { userId });
const feed = createFeed(ios.holdfast, { userId, store, max: ALL });
ios.holdfast.on('connection', (socket) => {
  socket.on('holdfast:read', () => console.log('read'));
});

async function publish(request, response) {
  const { from, count } = JSON.parse(Buffer.concat(await request.toArray()).toString());
  response.flushHeaders();
  const stored = [];
  for (let n = from; n < from + count; n += 1) {
    const note = { n, text: TEXT };
    const told = () => response.write(`${n}\n`);
    stored.push(feed.user(USER).publish('note', note).then(told, console.error));
    for (const name of ['plain', 'recovery']) ios[name].to(ROOM).emit('note', note);
  }
  await Promise.all(stored);
  response.end();
}

server.listen(Number(PORT), HOST, () => {
  console.log(`Demo: http://${HOST}:${server.address().port}`);
});
