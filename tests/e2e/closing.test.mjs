// Closing the client in a page while it connects. The server keeps no session.

import test from 'node:test';
import { launchBrowser } from '../support/browser.mjs';
import { CLIENTS } from '../support/bundle.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import { closeAt, holdHandshakes, MOMENTS, sessionsOf } from '../support/closing.mjs';
import { configure, openLab, QUICK } from '../support/lab.mjs';
import { until } from '../support/until.mjs';

const browser = await launchBrowser();

async function setUp(t, { io, client } = {}) {
  const server = await startChatServer(t, { io });
  const page = await openLab(t, browser, server.url, { client });
  await configure(page, { url: server.url, ...QUICK });
  return { page, isOver: sessionsOf(server) };
}

for (const moment of MOMENTS) {
  test(`closing at "${moment}" leaves nothing on the server`, async (t) => {
    const { page, isOver } = await setUp(t);
    await page.evaluate(`(${closeAt})(window.holdfast, '${moment}')`);
    await until(isOver, 'the session ends');
  });
}

for (const [version, client] of Object.entries(CLIENTS)) {
  test(`closing before the handshake is answered leaves nothing (socket.io-client ${version})`, async (t) => {
    const { held, release, io } = holdHandshakes();
    const { page, isOver } = await setUp(t, { io, client });
    await page.evaluate(() => window.holdfast.initializeSocket('alice'));
    await until(() => held.length === 1, 'a handshake');
    await page.evaluate(() => window.holdfast.disconnectSocket());
    release();
    await until(isOver, 'the session ends');
  });
}
