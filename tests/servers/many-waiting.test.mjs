// Many messages that waited for a link, where the size of a request is limited by the server, by a proxy, or by the
// bandwidth.

import assert from 'node:assert/strict';
import test from 'node:test';
import { acknowledge, startBareServer } from '../support/bare-server.mjs';
import { startBodyLimit } from '../support/body-limit.mjs';
import { createProxy } from '../support/proxy.mjs';
import { assertAllInOrder, createSender, messagesOf, repeats } from '../support/sender.mjs';
import { prepareServer, startServer } from '../support/servers.mjs';

const QUEUED = 400;
const LIVE = 50;

// python-engineio accepts 16 packets in a request. With more it drops all of them, and answers 200.
for (const kind of ['python-socketio asgi', 'python-socketio threading']) {
  const skip = await prepareServer(kind);
  test(`400 queued and 50 live messages arrive once over polling to ${kind}`, {
    skip,
  }, async (t) => {
    for (const mode of ['acks', 'silent']) {
      await t.test(mode, async (t) => {
        const server = await startServer(t, kind, { mode });
        const sender = createSender(t, server.url, {
          io: { transports: ['polling'] },
          send: mode === 'silent' ? { ackTimeoutMs: 1_000 } : {},
        });
        sender.send(QUEUED);
        const started = performance.now();
        sender.client.connect();
        await sender.untilUp();
        sender.send(LIVE);
        await sender.untilSettled(QUEUED + LIVE);
        t.diagnostic(`${Math.round(performance.now() - started)} ms`);

        const { taken, connections } = await server.read();
        sender.assertEachDelivered();
        assertAllInOrder(messagesOf(taken), QUEUED + LIVE);
        assert.deepEqual(repeats(messagesOf(taken)), [], 'taken twice');
        assert.equal(connections, 1, 'connections');
      });
    }
  });
}

const BITS_PER_SECOND = 256_000;
const THIN = 600;
/** Bytes of a message on the wire, including its id and event name. */
const BYTES = 330;

for (const [mode, take] of Object.entries({ acks: acknowledge, silent: () => {} })) {
  test(`600 messages arrive once over 32 kB/s with a deadline of 2 s, started on polling: ${mode}`, async (t) => {
    const server = await startBareServer(t, { take });
    const proxy = await createProxy({ target: { port: server.port } });
    t.after(() => proxy.close());
    proxy.throttle(BITS_PER_SECOND);
    const sender = createSender(t, proxy.url, { send: { ackTimeoutMs: 2_000 } });
    const packet = '42100["send_message",{"n":100,"recipientId":"bob","content":"","_tempId":""}]';
    sender.send(THIN, { bytes: BYTES - packet.length - 'temp_'.length - 24 });
    const started = performance.now();
    sender.client.connect();
    await sender.untilSettled(THIN, 90_000);
    const seconds = (performance.now() - started) / 1000;
    t.diagnostic(`${seconds.toFixed(1)} s; ${messagesOf(server.taken).length} taken`);

    assert.ok(seconds > (THIN * BYTES * 8) / BITS_PER_SECOND, 'the link was narrow');
    sender.assertEachDelivered();
    assertAllInOrder(messagesOf(server.taken), THIN);
    const again = repeats(messagesOf(server.taken)).length;
    assert.deepEqual({ again, connections: server.connections }, { again: 0, connections: 1 });
  });
}

const LARGE = 40;

for (const [mode, take] of Object.entries({ acks: acknowledge, silent: () => {} })) {
  test(`messages pass a proxy that refuses requests of more than 100 kB: ${mode}`, async (t) => {
    const server = await startBareServer(t, { take });
    const proxy = await startBodyLimit(t, { port: server.port, maxBytes: 100_000 });
    const sender = createSender(t, proxy.url, {
      io: { transports: ['polling'] },
      send: mode === 'silent' ? { ackTimeoutMs: 1_000 } : {},
    });
    sender.send(LARGE, { bytes: 10_000 });
    const started = performance.now();
    sender.client.connect();
    await sender.untilSettled(LARGE, 120_000);
    const ms = Math.round(performance.now() - started);
    t.diagnostic(`${ms} ms, ${server.connections} connections, ${proxy.refused} requests refused`);

    sender.assertEachDelivered();
    assertAllInOrder(messagesOf(server.taken), LARGE);
    assert.ok(proxy.sessions <= 4, `${proxy.sessions} connections`);
  });
}
