// The page's main thread is blocked for longer than the health check waits, while the link is alive. Timers then fire
// late, which proves nothing about the link. Only engine.io's own heartbeat may end it.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launchBrowser } from '../support/browser.mjs';
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

/**
 * Every time span is this fraction of its default. The block corresponds to 40 s: shorter than engine.io's heartbeat
 * (25 s and 20 s), and longer than the silence after which the health check ends a link (30 s). A smaller fraction would
 * not work: the health check treats a delay of less than a second as on time, and here the delay is 2 s.
 */
const PART = 5;
const BLOCK_MS = 40_000 / PART;
const HEARTBEAT = { pingInterval: 25_000 / PART, pingTimeout: 20_000 / PART };
const HEALTH = { intervalMs: 15_000 / PART, timeoutMs: 30_000 / PART, probeMs: 5_000 / PART };
const SEND = { ...QUICK.send, ackTimeoutMs: 10_000 / PART };
/** engine.io ends a link after this time without a heartbeat. */
const OVER_MS = HEARTBEAT.pingInterval + HEARTBEAT.pingTimeout;

const browser = await launchBrowser();

for (const transport of ['websocket', 'polling']) {
  for (const [when, waitMs] of [
    ['just after a heartbeat', 0],
    ['just before one', HEARTBEAT.pingInterval * 0.9],
  ]) {
    test(`blocked over ${transport} from ${when}: at most one close, and only by engine.io`, async (t) => {
      const server = await startChatServer(t, { io: HEARTBEAT });
      const page = await openLab(t, browser, server.url);
      const io = { transports: [transport] };
      await configure(page, { url: server.url, ...QUICK, io, send: SEND, health: HEALTH }, 'alice');
      await untilReady(page);
      await page.evaluate(blockAfterHeartbeat, [waitMs, BLOCK_MS]);
      const entries = await untilSettled(page, 15, 30_000 + BLOCK_MS);
      // By now, a probe of the link has been answered.
      await untilReady(page);
      assertEachDeliveredOnce(entries);
      assertSavedOnceInOrder(contents(server.saved), contents(entries));
      const silences = await page.evaluate(() => window.silences);
      assert.ok(silences.length <= 1, `closes after ${silences} ms of silence`);
      for (const silence of silences) assert.ok(silence >= OVER_MS, `closed after ${silence} ms`);
      assert.equal(server.handshakes.length, 1 + silences.length);
    });
  }
}

/** Runs in the page: blocks it some time after a heartbeat. Sends messages before, during and after the block. */
function blockAfterHeartbeat([waitMs, blockMs]) {
  const socket = window.holdfast.getSocket();
  let heartbeatAt = 0;
  window.silences = [];
  socket.on('disconnect', () => window.silences.push(performance.now() - heartbeatAt));
  const block = () => {
    const started = performance.now();
    window.recorder.sendMany(5);
    while (performance.now() - started < blockMs / 2);
    window.recorder.sendMany(5);
    while (performance.now() - started < blockMs);
    window.recorder.sendMany(5);
  };
  return new Promise((resolve) => {
    socket.io.once('ping', () => {
      heartbeatAt = performance.now();
      setTimeout(() => resolve(block()), waitMs);
    });
  });
}
