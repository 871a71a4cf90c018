// Links that look alive and are not, and links that are cut.

import assert from 'node:assert/strict';
import test from 'node:test';
import { atEnd } from '../support/at-end.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import { createProxy } from '../support/proxy.mjs';
import { until } from '../support/until.mjs';
import {
  assertSaved,
  connect,
  ENTRIES,
  idsOf,
  numbered,
  openBrowser,
  QUICK,
  send,
  sendMany,
  servePage,
  untilAllSettled,
  untilConnected,
} from './kit.mjs';

const HEALTH = { intervalMs: 300, timeoutMs: 900, probeMs: 400 };
const MESSAGES = 20;
/** What a link is noticed and replaced in, with health that is so quick; half of WebKit's own patience. */
const SOON_MS = 15_000;

/** A page that is connected through a proxy, and whose server has shown that it gives receipts. */
async function setUp(t, entry, transports) {
  const page = await servePage(t);
  // engine.io's own heartbeat would notice too.
  const server = await startChatServer(t, { io: { pingInterval: 300_000, pingTimeout: 300_000 } });
  const { connect: answer } = server.hooks;
  let receipts = 0;
  server.hooks.connect = async (asked) => {
    await answer(asked);
    receipts += 1;
  };
  const proxy = await createProxy({ target: { port: server.port } });
  atEnd(t, () => proxy.close());
  const browser = await openBrowser(t);
  const tab = await browser.open(page);
  const options =
    entry === 'holdfast'
      ? {
          io: { transports },
          reconnect: { ...QUICK.reconnect, connectTimeoutMs: 2_000 },
          health: { ...HEALTH, event: 'ping' },
        }
      : { transports, holdfast: { health: HEALTH } };
  await connect(tab, proxy.url, { entry, options });
  await untilConnected(tab);
  await send(tab, 'first');
  await until(() => server.saved.length === 1, 'the first is there');
  // Before it has answered one, silence proves nothing.
  await until(() => receipts > 0, 'a receipt was answered');
  if (entry === 'holdfast') await until(() => server.pings > 0, 'a ping was answered');
  return { server, proxy, tab };
}

for (const entry of ENTRIES) {
  for (const transport of ['websocket', 'polling']) {
    test(`a link that goes silent is noticed and replaced: ${entry} over ${transport}`, async (t) => {
      const { server, proxy, tab } = await setUp(t, entry, [transport]);
      const before = server.handshakes.length;
      const began = performance.now();
      proxy.hang({ newToo: false });
      await sendMany(tab, MESSAGES);
      await until(() => server.handshakes.length > before, 'a new link', 60_000);
      const took = Math.round(performance.now() - began);
      t.diagnostic(`a new link after ${took} ms`);
      await until(
        () => server.saved.length > MESSAGES,
        () => `all are saved; ${server.saved.length} are`,
        30_000,
      );
      if (entry === 'holdfast') await untilAllSettled(tab, MESSAGES + 1);
      // The bytes that the dead link held arrive late.
      proxy.resume();
      await send(tab, 'last');
      await until(() => idsOf(server.saved).includes('last'), 'the last is there', 30_000);
      assertSaved(server, ['first', ...numbered(MESSAGES, 'm', 1), 'last']);
      assert.ok(took < SOON_MS, `a new link after ${took} ms`);
    });
  }

  test(`a link that is cut again and again loses nothing: ${entry}`, async (t) => {
    const { server, proxy, tab } = await setUp(t, entry, undefined);
    for (let round = 0; round < 5; round += 1) {
      await untilConnected(tab);
      await sendMany(tab, MESSAGES);
      proxy.cut();
    }
    await until(
      () => server.saved.length > 5 * MESSAGES,
      () => `all are saved; ${server.saved.length} are`,
      30_000,
    );
    assertSaved(server, ['first', ...numbered(5 * MESSAGES, 'm', 1)]);
  });
}
