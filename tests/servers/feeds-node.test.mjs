// The feeds of `holdfast/server`, tested with the suite for all servers.

import { createFeed, memoryFeeds } from '../../pkg/esm/server.mjs';
import { startBareServer } from '../support/bare-server.mjs';
import { feedSuite, KEPT } from '../support/feed-suite.mjs';

feedSuite({ name: 'holdfast/server', startServer });

async function startServer(t) {
  const denied = new Set();
  const controls = {
    'control:publish': ({ user, room, event, args }) =>
      (room === undefined ? feed.user(user) : feed.room(room)).publish(event, ...args),
    'control:revoke': ({ room, user }) => feed.room(room).revoke(user),
    'control:deny': ({ room }) => void denied.add(room),
    'control:join': ({ room }, socket) => socket.join(room),
  };
  const server = await startBareServer(t, {
    connected(socket) {
      const { userId } = socket.handshake.auth;
      if (userId !== undefined) socket.join(`user_${userId}`);
      for (const [event, control] of Object.entries(controls)) {
        socket.on(event, async (data, ack) => {
          try {
            await control(data, socket);
            ack({ ok: true });
          } catch (error) {
            ack({ error: error.message });
          }
        });
      }
    },
  });
  const feed = createFeed(server.io, {
    userId: (socket) => socket.handshake.auth.userId,
    authorize: (_socket, room) => room.startsWith('open') && !denied.has(room),
    store: memoryFeeds({ max: KEPT }),
  });
  return server;
}
