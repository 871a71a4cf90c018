// A chat server. Messages are in a file, so a restart loses none.

import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createDeduplicator } from 'holdfast/server';
import { Server } from 'socket.io';

const PORT = Number(process.env.SERVER_PORT ?? 3001);
const FILE = process.env.MESSAGES_FILE ?? 'messages.jsonl';

const lines = existsSync(FILE) ? readFileSync(FILE, 'utf8').split('\n').filter(Boolean) : [];
const messages = lines.map((line) => JSON.parse(line));

/** Saves a message, unless an earlier process has saved it. A database does this by a unique index. */
function save(message) {
  if (messages.some(({ from, id }) => from === message.from && id === message.id)) return;
  appendFileSync(FILE, `${JSON.stringify(message)}\n`);
  messages.push(message);
  io.emit('message:new', message);
}

// The page comes from another port.
const io = new Server(PORT, { cors: { origin: /^http:\/\/(localhost|127\.0\.0\.1):\d+$/ } });

// A real app verifies a token here.
io.use((socket, next) => {
  socket.data.userId = socket.handshake.auth.userId;
  next(socket.data.userId ? undefined : new Error('Sign in first'));
});

const userId = (socket) => socket.data.userId;
const once = createDeduplicator({ userId }); // A message that is sent again runs its handler once.

io.on('connection', (socket) => {
  socket.emit('history', messages);
  socket.on(
    'send_message',
    once(socket, ({ _tempId, text }, ack) => {
      save({ id: _tempId ?? crypto.randomUUID(), from: userId(socket), text });
      ack({ success: true });
    }),
  );
});

console.log(`The server listens on http://localhost:${PORT}. Stop it with: kill -9 ${process.pid}`);
