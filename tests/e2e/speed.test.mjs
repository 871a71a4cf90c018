// The time to send a backlog of messages over a round trip of 50 ms, compared with socket.io's own ways.
//
// Each contender gets its messages before it connects. The time runs from the moment when the first message may leave
// (connected, for the package: joined) to the last acknowledgement. Raw emits have an acknowledgement, but no retry, no
// deadline and nothing on disk. socket.io's `retries` sends one message at a time; it gets 100 messages instead of 1,000,
// and its time is compared per message.

import assert from 'node:assert/strict';
import test from 'node:test';
import { atEnd } from '../support/at-end.mjs';
import { bundle } from '../support/bundle.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import { runInPlainBrowser } from '../support/plain-browser.mjs';
import { createProxy } from '../support/proxy.mjs';

const ROUNDS = 5;
const MESSAGES = { holdfast: 1_000, raw: 1_000, retries: 100 };
const ONE_WAY_MS = 25;
const MOST_OF_RAW = 1.5;
const LEAST_OVER_RETRIES = 100;

test('a backlog takes at most 1.5 times as long as raw emits, and is 100 times faster than retries', async (t) => {
  const server = await startChatServer(t);
  const proxy = await createProxy({ target: { port: server.port } });
  atEnd(t, () => proxy.close());
  proxy.delay(ONE_WAY_MS);

  const script = await bundle("import './tests/support/speed-page.mjs';");
  const plan = { url: proxy.url, rounds: ROUNDS, messages: MESSAGES };
  const rounds = await runInPlainBrowser(t, script, plan, 180_000);

  // One more round than is measured: the first one warms up.
  const sent = (ROUNDS + 1) * (MESSAGES.holdfast + MESSAGES.raw + MESSAGES.retries);
  assert.equal(server.saved.length, sent);
  assert.equal(server.received.length, sent, 'nothing was sent twice on a link that never failed');

  const table = rounds.map((round) => {
    const perMessage = (name) => round[name].flowMs / MESSAGES[name];
    return {
      holdfast: round.holdfast.flowMs,
      raw: round.raw.flowMs,
      ofRaw: round.holdfast.flowMs / round.raw.flowMs,
      totalOfRaw: round.holdfast.totalMs / round.raw.totalMs,
      retriesEach: perMessage('retries'),
      overRetries: perMessage('retries') / perMessage('holdfast'),
    };
  });
  report(t, table);

  const ofRaw = median(table.map((row) => row.ofRaw));
  const overRetries = median(table.map((row) => row.overRetries));
  assert.ok(ofRaw <= MOST_OF_RAW, `${ofRaw} of raw emits`);
  assert.ok(overRetries >= LEAST_OVER_RETRIES, `${overRetries} times faster than retries`);
});

const COLUMNS = {
  holdfast: 'holdfast ms',
  raw: 'raw ms',
  ofRaw: 'of raw',
  totalOfRaw: 'of raw, with connecting',
  retriesEach: 'retries ms/message',
  overRetries: 'times faster than retries, per message',
};

function report(t, table) {
  const { holdfast, raw, retries } = MESSAGES;
  t.diagnostic(
    `${holdfast} messages (holdfast), ${raw} (raw), ${retries} (retries, scaled per message); ` +
      `${2 * ONE_WAY_MS} ms round trip`,
  );
  const keys = Object.keys(COLUMNS);
  const line = (row) => keys.map((key) => row(key).padStart(COLUMNS[key].length)).join(' | ');
  t.diagnostic(line((key) => COLUMNS[key]));
  for (const row of table) t.diagnostic(line((key) => row[key].toFixed(2)));
  const medians = (key) => median(table.map((row) => row[key])).toFixed(2);
  t.diagnostic(`${line(medians)}  (median)`);
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
