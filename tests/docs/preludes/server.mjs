import { assert, pass, url } from 'docs-kit/kit.mjs';
import { createClient as createSender } from 'holdfast';
import { Server } from 'socket.io';

const io = new Server(3000);
const userId = (socket) => socket.data.userId;
io.use((socket, next) => {
  socket.data.userId = socket.handshake.auth.token;
  next();
});
/** @type {any} What a database would have. */
const saved = [];
const save = async (message) => {
  saved.push(message);
  return { id: String(saved.length), ...message };
};
// The sample stands here.
const sender = createSender({ url, userId: 'alice', auth: { token: 'alice' }, logger: null });
sender.connect();
const answer = await sender.send('send_message', { recipientId: 'bob', content: 'hello' });
assert.equal(answer.success, true);
pass();
