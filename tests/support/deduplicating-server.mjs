// A Socket.IO server whose deduplicator keeps its answers in Redis. A test runs several such processes and kills one.
// At the start of each handler call, the server appends the number of the message to its log.

import { appendFileSync } from 'node:fs';
import http from 'node:http';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';
import { createDeduplicator, redisStore } from '../../pkg/esm/server.mjs';

const { REDIS_URL, PORT = '0', LOG, LEASE_MS = '1000', DIE_AT } = process.env;

const store = redisStore(new Redis(REDIS_URL), { leaseMs: Number(LEASE_MS) });
const once = createDeduplicator({ userId: (socket) => socket.handshake.auth.user, store });
const server = http.createServer();
new Server(server).on('connection', (socket) => {
  const save = once(socket, async ({ n }) => {
    appendFileSync(LOG, `${n}\n`);
    if (String(n) === DIE_AT) process.kill(process.pid, 'SIGKILL');
    return { success: true, n };
  });
  socket.on('send_message', save);
});
server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`Server: http://127.0.0.1:${server.address().port}`);
});
