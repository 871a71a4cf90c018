// Starts the demo's server. Options come from the environment:
//   PORT      3000; 0 lets the system choose
//   HOST      127.0.0.1
//   DATABASE  data/demo.db in the demo's folder

import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Server } from 'socket.io';
import { serveChat } from './chat.js';
import { createHttpServer } from './http.js';
import { createTokens } from './identity.js';
import { createMessages } from './messages.js';
import { openStore } from './store.js';

const demo = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const port = Number(process.env.PORT || 3000);
const host = process.env.HOST || '127.0.0.1';
const database = resolve(process.env.DATABASE || resolve(demo, 'data/demo.db'));

mkdirSync(dirname(database), { recursive: true });
const store = openStore(database);
const tokens = createTokens(store.secret());
const io = new Server();
const messages = createMessages({ store, io });
const server = createHttpServer({ messages, tokens, page: resolve(demo, 'web/dist') });
io.attach(server);
serveChat(io, { messages, tokens });

server.once('error', (error) => {
  console.error(`Cannot listen on ${host}, port ${process.env.PORT || 3000}: ${error.message}`);
  process.exit(1);
});
server.listen(port, host, () => {
  const at = server.address();
  const name = at.family === 'IPv6' ? `[${at.address}]` : at.address;
  console.log(`Demo: http://${name}:${at.port}`);
});

process.once('SIGTERM', stop);
process.once('SIGINT', stop);

/** Ends every connection, saves what is not saved yet, and then ends the process. */
async function stop() {
  const closed = io.close();
  server.closeAllConnections();
  await closed;
  store.close();
  // A browser that never answers the end of its WebSocket would keep the process alive.
  process.exit();
}
