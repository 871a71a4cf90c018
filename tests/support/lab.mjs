// A page with the package and socket.io-client, which sends messages and records their results.

import assert from 'node:assert/strict';
import { openPage } from './browser.mjs';
import { bundle } from './bundle.mjs';
import { until } from './until.mjs';

const PAGE = `
  import * as holdfast from 'holdfast/socket';
  import { io } from 'socket.io-client';
  Object.assign(window, { holdfast, io });
`;

/** Short delays for reconnecting and sending again, so that a test takes seconds. */
export const QUICK = {
  reconnect: { minMs: 50, maxMs: 500, spreadMs: 50, stableMs: 1_000 },
  send: { backoffMs: 50, backoffMaxMs: 500 },
};

/**
 * Opens a page with `window.holdfast` (all of `holdfast/socket`), `window.io` and the recorder.
 *
 * @param {import('node:test').TestContext} t
 * @param {import('playwright-core').Browser} browser
 * @param {string} server its URL; the page gets this origin
 * @param {{ client?: string, allow?: RegExp[] }} [options] `client`: see `bundle`; `allow`: see `openPage`
 */
export async function openLab(t, browser, server, { client, allow } = {}) {
  // Any Socket.IO server answers this request with an error text, which makes a blank page of the server's origin.
  // `page.setContent` would leave the page without an address, and Chromium blocks such pages from the local network.
  const page = await openPage(t, browser, `${server}/socket.io/?transport=none`, { allow });
  await page.evaluate(await bundle(PAGE, { client }));
  await installRecorder(page);
  return page;
}

/** Adds `window.recorder` to a page that has `window.holdfast`. */
export function installRecorder(page) {
  return page.evaluate(() => {
    const entries = [];
    window.recorder = {
      entries,
      settled: 0,
      onsettled: null,
      /** Sends one message, and records every call of its callback and the result of its promise. */
      send(data) {
        const entry = { content: data?.content, calls: [], promised: null, returned: false };
        entries.push(entry);
        const promise = window.holdfast.sendMessage(data, (result) => {
          entry.calls.push({ ...result, inCall: !entry.returned });
          if (result.queued) return;
          window.recorder.settled += 1;
          window.recorder.onsettled?.(window.recorder.settled);
        });
        entry.returned = true;
        promise.then(
          (result) => (entry.promised = result),
          (error) => (entry.promised = { rejected: String(error) }),
        );
        return entry;
      },
      /** Sends `count` numbered messages to one recipient, synchronously. */
      sendMany(count, recipientId = 'bob') {
        for (let i = 0; i < count; i += 1) {
          this.send({ recipientId, content: `m${String(entries.length).padStart(4, '0')}` });
        }
      },
    };
  });
}

/**
 * Configures the package in the page, and connects as `userId` if given.
 *
 * @param {import('playwright-core').Page} page
 * @param {object} options of `configureSocket`, as JSON
 * @param {string} [userId]
 */
export async function configure(page, options, userId) {
  await page.evaluate(
    ([options, userId]) => {
      window.holdfast.configureSocket({ ...options, onForceLogout: () => {} });
      if (userId !== undefined) window.holdfast.initializeSocket(userId);
    },
    [options, userId],
  );
}

/** Resolves when the link is ready: connected and joined. */
export function untilReady(page, deadlineMs) {
  return until(
    () => page.evaluate(() => window.holdfast.isConnectionReady()),
    'the link is ready',
    deadlineMs,
  );
}

/**
 * Resolves when the server has answered a ping. Until then the health check cannot judge silence, and only the
 * transport's heartbeat ends a dead connection.
 */
export function untilProven(page) {
  const hasPong = () => window.holdfast.getConnectionHealth().lastPongTime !== null;
  return until(() => page.evaluate(hasPong), 'a ping was answered');
}

/**
 * Resolves when every client of the server has upgraded to WebSocket. While a page polls, neither the page nor the
 * server may notice a connection that is cut between two polls, and `pagehide` ends a running poll.
 */
export function untilUpgraded(server) {
  const isUpgraded = ({ conn }) => conn.transport.name === 'websocket';
  return until(() => server.clients.every(isUpgraded), 'every client has its WebSocket');
}

/** Resolves when the client knows that the link is lost. */
export function untilDown(page, deadlineMs) {
  return until(
    () => page.evaluate(() => !window.holdfast.isSocketConnected()),
    'the client knows that the link is lost',
    deadlineMs,
  );
}

/** Resolves with the recorded entries when `count` messages have their final result. */
export async function untilSettled(page, count, deadlineMs = 30_000) {
  const settled = () => page.evaluate(() => window.recorder.settled);
  await until(
    async () => (await settled()) >= count,
    async () => `${count} messages settle; unsettled: ${await unsettled(page)}`,
    deadlineMs,
  );
  return page.evaluate(() => window.recorder.entries);
}

function unsettled(page) {
  return page.evaluate(() => {
    const waiting = window.recorder.entries.filter(({ calls }) => !calls.some((c) => !c.queued));
    const { queueLength } = window.holdfast.getConnectionHealth();
    const names = waiting.slice(0, 10).map(({ content }) => content);
    const state = `ready ${window.holdfast.isConnectionReady()}, queue ${queueLength}`;
    return `${waiting.length} (${names.join(', ')}, ...), ${state}`;
  });
}

/** Asserts for each message: at most one notice, before `sendMessage` returned, and then one final success. */
export function assertEachDeliveredOnce(entries) {
  for (const { content, calls, promised } of entries) {
    const told = `${content} was told ${JSON.stringify(calls)}`;
    const finals = calls.filter(({ queued }) => !queued);
    const notices = calls.filter(({ queued }) => queued);
    assert.equal(finals.length, 1, told);
    assert.equal(finals[0].success, true, told);
    assert.ok(notices.length <= 1, told);
    if (notices.length) {
      assert.equal(calls[0], notices[0], told);
      assert.equal(notices[0].success, false, told);
      assert.equal(notices[0].inCall, true, `the notice came late: ${told}`);
      assert.equal(notices[0]._tempId, finals[0]._tempId, told);
    }
    assert.equal(typeof finals[0]._tempId, 'string', told);
    assert.equal(
      promised?.success,
      true,
      `${content}: its promise answered ${JSON.stringify(promised)}`,
    );
    assert.equal(promised._tempId, finals[0]._tempId, told);
  }
}

/** The contents of saved messages, or of the recorder's entries, in their order. */
export function contents(messages) {
  return messages.map(({ content }) => content);
}

/**
 * Compares the saved messages with the sent ones, and names the missing, duplicated and misplaced ones.
 *
 * @param {string[]} saved contents in the order in which they were saved
 * @param {string[]} sent contents in the order in which they were sent
 */
export function assertSavedOnceInOrder(saved, sent) {
  const missing = sent.filter((content) => !saved.includes(content));
  const doubled = saved.filter((content, i) => saved.indexOf(content) !== i);
  const foreign = saved.filter((content) => !sent.includes(content));
  assert.deepEqual({ missing, doubled, foreign }, { missing: [], doubled: [], foreign: [] });
  const wrong = saved.findIndex((content, i) => content !== sent[i]);
  const around = JSON.stringify(saved.slice(Math.max(0, wrong - 3), wrong + 3));
  assert.equal(wrong, -1, `out of order at ${wrong}: expected ${sent[wrong]}, saved ${around}`);
}
