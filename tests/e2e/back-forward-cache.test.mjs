// The browser's real back-forward cache, without simulated events.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launchBrowser, openPage } from '../support/browser.mjs';
import { bundle } from '../support/bundle.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import { QUICK, untilReady } from '../support/lab.mjs';
import { startPages } from '../support/pages.mjs';
import { until } from '../support/until.mjs';

const browser = await launchBrowser({ hasCache: true });

const PAGE = `
  import * as holdfast from 'holdfast/socket';
  import { io } from 'socket.io-client';
  Object.assign(window, { holdfast, io, seen: [], settled: [] });
  for (const name of ['pagehide', 'pageshow']) {
    addEventListener(name, ({ persisted }) => seen.push(name + ' ' + persisted));
  }
`;
const IDS = ['a', 'b', 'c'];

async function connect(page, url) {
  await page.evaluate(await bundle(PAGE));
  await page.evaluate(
    (options) => {
      window.holdfast.configureSocket(options);
      window.holdfast.initializeSocket('alice');
    },
    // Strict mode sends one message of a conversation at a time: the first is sent, and the others wait.
    { ...QUICK, url, send: { ...QUICK.send, strict: true }, io: { transports: ['websocket'] } },
  );
  await untilReady(page);
}

/** A page with a live link, one message that was sent and is unanswered, and two that wait behind it. */
async function setUp(t, { withTab = false } = {}) {
  const server = await startChatServer(t);
  const left = [];
  server.io.on('connection', (socket) => socket.on('disconnect', (reason) => left.push(reason)));
  server.hooks.message = () => {};
  const pages = await startPages(t);
  const page = await openPage(t, browser, `${pages}/first`);
  await connect(page, server.url);
  let tab;
  if (withTab) {
    tab = await page.context().newPage();
    await tab.goto(`${pages}/other`);
    await connect(tab, server.url);
  }
  await page.evaluate((ids) => {
    for (const _tempId of ids) {
      const sent = window.holdfast.sendMessage({ recipientId: 'bob', _tempId });
      sent.then(({ success }) => window.settled.push(`${_tempId} ${success}`));
    }
  }, IDS);
  await until(() => server.received.length === 1, 'the first left');
  return {
    server,
    page,
    tab,
    left,
    away: () => page.goto(`${pages}/second`),
    back: () => page.goBack({ waitUntil: 'commit' }),
  };
}

/** The names of the package's locks that are held in this origin. */
const locksHeld = (page) =>
  page.evaluate(async () => {
    const { held } = await navigator.locks.query();
    return held.map(({ name }) => name).filter((name) => name.startsWith('holdfast'));
  });

const isBack = (page) =>
  until(
    () => page.evaluate(() => window.seen?.join() === 'pagehide true,pageshow true'),
    async () => `the page comes back out of the cache: ${await page.evaluate(whyNot)}`,
  );

function whyNot() {
  const [{ notRestoredReasons }] = performance.getEntriesByType('navigation');
  return JSON.stringify([window.seen, notRestoredReasons]);
}

const allSettled = (page) =>
  until(
    async () => (await page.evaluate(() => window.settled.length)) === IDS.length,
    'the page has the result of each message',
  );

test('a page with a live link and waiting messages enters the cache, and sends them when it is back', async (t) => {
  const { server, page, left, away, back } = await setUp(t);
  await away();
  await until(() => left.length === 1, 'the link is closed');
  assert.deepEqual(left, ['client namespace disconnect']);
  await until(async () => (await locksHeld(page)).length === 0, 'the lock is released');
  assert.equal(await page.evaluate(() => typeof window.holdfast), 'undefined', 'another page');

  server.hooks.message = ({ ack, save }) => ack(save());
  await back();
  await isBack(page);
  await allSettled(page);
  assert.deepEqual(
    await page.evaluate(() => window.settled),
    IDS.map((id) => `${id} true`),
  );
  assert.deepEqual(
    server.received.map(({ id }) => id),
    ['a', ...IDS],
    'the unanswered message is repeated, and the others are sent once',
  );
  assert.equal(server.saved.length, IDS.length);
  assert.equal((await locksHeld(page)).length, 1, 'the lock is its own again');
  await away();
  await back();
  await until(() => page.evaluate(() => window.seen.length === 4), 'and once more');
  assert.deepEqual(await page.evaluate(() => window.seen.slice(2)), [
    'pagehide true',
    'pageshow true',
  ]);
});

for (const [when, isAnsweredFirst] of [
  ['has sent them', true],
  ['still has them', false],
]) {
  test(`messages that another tab took over settle by its report, if it ${when} when the page is back`, async (t) => {
    const { server, page, tab, away, back } = await setUp(t, { withTab: true });
    const pending = [];
    server.hooks.message = ({ ack, save }) => {
      if (isAnsweredFirst) ack(save());
      else pending.push(() => ack(save()));
    };
    await away();
    await until(() => server.received.length >= 2, 'the other tab sends');
    if (isAnsweredFirst) await until(() => server.saved.length === 3, 'all of them');
    await back();
    await isBack(page);
    await untilReady(page);
    if (!isAnsweredFirst) {
      assert.deepEqual(await page.evaluate(() => window.settled), []);
      server.hooks.message = ({ ack, save }) => ack(save());
      for (const answer of pending) answer();
    }
    await allSettled(page);
    assert.deepEqual(
      (await page.evaluate(() => window.settled)).sort(),
      IDS.map((id) => `${id} true`),
    );
    // After a message of each tab, everything that either tab sent before has arrived.
    for (const [n, one] of [page, tab].entries()) {
      const mark = { recipientId: 'bob', _tempId: `mark${n}` };
      await one.evaluate((message) => window.holdfast.sendMessage(message), mark);
    }
    assert.deepEqual(
      server.received.map(({ id }) => id),
      ['a', ...IDS, 'mark0', 'mark1'],
      'only the unanswered message was sent by two tabs',
    );
  });
}
