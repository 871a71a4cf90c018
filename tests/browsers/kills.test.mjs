// 200 messages to a server that is ended again and again.

import assert from 'node:assert/strict';
import test from 'node:test';
import { startChatServer } from '../support/chat-server.mjs';
import { until } from '../support/until.mjs';
import {
  assertSaved,
  connect,
  ENTRIES,
  numbered,
  openBrowser,
  sendMany,
  servePage,
  untilAllSettled,
  untilConnected,
  untilDown,
} from './kit.mjs';

const ROUNDS = 5;
const BURST = 30;
const WHILE_DOWN = 10;
const MESSAGES = ROUNDS * (BURST + WHILE_DOWN);

for (const entry of ENTRIES) {
  test(`200 messages over five ends of the server arrive once each and in order: ${entry}`, async (t) => {
    const page = await servePage(t);
    const server = await startChatServer(t);
    const browser = await openBrowser(t);
    const tab = await browser.open(page);
    await connect(tab, server.url, { entry });
    let left = Infinity;
    server.hooks.message = ({ ack, save }) => {
      ack(save());
      left -= 1;
      if (left === 0) server.dropAll();
    };
    for (let round = 0; round < ROUNDS; round += 1) {
      await untilConnected(tab);
      left = BURST / 2;
      await sendMany(tab, BURST);
      await until(() => left <= 0, 'half of the burst has come');
      await server.stop();
      await untilDown(tab);
      await sendMany(tab, WHILE_DOWN);
      await server.listen();
    }
    await until(
      () => server.saved.length >= MESSAGES,
      () => `all are saved; ${server.saved.length} are`,
      30_000,
    );
    if (entry === 'holdfast') await untilAllSettled(tab, MESSAGES);
    assertSaved(server, numbered(MESSAGES));
    // Attempts while the server is away are told; nothing else is.
    assert.deepEqual(
      await tab.run(() => window.lab.errors.filter((text) => !/^CONNECT_FAILED/.test(text))),
      [],
    );
  });
}
