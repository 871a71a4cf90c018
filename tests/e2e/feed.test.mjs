// A user's feed in real tabs: items that were published while the tabs were away, reloaded or frozen arrive once in each.

import assert from 'node:assert/strict';
import test from 'node:test';
import { createFeed } from '../../pkg/esm/server.mjs';
import { atEnd } from '../support/at-end.mjs';
import { launchBrowser } from '../support/browser.mjs';
import { bundle } from '../support/bundle.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import { QUICK } from '../support/lab.mjs';
import { startPages } from '../support/pages.mjs';
import { until } from '../support/until.mjs';

const PAGE = `
  import * as holdfast from 'holdfast/socket';
  Object.assign(window, { holdfast, heard: [] });
  holdfast.configureSocket(window.options);
  holdfast.initializeSocket('alice').on('note', (n) => heard.push(n));
`;
const browser = await launchBrowser();

/** A server with a feed, and a browser context of alice. */
async function setUp(t) {
  const server = await startChatServer(t);
  const feed = createFeed(server.io, { userId: () => 'alice' });
  const pages = await startPages(t);
  const context = await browser.newContext();
  atEnd(t, () => context.close());
  const options = { ...QUICK, url: server.url, auth: { token: 'x' } };
  const code = await bundle(PAGE);
  const begin = async (page) => {
    await page.evaluate(`window.options = ${JSON.stringify(options)}`);
    await page.evaluate(code);
    await page.waitForFunction(() => globalThis.holdfast.isConnectionReady());
  };
  const readers = () => server.io.sockets.adapter.rooms.get('holdfast:feed:u:alice')?.size ?? 0;
  return {
    server,
    begin,
    publish: async (...notes) => {
      for (const note of notes) await feed.user('alice').publish('note', note);
    },
    readBy: (count) => until(() => readers() === count, `${count} tabs read the feed`),
    async open() {
      const page = await context.newPage();
      await page.goto(`${pages}/tab`);
      await begin(page);
      return page;
    },
  };
}

const heardBy = (page) => page.evaluate(() => globalThis.heard);
const hears = (page, notes) =>
  until(async () => {
    const heard = await heardBy(page);
    return heard.length >= notes.length;
  }, `it hears of ${notes}`).then(async () => assert.deepEqual(await heardBy(page), notes));

test('a reloaded page continues from its last item', async (t) => {
  const { begin, publish, readBy, open } = await setUp(t);
  const page = await open();
  await readBy(1);
  await publish(1, 2);
  await hears(page, [1, 2]);
  const reloads = [[3], [4, 5, 6], []];
  for (const missed of reloads) {
    await page.goto('about:blank');
    await readBy(0);
    await publish(...missed);
    await page.goBack();
    await begin(page);
    await readBy(1);
    await hears(page, missed);
  }
  await publish(7);
  await hears(page, [7]);
});

test('two tabs each receive every item once, and a later tab continues from the last item', async (t) => {
  const { server, publish, readBy, open } = await setUp(t);
  const [one, two] = [await open(), await open()];
  await readBy(2);
  await publish(1, 2);
  await hears(one, [1, 2]);
  await hears(two, [1, 2]);
  await one.close();
  await readBy(1);
  await publish(3);
  await hears(two, [1, 2, 3]);
  server.dropAll();
  await publish(4);
  await hears(two, [1, 2, 3, 4]);
  await two.close();
  await readBy(0);
  await publish(5);
  const three = await open();
  await hears(three, [5]);
});
