// The wall clock is changed while a link is up. socket.io-client 4.8 measures its heartbeat with that clock: when it is
// set forward, the client buffers emits and would send them on the next link before any join.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launchBrowser } from '../support/browser.mjs';
import { CLIENTS } from '../support/bundle.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import {
  assertEachDeliveredOnce,
  assertSavedOnceInOrder,
  configure,
  contents,
  openLab,
  QUICK,
  untilReady,
  untilSettled,
} from '../support/lab.mjs';

const HOUR_MS = 3_600_000;

const browser = await launchBrowser();

/** A page that is connected as alice. `connections` records the events of each connection. */
async function setUp(t, { client, transport }) {
  const server = await startChatServer(t);
  const connections = [];
  server.io.on('connection', (socket) => {
    const sent = [];
    connections.push(sent);
    socket.onAny((event) => sent.push(event));
  });
  const page = await openLab(t, browser, server.url, { client });
  const options = { url: server.url, ...QUICK, io: { transports: [transport] } };
  await configure(page, options, 'alice');
  await untilReady(page);
  await page.evaluate(() => window.recorder.send({ recipientId: 'bob', content: 'before' }));
  await untilSettled(page, 1);
  return { server, page, connections };
}

/** Sets the clock and sends five messages in the same turn. */
const setClockAndSend = (page, ms) =>
  page.evaluate((lead) => {
    const { now } = Date;
    Date.now = () => now() + lead;
    window.recorder.sendMany(5);
    return window.holdfast.getSocket().sendBuffer.length;
  }, ms);

function assertAllOnce(server, entries) {
  assertEachDeliveredOnce(entries);
  assertSavedOnceInOrder(contents(server.saved), contents(entries));
  assert.equal(server.received.length, entries.length, 'nothing came twice');
}

for (const transport of ['websocket', 'polling']) {
  for (const [version, client] of Object.entries(CLIENTS)) {
    const setUpOne = (t) => setUp(t, { client, transport });
    // 4.7 does not look at the clock, and its link answers the probe.
    const links = version === '4.7.0' ? 1 : 2;

    test(`with the clock set forward by an hour over ${transport}, nothing leaves before the join (socket.io-client ${version})`, async (t) => {
      const { server, page, connections } = await setUpOne(t);
      const before = connections[0].length;
      assert.equal(await setClockAndSend(page, HOUR_MS), 0, 'nothing of ours is buffered');
      assertAllOnce(server, await untilSettled(page, 6));
      assert.equal(connections.length, links);
      if (links === 1) return;
      assert.equal(connections[0].length, before, 'nothing more over the first link');
      assert.deepEqual(connections[1].slice(0, 1), ['join']);
    });
  }

  test(`with the clock set back by an hour and then corrected over ${transport}, the link stays`, async (t) => {
    const { server, page, connections } = await setUp(t, { transport });
    assert.equal(await setClockAndSend(page, -HOUR_MS), 0);
    assertAllOnce(server, await untilSettled(page, 6));
    assert.equal(await setClockAndSend(page, HOUR_MS), 0);
    assertAllOnce(server, await untilSettled(page, 11));
    assert.equal(connections.length, 1);
  });
}
