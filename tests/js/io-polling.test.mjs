// `holdfast/io` over polling, where the server is asked how many packets it takes in one POST before many leave.

import assert from 'node:assert/strict';
import test from 'node:test';
import { connected, start, until } from './io-kit.mjs';

const MESSAGES = 60;

test('many emits at once arrive over one connection, also where health is quick', async (t) => {
  const { server, open, cameOf } = await start(t);
  const health = { intervalMs: 300, timeoutMs: 900, probeMs: 400 };
  const socket = await connected(open({ transports: ['polling'], holdfast: { health } }));
  socket.emit('note', -1);
  await until(() => cameOf('note').length === 1, 'the first');
  for (let n = 0; n < MESSAGES; n += 1) socket.emit('note', n);
  await until(() => cameOf('note').length > MESSAGES, 'all of them');
  assert.deepEqual(
    cameOf('note').map(([n]) => n),
    Array.from({ length: MESSAGES + 1 }, (_, at) => at - 1),
  );
  assert.equal(server.handshakes.length, 1, 'the link was never taken for silent');
});
