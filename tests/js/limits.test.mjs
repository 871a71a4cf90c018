// Messages above the server's size limit, which would end the link at every attempt. The limit is the server's
// `maxHttpBufferSize`, applied to the size on the wire.

import assert from 'node:assert/strict';
import test from 'node:test';
import { api, roundTrip, send, settled, start, until } from './shell-kit.mjs';

const LIMIT = 10_000;
/** So close to the limit it may be refused although it would pass; no closer. */
const MARGIN = 80;

/** A server with the limit. Counts the links that were lost, at both ends. */
async function setUp(t, { limit = LIMIT, ...options } = {}, more = {}) {
  const server = await start(t, options, { server: { io: { maxHttpBufferSize: limit } }, ...more });
  const lost = [];
  api.getSocket().on('disconnect', (reason) => lost.push(`client: ${reason}`));
  for (const peer of server.clients) watch(peer);
  server.io.on('connection', watch);
  function watch(peer) {
    peer.on('disconnect', (reason) => lost.push(`server: ${reason}`));
  }
  return { server, lost };
}

/** Settles as too large, was never seen by the server, and says what the limit is. */
async function assertTooLarge(sent, limit = LIMIT) {
  const result = await settled(sent);
  assert.equal(result.success, false);
  assert.equal(result.error, 'PAYLOAD_TOO_LARGE');
  assert.equal(result.maybeDelivered, false);
  assert.ok(result.message.includes(String(limit)), result.message);
}

const bytesOf = (data) => Buffer.byteLength(JSON.stringify(data));

/** A message of this many bytes as JSON, made of one piece of text that is repeated and filled up. */
function sized(bytes, piece = 'x') {
  const data = { _tempId: `${piece.codePointAt(0)}-${bytes}`, recipientId: 'bob', text: '' };
  const each = bytesOf(piece) - 2;
  const room = bytes - bytesOf(data);
  data.text = piece.repeat(Math.floor(room / each)) + 'x'.repeat(room % each);
  assert.equal(bytesOf(data), bytes);
  return data;
}

const PIECES = {
  'plain letters': 'x',
  'letters of two bytes': 'é',
  'letters of three bytes': '漢',
  'letters of four bytes': '🔑',
  'escapes of two bytes': '"',
  'escapes of six bytes': '\u0001',
  'halves of letters, which become escapes': '\ud83d',
};

for (const transport of ['websocket', 'polling']) {
  for (const [name, piece] of Object.entries(PIECES)) {
    test(`over ${transport}, ${name}: a message below the limit passes, and one above is refused`, async (t) => {
      const { server, lost } = await setUp(t, { io: { transports: [transport] } }, { user: 'u1' });
      const below = sized(LIMIT - MARGIN, piece);
      const above = sized(LIMIT + 1, piece);
      const all = [send(below), send(above), send({ recipientId: 'bob', text: 'behind' })];
      await assertTooLarge(all[1]);
      assert.equal((await settled(all[0])).success, true);
      assert.equal((await settled(all[2])).success, true);
      await roundTrip(server);
      assert.deepEqual(
        server.received.map(({ data }) => data.text),
        [below.text, 'behind'],
      );
      assert.deepEqual(lost, []);
    });
  }

  test(`over ${transport}, each binary attachment counts separately, at its encoded size`, async (t) => {
    const { server, lost } = await setUp(t, { io: { transports: [transport] } }, { user: 'u1' });
    // Over polling it is sent as base64: four letters for three bytes.
    const most = transport === 'polling' ? Math.floor((LIMIT - MARGIN) * 0.75) : LIMIT - MARGIN;
    const piece = (bytes) => new Uint8Array(bytes);
    const tooLarge = [
      { bytes: piece(LIMIT + 1) },
      { blob: new Blob([piece(LIMIT + 1)]) },
      { nested: [{ buffer: piece(LIMIT + 1).buffer }] },
      { small: piece(10), text: 'x'.repeat(LIMIT) },
      { small: piece(10), text: '\n'.repeat(LIMIT * 0.6) },
    ];
    if (transport === 'polling') tooLarge.push({ bytes: piece(LIMIT * 0.8) });
    const fits = [
      { bytes: piece(most) },
      { list: [piece(most), piece(most), piece(most)], text: 'x'.repeat(LIMIT / 2) },
      { small: piece(10), text: '\n'.repeat(LIMIT * 0.4) },
    ];
    const refused = tooLarge.map((data) => send({ recipientId: 'bob', ...data }));
    const sent = fits.map((data) => send({ recipientId: 'bob', ...data }));
    for (const one of refused) await assertTooLarge(one);
    for (const one of sent) assert.equal((await settled(one)).success, true);
    await roundTrip(server);
    assert.equal(server.received.length, fits.length);
    assert.deepEqual(lost, []);
  });
}

test('messages that were queued before the first link are measured once it is up', async (t) => {
  const { server, lost } = await setUp(t);
  const texts = ['first', 'x'.repeat(LIMIT), 'between', '\u0001'.repeat(LIMIT / 5), 'last'];
  const sent = texts.map((text) => send({ recipientId: 'bob', text }));
  for (const { calls } of sent) assert.deepEqual([calls.length, calls[0].queued], [1, true]);
  api.initializeSocket('u1');
  await assertTooLarge(sent[1]);
  await assertTooLarge(sent[3]);
  for (const index of [0, 2, 4]) assert.equal((await settled(sent[index])).success, true);
  await roundTrip(server);
  assert.deepEqual(
    server.received.map(({ data }) => data.text),
    ['first', 'between', 'last'],
  );
  assert.deepEqual(lost, []);
  assert.equal(server.handshakes.length, 1);
});

test('the limit belongs to the link, and may differ after a restart of the server', async (t) => {
  const { server, lost } = await setUp(t, {}, { user: 'u1' });
  await assertTooLarge(send({ text: 'x'.repeat(LIMIT) }));
  await server.stop();
  await until(() => !api.isSocketConnected(), 'down');
  const waiting = send({ text: 'x'.repeat(LIMIT) });
  // As if it was configured anew.
  const { port } = server;
  const { ChatServer } = await import('../support/chat-server.mjs');
  const next = new ChatServer({ port, io: { maxHttpBufferSize: 3 * LIMIT } });
  await next.listen();
  t.after(() => next.close());
  assert.equal((await settled(waiting)).success, true);
  await assertTooLarge(send({ text: 'x'.repeat(3 * LIMIT) }), 3 * LIMIT);
  assert.equal(lost.filter((text) => text.startsWith('client')).length, 1, 'by the restart alone');
});

test('a strict lane continues after a message that is too large', async (t) => {
  const { server, lost } = await setUp(t, { send: { strict: true } }, { user: 'u1' });
  const all = ['a', 'x'.repeat(LIMIT), 'b'].map((text) => send({ recipientId: 'bob', text }));
  await assertTooLarge(all[1]);
  const [first, , last] = await Promise.all(all.map(settled));
  assert.deepEqual([first.success, last.success], [true, true]);
  assert.equal(server.received.length, 2);
  assert.deepEqual(lost, []);
});
