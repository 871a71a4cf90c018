// A server that answers every event, and the names that fragments take for granted.

import 'docs-kit/storage.mjs';
import { pass, startChat, until } from 'docs-kit/kit.mjs';

const server = await startChat();
const show = (/** @type {any} */ message) => console.log(message);
const user = { id: 'alice', token: 'alice' };
server.io.use((socket, next) => {
  socket.onAny((_event, ...args) => args.at(-1)?.call?.(null, { success: true }));
  next();
});
// The sample stands here.
await until(
  () => server.received.length + server.came.length > 0,
  'the server has received something',
);
pass();
