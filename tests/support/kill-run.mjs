// 200 messages against a server that is killed repeatedly. The tests of the drop-in and of the versions of
// socket.io-client share this run.

import assert from 'node:assert/strict';
import { countMessages, readMessages } from './database.mjs';
import {
  assertEachDeliveredOnce,
  assertSavedOnceInOrder,
  contents,
  untilDown,
  untilReady,
  untilSettled,
} from './lab.mjs';
import { deferred, until } from './until.mjs';

const ROUNDS = 5;
const BURST = 30;
const WHILE_DOWN = 10;
const MESSAGES = ROUNDS * (BURST + WHILE_DOWN);

/**
 * Runs five rounds. In each, the page sends a burst and SIGKILL hits the server in the middle of it: in even rounds
 * when the second half of the burst is sent, in odd rounds when the burst's 8th row is saved. The page sends more
 * messages while the server is down, and the server is started again. The next round begins when results arrive again,
 * while the other messages still wait.
 *
 * @param {import('node:test').TestContext} t
 * @param {import('playwright-core').Page} page with a recorder, configured and connected
 * @param {import('./server.mjs').DemoServer} server
 */
export async function surviveKills(t, page, server) {
  const struckAt = [];
  let half;
  await page.exposeFunction('tellHalfSent', () => half.resolve());
  await untilReady(page);

  for (let round = 0; round < ROUNDS; round += 1) {
    if (round % 2 === 0) {
      half = deferred();
      await page.evaluate(sendInHalves, BURST);
      await half.promise;
    } else {
      const before = countMessages(server.database);
      await page.evaluate((n) => window.recorder.sendMany(n), BURST);
      const saved = () => countMessages(server.database) - before;
      await until(
        () => saved() >= 8,
        () => `8 rows of the burst, saved are ${saved()}`,
        15_000,
        1,
      );
    }
    await server.kill();
    await untilDown(page);
    const { sent, settled } = await counts(page);
    struckAt.push(sent - settled);
    await page.evaluate((n) => window.recorder.sendMany(n), WHILE_DOWN);
    await server.start();
    await until(
      async () => (await counts(page)).settled >= settled + 5,
      `results come again after kill ${round + 1}`,
      30_000,
    );
  }

  const entries = await untilSettled(page, MESSAGES, 60_000);
  t.diagnostic(`unanswered when each kill struck: ${struckAt.join(', ')}`);
  assert.equal(entries.length, MESSAGES);
  assert.equal(server.starts, ROUNDS + 1);
  assertEachDeliveredOnce(entries);
  assertSavedOnceInOrder(contents(readMessages(server.database)), contents(entries));
  assert.ok(
    struckAt.some((unanswered) => unanswered > 0),
    'no kill struck while a message was unanswered: the test proved nothing',
  );
}

function counts(page) {
  return page.evaluate(() => {
    const { entries, settled } = window.recorder;
    return { sent: entries.length, settled };
  });
}

/** Runs in the page: sends the second half at the 4th result of the first half, and reports that to the test. */
function sendInHalves(count) {
  const { recorder } = window;
  const trigger = recorder.settled + 4;
  recorder.onsettled = (settled) => {
    if (settled !== trigger) return;
    recorder.sendMany(count / 2);
    window.tellHalfSent();
  };
  recorder.sendMany(count / 2);
}
