// A WebSocket is lost just when polling pauses for the upgrade. socket.io-client alone would keep a link over which
// nothing passes.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launchBrowser } from '../support/browser.mjs';
import { CLIENTS } from '../support/bundle.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import { closeAt, sessionsOf } from '../support/closing.mjs';
import {
  assertEachDeliveredOnce,
  assertSavedOnceInOrder,
  configure,
  contents,
  openLab,
  QUICK,
  untilSettled,
} from '../support/lab.mjs';
import { until } from '../support/until.mjs';

const browser = await launchBrowser();

/**
 * A server that closes the first WebSocket as soon as it has answered its probe. It accepts the WebSocket once the page
 * has received everything else, so that polling still pauses at that time.
 */
async function setUp(t, client) {
  const server = await startChatServer(t);
  const held = [];
  const [accept] = server.http.listeners('upgrade');
  server.http.removeAllListeners('upgrade').once('upgrade', (...request) => {
    server.http.on('upgrade', accept);
    held.push(request);
  });
  server.io.engine.once('connection', (session) => {
    session.once('upgrading', (webSocket) => webSocket.close());
  });
  const page = await openLab(t, browser, server.url, { client });
  // Without the health check, only the close of the WebSocket reveals the loss.
  await configure(page, { url: server.url, ...QUICK, health: false });
  await page.evaluate(() => {
    window.heard = [];
    const socket = window.holdfast.getSocket();
    for (const event of ['disconnect', 'online_users']) {
      socket.on(event, (detail) => window.heard.push(event === 'disconnect' ? detail : event));
    }
  });
  const letIn = async () => {
    const isQuiet = () => page.evaluate(() => window.heard.includes('online_users'));
    await until(async () => held.length > 0 && (await isQuiet()), 'a WebSocket, and nothing else');
    accept.apply(server.http, held[0]);
  };
  return { server, page, letIn };
}

for (const [version, client] of Object.entries(CLIENTS)) {
  test(`a link whose upgrade was lost is replaced, and messages arrive (socket.io-client ${version})`, async (t) => {
    const { server, page, letIn } = await setUp(t, client);
    await page.evaluate(() => window.holdfast.initializeSocket('alice'));
    await letIn();
    await until(() => server.handshakes.length === 2, 'a second link');
    await page.evaluate(() => window.recorder.sendMany(10));
    const entries = await untilSettled(page, 10);
    assertEachDeliveredOnce(entries);
    assertSavedOnceInOrder(contents(server.saved), contents(entries));
    const heard = await page.evaluate(() => window.heard);
    assert.deepEqual(heard.slice(0, 2), ['online_users', 'transport error']);
    await until(() => server.io.engine.clientsCount === 1, 'the first session has ended');
  });
}

test('closing during the lost upgrade leaves nothing on the server', async (t) => {
  const { server, page, letIn } = await setUp(t);
  const isOver = sessionsOf(server);
  await Promise.all([page.evaluate(`(${closeAt})(window.holdfast, 'pausing')`), letIn()]);
  await until(isOver, 'the session ends');
});
