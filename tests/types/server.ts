// How an app's TypeScript uses `holdfast/server`; compiled, never run.

import {
  type Acknowledge,
  attachReliability,
  createDeduplicator,
  type DeduplicationStore,
  type Listener,
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
