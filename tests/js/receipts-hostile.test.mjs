// Servers that answer a receipt with anything but an unknown namespace. The client notices at the first receipt, nothing
// is lost or repeated because of it, and the client asks this server for no more receipts.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { startChatServer } from '../support/chat-server.mjs';
import { pkg } from '../support/paths.mjs';
import { fakeStorage, settled, textsOf } from './identity-kit.mjs';
import {
  api,
  awayAndBack,
  client,
  observed,
  quick,
  roundTrip,
  send,
  start,
  until,
} from './shell-kit.mjs';

const receiptsOf = (server) => server.namespacePackets.filter((text) => text.startsWith('0/'));
const neverAcks = ({ save }) => {
  save();
};

/** Servers that a receipt means nothing to. */
const NO_RECEIPTS = {
  'takes any namespace': (server) => server.io.of(/.*/),
  'takes any namespace by a function': (server) =>
    server.io.of((_name, _auth, next) => next(null, true)),
  'refuses by a middleware, with another text': (server) =>
    server.io.of(/.*/).use((_socket, next) => next(new Error('no entry'))),
  'refuses by a middleware that takes its time': (server) =>
    server.io.of(/.*/).use((_socket, next) => setImmediate(next, new Error('no entry'))),
};

for (const [name, make] of Object.entries(NO_RECEIPTS)) {
  test(`a server that ${name}: is asked once and reported once, and delivery works as without receipts`, async (t) => {
    fakeStorage(t);
    const { warned, errors, options } = observed({ send: { ackTimeoutMs: 200, retries: 1 } });
    const server = await start(t, options);
    make(server);
    const ends = [];
    api.getSocket().on('disconnect', (reason) => ends.push(reason));
    api.initializeSocket('u1');
    for (let n = 0; n < 5; n += 1) {
      const sent = send({ recipientId: 'bob', text: `${n}` });
      assert.equal((await settled(sent)).confirmedBy, 'ack');
    }
    // Where nothing answers, a receipt would be asked for by now.
    server.hooks.message = neverAcks;
    const vain = await settled(send({ recipientId: 'bob', text: 'in vain' }));
    assert.equal(vain.error, 'ACK_TIMEOUT');
    server.hooks.message = ({ ack, save }) => ack(save());
    await roundTrip(server);
    assert.deepEqual(ends, []);
    assert.equal(server.handshakes.length, 1);
    assert.ok(receiptsOf(server).length <= 1, 'one at most');
    const asked = receiptsOf(server).length;
    await awayAndBack(server);
    assert.equal((await settled(send({ recipientId: 'bob', text: 'again' }))).success, true);
    await roundTrip(server);
    assert.equal(receiptsOf(server).length, asked, 'not over the next link');

    const other = client(t, server, { userId: 'u2' });
    assert.equal((await other.send('send_message', { text: 'of another client' })).success, true);
    await roundTrip(server, other.socket);
    assert.equal(receiptsOf(server).length, asked, 'nor by a second client');
    assert.equal(warned.filter((text) => /namespace|receipt/i.test(text)).length, asked);
    assert.deepEqual(errors, []);
    assert.equal(ends.length, 1);
  });
}

/** One life of a page: a process of its own, but for the storage that it leaves. */
async function pageLife(t, url, storage) {
  const source = `
    import { parentPort, workerData } from 'node:worker_threads';
    const items = new Map(workerData.storage);
    globalThis.localStorage = {
      getItem: (name) => items.get(name) ?? null,
      setItem: (name, value) => items.set(name, String(value)),
      removeItem: (name) => items.delete(name),
      key: (index) => [...items.keys()][index] ?? null,
      get length() { return items.size; },
    };
    const { createClient } = await import(workerData.entry);
    const client = createClient({ url: workerData.url, userId: 'u1', auth: {}, logger: null,
      io: { transports: ['websocket'] }, send: { ackTimeoutMs: 40, retries: 0 } });
    await client.send('send_message', { text: 'nobody answers' }).catch(() => {});
    await client.send('send_message', { text: 'a' });
    await client.send('send_message', { text: 'b' });
    client.destroy();
    parentPort.postMessage([...items]);
  `;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
    workerData: { url, storage, entry: pathToFileURL(`${pkg}/esm/index.mjs`).href },
  });
  t.after(() => worker.terminate());
  const [left] = await once(worker, 'message');
  return left;
}

