// Starts the demo's server. settings.js reads its options from the environment.

import { createServer } from 'node:http';
import { createFeed } from 'holdfast/server';
import { Server } from 'socket.io';
import { createApp } from './app.js';
import { serveChat } from './chat.js';
import { obeyParent } from './faults.js';
import { createTokens } from './identity.js';
import { createLimits } from './limits.js';
import { createMessages } from './messages.js';
import { createPresence } from './presence.js';
import { readSettings } from './settings.js';
import { openStore } from './store/index.js';

/** The largest event. A message of 4,000 characters takes 16 KB at most. */
const MAX_EVENT_BYTES = 100_000;

start().catch((error) => {
  console.error(error.message);
  process.exit(1);
});

async function start() {
  const settings = readSettings(process.env);
  obeyParent();
  const store = await openStore(settings);
  // Redis is loaded only if it is used.
  const cluster = settings.REDIS_URL
    ? await (await import('./cluster.js')).joinCluster(settings)
    : null;
  const tokens = createTokens(await store.secret(), settings.TOKEN_TTL_S);
  const take = createLimits({
    points: settings.RATE_LIMIT,
    windowS: settings.RATE_WINDOW_S,
    redis: cluster?.redis,
  });

  const server = createServer();
  const io = new Server({
    adapter: cluster?.adapter,
    maxHttpBufferSize: MAX_EVENT_BYTES,
    cors: { origin: (origin, answer) => answer(null, isAllowed(origin)) },
  });
  const feed = createFeed(io, {
    userId: (socket) => socket.data.userId,
    store: cluster?.feeds ?? store.feeds,
    max: settings.FEED_MAX,
  });
  const presence = createPresence(cluster?.presence);
  const messages = await createMessages({ store, feed, take });
  server.on('request', createApp({ messages, tokens, take, settings }));
  // Attached after the app: Socket.IO handles its own requests and passes all others to the earlier listeners.
  io.attach(server);
  const chat = serveChat(io, { messages, tokens, presence, take, answers: cluster?.answers });
  cluster?.keepPresence(presence, chat.announce);

  /** The page and Socket.IO may have different origins, for instance through a proxy. */
  function isAllowed(origin) {
    const { port } = server.address() ?? {};
    const own = [`http://127.0.0.1:${port}`, `http://localhost:${port}`];
    return [...own, ...settings.ORIGINS].includes(origin);
  }

  /** Ends all connections, saves what is not saved yet, and ends the process. */
  async function stop() {
    const closed = io.close();
    server.closeAllConnections();
    await closed;
    await chat.idle();
    await messages.stop();
    await cluster?.close();
    await store.close();
    // A browser that never answers the close of its WebSocket would keep the process alive.
    process.exit();
  }

  const url = await listen(server, settings);
  console.log(`Demo: ${url}`);
  process.send?.({ type: 'listening', url });
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) process.once(event, stop);
}

async function listen(server, { HOST, PORT }) {
  await new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const isTaken = error.code === 'EADDRINUSE';
      const why = isTaken
        ? `another program has it. Choose another port: PORT=${PORT + 1} cargo xtask demo`
        : error.message;
      reject(new Error(`Cannot listen on ${HOST}, port ${PORT}: ${why}`));
    });
    server.listen(PORT, HOST, resolve);
  });
  const { address, family, port } = server.address();
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
