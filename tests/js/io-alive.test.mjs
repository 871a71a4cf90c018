// `holdfast/io` on a link that carries events but answers no receipts. In a file of its own: with a stopped clock,
// `clearTimeout` does not clear earlier timers, and `ws` would wait 30 s for the Sockets of earlier tests.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { connected, start } from './io-kit.mjs';

test('a link that carries events is alive, even if receipts get no answer', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.now() });
  const [wall, running] = [Date.now(), performance.now()];
  t.mock.method(performance, 'now', () => running + Date.now() - wall);
  const { server, open } = await start(t);
  const health = { intervalMs: 200, timeoutMs: 400, probeMs: 200 };
  const socket = await connected(open({ holdfast: { health } }));
  const reasons = [];
  socket.on('disconnect', (reason) => reasons.push(reason));
  // It answers the first ones, and then no more.
  t.mock.timers.tick(200);
  await socket.emitWithAck('ping');
  const { ws } = socket.io.engine.transport;
  const { send } = ws;
  let lost = 0;
  ws.send = (data, ...rest) => {
    if (!String(data).startsWith('40/~')) return send.call(ws, data, ...rest);
    lost += 1;
  };
  for (let n = 0; n < 20; n += 1) {
    t.mock.timers.tick(100);
    server.io.emit('news', n);
    await once(socket, 'news');
  }
  assert.ok(lost > 0, 'it asked');
  assert.deepEqual(reasons, [], 'while something comes');
  t.mock.timers.tick(400);
  t.mock.timers.tick(400);
  assert.deepEqual(reasons, ['transport close'], 'once nothing does');
});