test('a server that accepts any namespace is not asked again after a reload', async (t) => {
  const server = await startChatServer(t);
  server.io.of(/.*/);
  server.hooks.message = ({ data, ack, save }) => data.text !== 'nobody answers' && ack(save());
  const storage = await pageLife(t, server.url, []);
  assert.equal(receiptsOf(server).length, 1);
  await pageLife(t, server.url, storage);
  assert.equal(receiptsOf(server).length, 1);
});

test('a client leaves an accepted namespace at once, and keeps its link', async (t) => {
  const server = await start(t, { send: { ackTimeoutMs: 40, retries: 0 } });
  const joined = [];
  server.io.of(/.*/).on('connection', (socket) => joined.push(socket));
  api.initializeSocket('u1');
  server.hooks.message = neverAcks;
  await settled(send({ text: 'a' }));
  await until(() => joined.length === 1, 'it was let in', 3000);
  await until(() => !joined[0].connected, 'it left', 3000);
  assert.match(server.namespacePackets[1], /^1\//);
  await roundTrip(server);
  assert.equal(server.handshakes.length, 1);
  assert.equal(server.clients.length, 1);
});

const refused = (name, message = 'Invalid namespace') => `4${name},${JSON.stringify({ message })}`;

/**
 * What a server may do with a CONNECT instead of refusing it, once and in time. A CONNECT that has no session behind
 * it is not among them: it is answered by DISCONNECT, and at that socket.io itself ends the link.
 */
const ANSWERS = {
  'none at all': () => {},
  twice: ({ name, write }) => {
    write(refused(name));
    write(refused(name));
  },
  'ten times': ({ name, write }) => {
    for (let n = 0; n < 10; n += 1) write(refused(name));
  },
  'by DISCONNECT': ({ name, write }) => write(`1${name},`),
  'by an event': ({ name, write }) => write(`2${name},["message:new",{"_id":1}]`),
  'for another name': ({ write }) => write(refused('/forged')),
  'for another name, then for its own': ({ name, write }) => {
    write(refused('/forged'));
    write(refused(name));
  },
  'with another text': ({ name, write }) => write(refused(name, 'no')),
  'without a text': ({ name, write }) => write(`4${name},`),
  'with a text that is none': ({ name, write }) => write(`4${name},{"message":{"a":1}}`),
  "as python's server does": ({ name, write }) => write(`4${name},"Unable to connect"`),
  "as python's server does, in an object": ({ name, write }) =>
    write(refused(name, 'Unable to connect')),
};

for (const [name, answer] of Object.entries(ANSWERS)) {
  test(`a receipt is answered ${name}: the link stays, nothing is lost, and acknowledged messages arrive once`, async (t) => {
    const server = await start(t, { send: { ackTimeoutMs: 60 } });
    server.hooks.connect = answer;
    // For the first one a receipt is asked, since nobody acknowledges it; where none counts it is repeated.
    server.hooks.message = ({ data, repeat, ack, save }) => {
      const reply = save();
      if (data.text !== 'probe' || repeat > 0) ack(reply);
    };
    const ends = [];
    api.getSocket().on('disconnect', (reason) => ends.push(reason));
    api.getSocket().on('connect_error', ({ message }) => ends.push(message));
    api.initializeSocket('u1');
    const probe = send({ recipientId: 'probe', text: 'probe' });
    assert.equal((await settled(probe)).success, true);
    // From now on a slow machine is no reason to repeat.
    api.configureSocket(quick(server.url, { send: { ackTimeoutMs: 3_600_000 } }));
    const sent = [];
    for (let n = 0; n < 10; n += 1) {
      sent.push(send({ recipientId: `${n % 3}`, text: `${n}` }));
      await roundTrip(server);
    }
    for (const result of await Promise.all(sent.map(settled))) assert.equal(result.success, true);
    await roundTrip(server);
    assert.deepEqual(
      textsOf(server).filter((text) => text !== 'probe'),
      [...Array(10).keys()].map(String),
    );
    assert.ok(receiptsOf(server).length > 0, 'one was asked for');
    assert.deepEqual(ends, []);
    assert.equal(server.handshakes.length, 1);
  });
}

for (const [name, answer] of [
  ["python's text", ({ name: nsp, write }) => write(refused(nsp, 'Unable to connect'))],
  ["python's bare text", ({ name: nsp, write }) => write(`4${nsp},"Unable to connect"`)],
  ["socketioxide's", ({ name: nsp, write }) => write(refused(nsp))],
  [
    'twice',
    ({ name: nsp, write }) => {
      write(refused(nsp));
      write(refused(nsp));
    },
  ],
  [
    'for a forged name first',
    ({ name: nsp, write }) => {
      write(refused('/forged'));
      write(refused(nsp));
    },
  ],
]) {
  test(`a receipt that is answered ${name} counts once`, async (t) => {
    const server = await start(t, { send: { ack: false } }, { user: 'u1' });
    server.hooks.message = neverAcks;
    server.hooks.connect = answer;
    for (let n = 0; n < 5; n += 1) {
      const sent = send({ recipientId: 'bob', text: `${n}` });
      assert.equal((await settled(sent)).confirmedBy, 'receipt');
      assert.equal(server.received.length, n + 1, 'it is there by then');
    }
  });
}

test('a forged or surplus answer settles nothing', async (t) => {
  const server = await start(t, { send: { ack: false } }, { user: 'u1' });
  server.hooks.message = neverAcks;
  await settled(send({ text: 'first' }));
  const asked = [];
  server.hooks.connect = (one) => {
    asked.push(one);
  };
  const told = [];
  api.onMessageSettled(({ id }) => told.push(id));
  const sent = send({ _tempId: 'x', text: 'second' });
  await until(() => asked.length > 0, 'asked', 3000);
  const [{ name, write, connect }] = asked;
  for (const packet of [
    refused('/forged'),
    refused(`${name}x`),
    refused(name.toUpperCase()),
    '1/forged,',
    '0/forged,{"sid":"x"}',
  ]) {
    write(packet);
  }
  await roundTrip(server);
  assert.deepEqual(told, []);
  // What it proves taken settles with the next one, which is sent then.
  server.hooks.connect = (one) => one.connect();
  connect();
  assert.equal((await settled(sent)).success, true);
  assert.equal(server.handshakes.length, 1);
});

test('a late answer counts, but only on its own link', async (t) => {
  const server = await start(t, { send: { ack: false } }, { user: 'u1' });
  server.hooks.message = neverAcks;
  await settled(send({ text: 'first' }));
  const asked = [];
  server.hooks.connect = (one) => {
    asked.push(one);
  };
  const sent = send({ text: 'second' });
  await until(() => asked.length > 0, 'asked', 3000);
  await awayAndBack(server);
  // What the next link has not asked for.
  const [peer] = server.clients;
  peer.conn.write(refused(asked[0].name));
  await until(
    () => server.received.filter(({ data }) => data.text === 'second').length === 2,
    'again',
    3000,
  );
  server.hooks.connect = ({ connect }) => connect();
  for (const { connect } of asked.slice(1)) connect();
  assert.equal((await settled(sent)).success, true);
});

test('receipts use a small fixed set of names', async (t) => {
  const server = await start(t, { send: { ack: false } }, { user: 'u1' });
  server.hooks.message = neverAcks;
  for (let link = 0; link < 3; link += 1) {
    for (let n = 0; n < 20; n += 1) await settled(send({ text: `${link}.${n}` }));
    await awayAndBack(server);
  }
  const names = new Set(receiptsOf(server).map((text) => text.split(',')[0]));
  assert.ok(names.size > 0 && names.size <= 8, [...names].join());
  for (const text of receiptsOf(server)) {
    assert.ok(!text.includes('{'), 'no credentials go along');
  }
});

test('what was learned about one server does not apply to another', async (t) => {
  const any = await start(t, { send: { ackTimeoutMs: 40, retries: 0 } }, { user: 'u1' });
  any.io.of(/.*/);
  any.hooks.message = neverAcks;
  await settled(send({ text: 'a' }));
  const plain = await startChatServer(t);
  plain.hooks.message = neverAcks;
  api.configureSocket(quick(plain.url, { send: { ackTimeoutMs: 40 } }));
  api.initializeSocket('u1');
  assert.equal((await settled(send({ text: 'a' }))).confirmedBy, 'receipt');
});
