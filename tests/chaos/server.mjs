// The server of a run: a process that can be killed, with the demo's database and the package's deduplicator. On request
// (`POST /faults`) its acknowledgements are lost, doubled or late.

import http from 'node:http';
import { Server } from 'socket.io';
import { openLibsql } from '../../js-demo/server/store/libsql.js';
import { pkg } from '../support/paths.mjs';

const { createDeduplicator } = await import(`${pkg}/esm/server.mjs`);

// PacketType.ACK of socket.io-parser.
const ACK = 3;
const ALL = 1_000_000;

const { HOST, PORT, DATABASE } = process.env;
const store = openLibsql(DATABASE);
const once = createDeduplicator({ userId: (socket) => socket.data.userId });
const faults = { loseAcks: false, times: 1, lateMs: 0 };

const server = http.createServer(async (request, response) => {
  const chunks = await request.toArray();
  if (request.url === '/faults')
    Object.assign(faults, JSON.parse(Buffer.concat(chunks).toString()));
  response.end();
});
const io = new Server(server, { cors: { origin: true } });

io.on('connection', (socket) => {
  const { userId } = socket.handshake.auth;
  socket.data.userId = userId;
  // Socket.IO's own acknowledgement function ignores a second call.
  socket.ack =
    (id) =>
    (...data) =>
      socket.packet({ type: ACK, id, data });
  socket.on('join', () => {
    socket.join(`user_${userId}`);
    socket.emit('room:joined', { room: `user_${userId}`, userId, socketId: socket.id });
  });
  socket.on('ping', (ack) => ack());
  socket.on('missed', async (since, ack) => {
    ack((await store.missed('alice', Number(since ?? 0), ALL)).map(present));
  });
  const save = once(socket, async ({ recipientId, content, _tempId }) => {
    const draft = { sender: userId, recipient: recipientId, content, tempId: _tempId };
    const { row, isDuplicate } = await store.append(draft);
    if (!isDuplicate) io.to('user_bob').emit('message:new', present(row));
    return { success: true, messageId: String(row.seq), _tempId };
  });
  socket.on('send_message', (data, ack) => save(data, misbehaving(ack)));
});

/** All is for bob, whatever the conversation. */
const present = ({ seq, content }) => ({ _id: String(seq), content });

/** The acknowledgement as the faults of this moment have it. */
function misbehaving(ack) {
  return (reply) => {
    const { loseAcks, times, lateMs } = faults;
    const answer = () => {
      for (let n = 0; n < times; n += 1) ack(reply);
    };
    if (loseAcks) return;
    if (lateMs > 0) setTimeout(answer, lateMs);
    else answer();
  };
}

server.listen(Number(PORT), HOST, () => {
  console.log(`Demo: http://${HOST}:${server.address().port}`);
});
