// A Socket.IO server of the package `socket.io`, in its own process. `README.md` in this folder describes its environment
// variables.

import { openSync, writeSync } from 'node:fs';
import http from 'node:http';
import { Server } from 'socket.io';

const { PORT, MODE, LOG, TRANSPORTS, PING_INTERVAL_MS, PING_TIMEOUT_MS, DIE_AFTER } = process.env;

const log = openSync(LOG, 'a');
let left = Number(DIE_AFTER) || Infinity;

const server = http.createServer((_request, response) => response.writeHead(404).end());
const io = new Server(server, {
  cors: { origin: true, credentials: true },
  pingInterval: Number(PING_INTERVAL_MS),
  pingTimeout: Number(PING_TIMEOUT_MS),
  ...(TRANSPORTS && { transports: TRANSPORTS.split(',') }),
});

io.on('connection', (socket) => {
  writeSync(log, `+ ${socket.id}\n`);
  socket.onAny((event, data) => take(event, data));
  socket.on('send_message', (data, ack) => {
    if (MODE === 'acks') ack?.({ success: true, _tempId: data._tempId });
  });
});

function take(event, data) {
  writeSync(log, `${event} ${data?._tempId ?? '-'} ${data?.n ?? '-'}\n`);
  if (event !== 'send_message') return;
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
}

server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`Server: http://127.0.0.1:${server.address().port}`);
});
