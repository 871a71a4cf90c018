// Hostile and binary values in a real browser with storage on disk. Values that structured clone refuses must not reach
// the disk, and bytes are restored unchanged.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launchBrowser } from '../support/browser.mjs';
import { bundle } from '../support/bundle.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import { answerAll } from '../support/hostile.mjs';
import { configure, openLab, QUICK } from '../support/lab.mjs';
import { until } from '../support/until.mjs';

const browser = await launchBrowser();

const SEED = Number(process.env.HOLDFAST_SEED ?? 1);
const ROUNDS = Number(process.env.HOLDFAST_ROUNDS ?? 300);

const PAGE = `
  import * as holdfast from 'holdfast/socket';
  import { createHostile, HOSTILE } from './tests/support/hostile.mjs';
  Object.assign(window, { holdfast, createHostile, HOSTILE });
`;
const options = (url) => ({ ...QUICK, url, io: { transports: ['websocket'] } });

async function openHostilePage(t, server, allow) {
  const page = await openLab(t, browser, server.url, { allow });
  await page.evaluate(await bundle(PAGE));
  return page;
}

test('hostile payloads neither break the storage nor delay other messages', async (t) => {
  t.diagnostic(`HOLDFAST_SEED=${SEED} HOLDFAST_ROUNDS=${ROUNDS}`);
  const server = answerAll(await startChatServer(t));
  // Exceptions inside of the values are reported as the app's errors.
  const page = await openHostilePage(t, server, [/hostile|Uncaught|null|undefined|\[object/]);
  const told = await page.evaluate(
    async ([given, seed, rounds]) => {
      const { holdfast, createHostile, HOSTILE } = window;
      const codes = [];
      holdfast.configureSocket({ ...given, logger: null, onError: ({ code }) => codes.push(code) });
      holdfast.initializeSocket('alice');
      const hostile = createHostile(seed);
      const values = HOSTILE.map(([name, make]) => ({ name, value: { to: 'eve', value: make() } }));
      const valid = { to: 'eve', list: [1, { a: new Uint8Array(2) }], blob: new Blob(['x']) };
      while (values.length < rounds) values.push(hostile.spoil(valid));
      const wrong = [];
      for (const [mark, { name, value }] of values.entries()) {
        const odd = holdfast.sendMessage(value);
        const good = await holdfast.sendMessage({ recipientId: 'bob', mark });
        if (!good.success) wrong.push([name, 'good', good.error]);
        const { success, error, message } = await odd;
        if (!success && !/^(INVALID_MESSAGE_PAYLOAD|PAYLOAD_TOO_LARGE)$/.test(error)) {
          wrong.push([name, error, message]);
        }
      }
      return { codes, wrong, count: values.length };
    },
    [options(server.url), SEED, ROUNDS],
  );
  assert.deepEqual(told.wrong, []);
  assert.deepEqual(told.codes, [], 'the storage goes on, and so does the engine');
  assert.deepEqual(
    server.saved.map(({ mark }) => mark).filter((mark) => mark !== undefined),
    [...Array(told.count).keys()],
  );
});

/** Sends one message with every kind of binary value. */
const sendBytes = (page) =>
  page.evaluate(() => {
    const bytes = Uint8Array.of(0, 1, 127, 128, 255);
    const floats = Float64Array.of(1.5, -0);
    window.holdfast.sendMessage({
      _tempId: 'bytes',
      recipientId: 'bob',
      buffer: bytes.slice().buffer,
      part: bytes.subarray(1, 3),
      floats,
      view: new DataView(floats.buffer, 8, 8),
      blob: new Blob([bytes, 'é']),
      file: new File([bytes], 'bytes.bin'),
      nested: [{ blob: new Blob([]) }],
    });
    // The caller may change its buffers after the call.
    bytes.fill(9);
    floats.fill(9);
  });

const bytesOf = (given) => [...new Uint8Array(given.buffer, given.byteOffset, given.byteLength)];
const FLOATS = [...new Uint8Array(Float64Array.of(1.5, -0).buffer)];

function assertBytes({ data }) {
  assert.deepEqual(bytesOf(data.buffer), [0, 1, 127, 128, 255]);
  assert.deepEqual(bytesOf(data.part), [1, 127]);
  assert.deepEqual(bytesOf(data.floats), FLOATS);
  assert.deepEqual(bytesOf(data.view), FLOATS.slice(8));
  assert.deepEqual(bytesOf(data.blob), [0, 1, 127, 128, 255, 0xc3, 0xa9]);
  assert.deepEqual(bytesOf(data.file), [0, 1, 127, 128, 255]);
  assert.deepEqual(bytesOf(data.nested[0].blob), []);
}

for (const transports of [['websocket'], ['polling']]) {
  test(`binary data is unchanged after a retry and after a reload, over ${transports}`, async (t) => {
    const server = await startChatServer(t);
    const page = await openHostilePage(t, server);
    const own = { ...options(server.url), io: { transports } };
    server.hooks.message = () => {};
    await configure(page, own, 'alice');
    await sendBytes(page);
    await until(() => server.received.length === 1, 'it left');
    server.dropAll();
    await until(() => server.received.length === 2, 'it left again over the next link');
    // From now on a new page is the sender.
    await page.reload();
    await page.evaluate(await bundle(PAGE));
    server.hooks.message = ({ ack, save }) => ack(save());
    await configure(page, own, 'alice');
    await until(() => server.saved.length === 1, 'it is saved');
    assert.deepEqual(
      server.received.map(({ id }) => id),
      Array(server.received.length).fill('bytes'),
    );
    assert.ok(server.received.length >= 3);
    for (const message of server.received) assertBytes(message);
  });
}
