// Servers without a `ping` handler, and acknowledgements that arrive after the deadline. The link is alive, and silence
// proves nothing.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startBareServer } from '../support/bare-server.mjs';
import { launchBrowser } from '../support/browser.mjs';
import { configure, openLab, untilReady } from '../support/lab.mjs';
import { createProxy } from '../support/proxy.mjs';
import { createSender, messagesOf } from '../support/sender.mjs';
import { until } from '../support/until.mjs';

/** A tenth of the defaults of the package and of socket.io. */
const HEALTH = { intervalMs: 1_500, timeoutMs: 3_000, probeMs: 500 };
const HEARTBEAT = { pingInterval: 2_500, pingTimeout: 2_000 };
/** Longer than a test takes. */
const NO_HEARTBEAT = { pingInterval: 300_000, pingTimeout: 300_000 };
const SHOWN_TIMES = 6;

const ANSWERS = {
  reply: { success: true, messageId: 'm1' },
  refusal: { success: false, error: 'Blocked', code: 'BLOCKED' },
};

/** With these options, several silent spans fit between two heartbeats of the server. */
const QUICK_HEALTH = { intervalMs: 300, timeoutMs: 900, probeMs: 400 };
const SLOW_HEARTBEAT = { pingInterval: 5_000, pingTimeout: 5_000 };

const browser = await launchBrowser();

// The tests mostly wait, so they run concurrently.
describe('a slow server', { concurrency: 4 }, () => {
  for (const transport of ['websocket', 'polling']) {
    test(`a page that is shown again and again keeps its link: ${transport}`, async (t) => {
      const server = await startBareServer(t, { io: HEARTBEAT });
      const page = await openLab(t, browser, server.url);
      const io = { transports: [transport] };
      await configure(page, { url: server.url, io, join: false, health: HEALTH }, 'alice');
      await untilReady(page);
      for (let shown = 0; shown < SHOWN_TIMES; shown += 1) {
        // Right after a heartbeat, so the next heartbeat comes long after the probe has ended.
        await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
        const { heartbeats } = server;
        await until(() => server.heartbeats > heartbeats, 'the next heartbeat');
      }
      assert.equal(server.connections, 1, 'connections');
    });
  }

  for (const [what, answer] of Object.entries(ANSWERS)) {
    for (const transport of ['websocket', 'polling']) {
      test(`a ${what} after the deadline reaches the app, and the message is sent once: ${transport}`, async (t) => {
        const server = await startBareServer(t, { io: HEARTBEAT });
        const sender = createSender(t, server.url, {
          io: { transports: [transport] },
          health: HEALTH,
          send: { ackTimeoutMs: 1_000 },
        });
        sender.client.connect();
        sender.send(1);
        await sender.untilSettled(1);
        const [message] = sender.sent;
        const [first] = message.settled;
        assert.equal(messagesOf(server.taken).length, 1, 'transmissions');
        assert.deepEqual(
          { success: first.success, code: first.code, confirmedBy: first.confirmedBy },
          { success: true, code: undefined, confirmedBy: 'receipt' },
        );
        const { settled } = message;
        const [{ ack }] = messagesOf(server.taken);
        ack(answer);
        await until(
          () => settled.length > 1,
          () => `onSettled is told of the ${what}: ${JSON.stringify(settled)}`,
        );
        const late = settled[1];
        assert.equal(late.id, message.id);
        assert.equal(late.confirmedBy, 'ack');
        assert.equal(late.success, what === 'reply');
        assert.deepEqual(late.reply, answer);
        if (what === 'refusal') {
          assert.equal(late.code, 'BLOCKED');
          await until(() => sender.errors.length > 0, 'onError is told of the refusal');
        }
        assert.equal(settled.length, 2);
        assert.equal(messagesOf(server.taken).length, 1, 'transmissions');
        assert.equal(server.connections, 1, 'connections');
      });
    }
  }

  for (const transport of ['websocket', 'polling']) {
    test(`an idle link is kept although the server rarely sends anything: ${transport}`, async (t) => {
      const server = await startBareServer(t, { io: SLOW_HEARTBEAT });
      const sender = createSender(t, server.url, {
        io: { transports: [transport] },
        health: QUICK_HEALTH,
      });
      sender.client.connect();
      await sender.untilUp();
      // A link that is replaced too early has had no heartbeat.
      const isHeard = () => server.heartbeats > 0 || server.connections > 1;
      await until(isHeard, 'a heartbeat', 15_000);
      assert.equal(server.connections, 1, 'connections');
      assert.ok(sender.isUp);
    });

    test(`a link that hangs is replaced although the server has no ping handler: ${transport}`, async (t) => {
      const server = await startBareServer(t, { io: NO_HEARTBEAT });
      const proxy = await createProxy({ target: { port: server.port } });
      t.after(() => proxy.close());
      const sender = createSender(t, proxy.url, {
        io: { transports: [transport] },
        health: QUICK_HEALTH,
        send: { ackTimeoutMs: 500 },
      });
      sender.client.connect();
      sender.send(1);
      // By now the package knows which requests this server answers.
      await sender.untilSettled(1);
      proxy.hang({ newToo: false });
      sender.send(1);
      await until(() => server.connections > 1, 'a second connection', 15_000);
      await sender.untilSettled(2);
      sender.assertEachDelivered();
      assert.equal(server.connections, 2, 'connections');
    });
  }
});
