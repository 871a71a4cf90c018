// How an app's TypeScript uses `holdfast/server`; compiled, never run.

import {
  type Acknowledge,
  attachReliability,
  createDeduplicator,
  createFeed,
  type DeduplicationStore,
  type Feed,
  type FeedStore,
  type Listener,
  memoryFeeds,
  redisFeeds,
  redisStore,
} from 'holdfast/server';
import type { Redis as IoRedis } from 'ioredis';
import type { createClient, RedisClusterType } from 'redis';
import type { Server, Socket } from 'socket.io';

interface Message {
  recipientId: string;
  content: string;
  _tempId?: string;
}
type Saved = { success: true; messageId: number };

declare const io: Server;
declare const typed: Server<{ send_message: (data: Message, ack: (saved: Saved) => void) => void }>;
declare function save(message: Message): Promise<number>;

// Without annotations the socket and the data are what socket.io's own are: any.
const loose = createDeduplicator({ userId: (socket) => socket.data.userId });
io.on('connection', (socket) => {
  socket.on(
    'send_message',
    loose(socket, async (data) => ({ success: true, messageId: await save(data) })),
  );
});

// With a Socket they are checked.
const strict = createDeduplicator({ userId: (socket: Socket) => socket.data.userId });
typed.on('connection', (socket) => {
  socket.on(
    'send_message',
    strict(socket, async function (data: Message, ack) {
      this.join('room');
      // @ts-expect-error no such property
      data.text;
      ack({ success: true, messageId: await save(data) });
    }),
  );
  // @ts-expect-error not a Socket
  strict({}, () => null);
});

// Several arguments, and what they are told by.
io.on('connection', (socket) => {
  socket.on(
    'beats',
    strict(socket, (bar: number, beat: string, ack: Acknowledge) => {
      const sum: number = bar + beat.length;
      ack({ success: sum > 0 });
      // @ts-expect-error no such property
      bar.text;
    }),
  );
  socket.on(
    'beats',
    // @ts-expect-error the last one is ack
    loose(socket, async (bar: number, beat: number) => ({ success: bar > beat })),
  );
});

const store: DeduplicationStore = {
  claim: async () => ({ status: 'busy', retryAfterMs: 50 }),
  complete: async () => {},
  release: () => {},
};
const withStore = createDeduplicator({
  userId: (socket: Socket) => socket.id,
  store,
  idField: 'clientId',
  ttlMs: 1000,
  maxPending: 5,
  onError: (error: unknown, { socket, id, at }) => console.log(error, socket.id, id?.length, at),
});
export const listener: Listener = withStore({} as Socket, () => null);

// @ts-expect-error userId is needed
createDeduplicator({});
// @ts-expect-error a misspelt option
createDeduplicator({ userId: () => 1, ttl: 5 });
// @ts-expect-error a store without release
createDeduplicator({ userId: () => 1, store: { claim: () => undefined, complete() {} } });

declare const nodeRedis: ReturnType<typeof createClient>;
declare const cluster: RedisClusterType;
declare const ioRedis: IoRedis;
for (const shared of [redisStore(nodeRedis), redisStore(cluster), redisStore(ioRedis)]) {
  createDeduplicator({ userId: () => 1, store: shared });
}
redisStore(nodeRedis, { prefix: 'chat:', leaseMs: 1000 });
// @ts-expect-error not a client
redisStore({});
// @ts-expect-error a misspelt option
redisStore(nodeRedis, { ttl: 5 });

attachReliability(io, { userId: (socket) => socket.data.userId });
attachReliability(io.of('/chat'), { userId: (socket: Socket) => socket.data.userId });
attachReliability(typed, { userId: (socket: Socket) => socket.id });
// @ts-expect-error userId is needed
attachReliability(io, {});
// @ts-expect-error not a server
attachReliability({}, { userId: () => 1 });

const feed: Feed = createFeed(io, {
  userId: (socket) => socket.data.userId,
  authorize: async (socket, room) => socket.data.rooms.includes(room),
  max: 500,
  onError: (error, { at, socket, feed: name }) => console.log(error, at, socket?.id, name?.length),
});
export const stored: Promise<void> = feed
  .user(7)
  .publish('message:new', { id: 1 }, Buffer.from('x'));
feed.room('room-1').publish('changed');
feed.room('room-1').revoke('u1');
// @ts-expect-error a user has one feed, and nobody else reads it
feed.user('u1').revoke('u1');
// @ts-expect-error no event
feed.user('u1').publish();
// @ts-expect-error rooms are texts
feed.room(5);
createFeed(io.of('/chat'), {
  userId: (socket: Socket) => socket.id,
  store: memoryFeeds({ max: 5 }),
});
createFeed(typed, { userId: (socket: Socket) => socket.id });
// @ts-expect-error userId is needed
createFeed(io, {});
// @ts-expect-error a misspelt option
createFeed(io, { userId: () => 1, authorise: () => true });
// @ts-expect-error not a server
createFeed({}, { userId: () => 1 });

for (const shared of [redisFeeds(nodeRedis), redisFeeds(cluster), redisFeeds(ioRedis)]) {
  createFeed(io, { userId: () => 1, store: shared });
}
// @ts-expect-error a misspelt option
redisFeeds(nodeRedis, { prefx: 'x' });
// @ts-expect-error a misspelt option
memoryFeeds({ maxItems: 5 });

const table: FeedStore = {
  append: async (name, { number, tag, item }) =>
    name.length + number + tag.length > (item?.length ?? 0),
  read: async () => ({ rows: [{ number: 1, tag: 'aaaaaa', item: null }], end: null }),
};
createFeed(io, { userId: () => 1, store: table });
// @ts-expect-error a store without read
createFeed(io, { userId: () => 1, store: { append: () => true } });
