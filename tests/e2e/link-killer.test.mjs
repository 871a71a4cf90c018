// Messages that end every link that carries them, and the messages around them.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launchBrowser } from '../support/browser.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import { configure, contents, openLab, QUICK, untilReady, untilSettled } from '../support/lab.mjs';

const KILLER = 'm0002';
const FIVE_MB = 5_000_000;

const browser = await launchBrowser();

async function setUp(t, transport) {
  const server = await startChatServer(t);
  const page = await openLab(t, browser, server.url);
  await configure(page, { url: server.url, ...QUICK, io: { transports: [transport] } });
  return { server, page };
}

/** Each message's one final result: its code, or 'success'. */
const results = (entries) =>
  entries.map(({ content, calls }) => {
    const finals = calls.filter(({ queued }) => !queued);
    assert.equal(finals.length, 1, `${content} was told ${JSON.stringify(calls)}`);
    return finals[0].success ? 'success' : finals[0].error;
  });

for (const transport of ['websocket', 'polling']) {
  test(`over ${transport}, a message that kills its link each time is given up, and the messages around it arrive`, async (t) => {
    const { server, page } = await setUp(t, transport);
    server.hooks.message = ({ data, ack, socket, save }) => {
      if (data.content === KILLER) socket.conn.close(true);
      else ack(save());
    };
    await page.evaluate(() => window.holdfast.initializeSocket('alice'));
    await untilReady(page);
    await page.evaluate(() => window.recorder.sendMany(6));
    const entries = await untilSettled(page, 6, 60_000);
    const expected = Array.from({ length: 6 }, () => 'success').with(2, 'LINK_LOST');
    assert.deepEqual(results(entries), expected);
    assert.equal(entries[2].promised.maybeDelivered, true);
    const saved = contents(entries).filter((content) => content !== KILLER);
    assert.deepEqual(contents(server.saved), saved, 'once each, and in order');
    const kills = server.received.filter(({ data }) => data.content === KILLER).length;
    assert.ok(
      server.handshakes.length <= kills + 1,
      `${server.handshakes.length} links, ${kills} kills`,
    );
  });

  test(`over ${transport}, a message above the server's size limit is refused, and the messages around it arrive`, async (t) => {
    const { server, page } = await setUp(t, transport);
    const sendThree = () =>
      page.evaluate((size) => {
        window.holdfast.initializeSocket('alice');
        window.recorder.sendMany(1);
        window.recorder.send({ recipientId: 'bob', content: 'x'.repeat(size) });
        window.recorder.sendMany(1);
      }, FIVE_MB);
    // Once before the server has announced its limit, and once after.
    await sendThree();
    await untilSettled(page, 3);
    await untilReady(page);
    await sendThree();
    const entries = await untilSettled(page, 6);
    const three = ['success', 'PAYLOAD_TOO_LARGE', 'success'];
    assert.deepEqual(results(entries), [...three, ...three]);
    assert.equal(entries[4].promised.maybeDelivered, false);
    assert.deepEqual(contents(server.saved), ['m0000', 'm0002', 'm0003', 'm0005']);
    assert.equal(server.handshakes.length, 1, 'no link was lost by it');
  });
}
