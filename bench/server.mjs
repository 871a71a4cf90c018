// The server of the network bench, in its own process. It only acknowledges. It prints its port.

import http from 'node:http';
import { Server } from 'socket.io';

const server = http.createServer();
const io = new Server(server, { cors: { origin: true } });

io.on('connection', (socket) => {
  socket.on('join', (userId) => socket.emit('room:joined', { userId }));
  socket.on('ping', (ack) => ack());
  let count = 0;
  socket.on('send_message', (message, ack) => {
    count += 1;
    ack({ success: true, messageId: `m${count}`, _tempId: message._tempId });
  });
});

server.listen(0, '127.0.0.1', () => console.log(server.address().port));
// The parent process is gone.
process.stdin.on('end', () => process.exit()).resume();
