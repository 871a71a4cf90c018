// Closing the client in Node while it connects. The server keeps no session.

import test from 'node:test';
import { closeAt, holdHandshakes, MOMENTS, sessionsOf } from '../support/closing.mjs';
import { api, start, until } from './shell-kit.mjs';

const EITHER = { io: { transports: ['polling', 'websocket'] } };

for (const moment of MOMENTS) {
  test(`closing at "${moment}" leaves nothing on the server`, async (t) => {
    const isOver = sessionsOf(await start(t, EITHER));
    await closeAt(api, moment);
    await until(isOver, 'the session ends');
  });
}

test('closing before the handshake is answered leaves nothing on the server', async (t) => {
  const { held, release, io } = holdHandshakes();
  const isOver = sessionsOf(await start(t, EITHER, { server: { io } }));
  api.initializeSocket('alice');
  await until(() => held.length === 1, 'a handshake');
  api.disconnectSocket();
  release();
  await until(isOver, 'the session ends');
});
