// Rules that apps have broken in their own socket modules: pings, and the detection of dead links.

import assert from 'node:assert/strict';
import test from 'node:test';
import { freezeTime } from '../../support/frozen-time.mjs';
import { api, NO_HEARTBEAT, roundTrip, send, settled, start, until } from '../shell-kit.mjs';

const INTERVAL_MS = 15_000;
/** Connected as u1, with time in the test's hands. */
async function setUp(t, options) {
  const clock = freezeTime(t);
  const server = await start(t, options, { user: 'u1', server: NO_HEARTBEAT });
  return { clock, server, engine: api.getSocket().io.engine };
}

test('a hidden tab, whose timers fire once a minute, keeps its live link', async (t) => {
  const { clock, server, engine } = await setUp(t);
  for (let minute = 1; minute <= 10; minute += 1) {
    clock.throttle(60_000);
    await until(() => server.pings >= minute, 'it asks');
    await roundTrip(server);
    assert.equal(api.isConnectionReady(), true, `after ${minute} minutes`);
  }
  assert.equal(api.getSocket().io.engine, engine);
  assert.equal(server.handshakes.length, 1);
  assert.equal((await settled(send({ text: 'a' }))).success, true);
});

for (const [name, args] of [
  ['a callback alone', []],
  ['data and a callback', [{ at: 'any time' }]],
]) {
  test(`a ping has the form that the server expects: ${name}`, async (t) => {
    const { clock, server } = await setUp(t, { health: { args } });
    const came = [];
    const [peer] = server.clients;
    peer.removeAllListeners('ping');
    peer.on('ping', (...got) => {
      came.push(got.slice(0, -1));
      got.at(-1)();
    });
    for (let count = 1; count <= 4; count += 1) {
      clock.advance(INTERVAL_MS);
      await until(() => came.length === count, 'the ping');
      await roundTrip(server);
      assert.equal(api.getConnectionHealth().timeSinceLastPong, 0);
    }
    assert.deepEqual(came, Array(4).fill(args));
    assert.equal(server.handshakes.length, 1);
  });
}

test('a pong with null counts as a pong', async (t) => {
  const { clock, server, engine } = await setUp(t);
  server.hooks.ping = (ack) => ack(null);
  assert.equal(api.getConnectionHealth().lastPongTime, null);
  for (let count = 1; count <= 4; count += 1) {
    clock.advance(INTERVAL_MS);
    await until(() => api.getConnectionHealth().timeSinceLastPong === 0, 'the pong counts');
    assert.equal(server.pings, count);
    assert.equal(api.getConnectionHealth().isHealthy, true);
  }
  assert.equal(api.getSocket().io.engine, engine);
});

test('a message is sent without a preceding ping or delay', async (t) => {
  const { clock, server } = await setUp(t);
  server.hooks.ping = () => {};
  const began = clock.now();
  for (const text of ['a', 'b', 'c']) {
    const sent = send({ text });
    assert.deepEqual(sent.calls, [], 'nothing has to be waited for');
    assert.equal((await settled(sent)).success, true);
  }
  assert.deepEqual([server.pings, clock.now() - began], [0, 0]);
});
