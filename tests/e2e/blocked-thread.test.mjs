// The page's one thread is blocked for longer than health waits, on a link that lives. Timers fire late
// then and say nothing of the link; only engine.io's own heartbeat may end it.

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
 * Every span is this part of its default, and the block of 40 s: shorter than engine.io's heartbeat (25 s
 * and 20 s), longer than the silence that health takes for the end (30 s). No smaller part would do: what
 * is late by less than a second is on time for health, and here it is late by 2 s.
 */
const PART = 5;
const BLOCK_MS = 40_000 / PART;
const HEARTBEAT = { pingInterval: 25_000 / PART, pingTimeout: 20_000 / PART };
const HEALTH = { intervalMs: 15_000 / PART, timeoutMs: 30_000 / PART, probeMs: 5_000 / PART };
const SEND = { ...QUICK.send, ackTimeoutMs: 10_000 / PART };
/** After so long without a heartbeat engine.io ends a link. */
const OVER_MS = HEARTBEAT.pingInterval + HEARTBEAT.pingTimeout;

const browser = await launchBrowser();

for (const transport of ['websocket', 'polling']) {
  for (const [when, waitMs] of [
    ['just after a heartbeat', 0],
    ['just before one', HEARTBEAT.pingInterval * 0.9],
  ]) {
    test(`blocked over ${transport} from ${when}: one close at most, and it is engine.io's`, async (t) => {
      const server = await startChatServer(t, { io: HEARTBEAT });
      const page = await openLab(t, browser, server.url);
      const io = { transports: [transport] };
      await configure(page, { url: server.url, ...QUICK, io, send: SEND, health: HEALTH }, 'alice');
      await untilReady(page);
      await page.evaluate(blockAfterHeartbeat, [waitMs, BLOCK_MS]);
      const entries = await untilSettled(page, 15, 30_000 + BLOCK_MS);
      // Whoever doubts the link has asked by now, and heard.
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

/** In the page: blocks it some time after a heartbeat; sends before, meanwhile and at the end. */
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
