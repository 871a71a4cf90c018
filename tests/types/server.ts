// How an app's TypeScript uses `holdfast/server`; compiled, never run.

import { createDeduplicator, type DeduplicationStore, type Listener } from 'holdfast/server';
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
