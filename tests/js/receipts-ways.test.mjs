// The four delivery modes of an event: acknowledged, received, latest, and volatile.

import assert from 'node:assert/strict';
import test from 'node:test';
import { startChatServer } from '../support/chat-server.mjs';
import { lose } from './identity-kit.mjs';
import { client, createClient, freshModule, roundTrip, until } from './shell-kit.mjs';

const receiptsOf = (server) => server.namespacePackets.filter((text) => text.startsWith('0/'));

/** A client, and what came of an event that its server has no handler for. */
async function setUp(t, options = {}, serverOptions = {}) {
  freshModule(t);
  const server = await startChatServer(t, serverOptions);
  const made = client(t, server, { userId: 'u1', send: { ackTimeoutMs: 250 }, ...options });
  const cameOf = (event) =>
    server.came.filter((one) => one.event === event).map(({ args }) => args[0]?.n);
  const ended = [];
  made.onSettled((result) => ended.push(result));
  made.connect();
  await until(() => made.getState().isReady, 'ready');
  return { server, made, cameOf, ended };
}

/** Holds back the answers to receipts, from the next one on. */
function holdReceipts(server) {
  const held = [];
  server.hooks.connect = ({ connect }) => {
    held.push(connect);
  };
  const release = () => {
    server.hooks.connect = ({ connect }) => connect();
    for (const connect of held.splice(0)) connect();
  };
  return { held, release };
}

test('the mode received settles with a receipt, on any server', async (t) => {
  const { server, made, cameOf, ended } = await setUp(t);
  const sent = Array.from({ length: 20 }, (_, n) => made.send('note', { n }, { way: 'received' }));
  for (const one of sent) assert.equal(await one, undefined);
  await roundTrip(server, made.socket);
  assert.deepEqual(cameOf('note'), [...Array(20).keys()]);
  assert.ok(ended.every(({ confirmedBy, event }) => confirmedBy === 'receipt' && event === 'note'));
  assert.ok(receiptsOf(server).length > 0);
});

test('in the mode received, a message without a receipt is repeated over the next link, and settles once', async (t) => {
  const { server, made, cameOf, ended } = await setUp(t);
  await made.send('note', { n: 0 }, { way: 'received' });
  const { release } = holdReceipts(server);
  const sent = made.send('note', { n: 1 }, { way: 'received' });
  await until(() => cameOf('note').length === 2, 'it left');
  const lost = lose(server, made.socket);
  release();
  await lost;
  const later = made.send('note', { n: 2 }, { way: 'received' });
  await Promise.all([sent, later]);
  await roundTrip(server, made.socket);
  assert.deepEqual(cameOf('note'), [0, 1, 1, 2]);
  assert.equal(ended.length, 3);
});

test('in the mode received with repeat false, sent messages are LINK_LOST, and unsent ones are sent later', async (t) => {
  const { server, made, cameOf } = await setUp(t);
  const once = { way: 'received', repeat: false };
  await made.send('bid', { n: 0 }, once);
  const { release } = holdReceipts(server);
  const sent = made.send('bid', { n: 1 }, once);
  await until(() => cameOf('bid').length === 2, 'it left');
  const lost = lose(server, made.socket);
  const doubtful = assert.rejects(sent, { code: 'LINK_LOST', maybeDelivered: true });
  release();
  await lost;
  const later = made.send('bid', { n: 2 }, once);
  await doubtful;
  await later;
  await roundTrip(server, made.socket);
  assert.deepEqual(cameOf('bid'), [0, 1, 2]);
});

test('a message with a receipt is not sent again after the link is lost', async (t) => {
  const { server, made, cameOf } = await setUp(t);
  for (let n = 0; n < 5; n += 1) await made.send('note', { n }, { way: 'received' });
  await lose(server, made.socket);
  await until(() => made.getState().isReady, 'ready again');
  await roundTrip(server, made.socket);
  assert.deepEqual(cameOf('note'), [0, 1, 2, 3, 4]);
});

test('the option ways sets the mode of an event, and volatile and latest resolve with undefined', async (t) => {
  const ways = {
    typing: 'volatile',
    cursor: { way: 'latest', key: (data) => data.id },
    note: 'received',
  };
  const { server, made, cameOf } = await setUp(t, { ways });
  assert.equal(made.send('typing', { n: 0 }), undefined);
  assert.equal(made.send('cursor', { n: 0, id: 'a' }), undefined);
  const note = made.send('note', { n: 0 });
  assert.ok(note instanceof Promise);
  await note;
  await roundTrip(server, made.socket);
  assert.deepEqual(cameOf('typing'), [0]);
  assert.deepEqual(cameOf('cursor'), [0]);
  const lost = lose(server, made.socket);
  await lost;
  assert.equal(made.send('typing', { n: 1 }), undefined);
  assert.equal(made.getState().isReady, false);
  for (const [n, id] of [
    [1, 'a'],
    [2, 'b'],
    [3, 'a'],
    [4, 'a'],
  ]) {
    assert.equal(made.send('cursor', { n, id }), undefined);
  }
  await until(() => made.getState().isReady, 'ready again');
  await made.send('note', { n: 1 });
  await roundTrip(server, made.socket);
  assert.deepEqual(cameOf('typing'), [0], 'worthless when late');
  assert.deepEqual(cameOf('cursor').sort(), [0, 2, 4], 'only the newest of each key');
});

test('the mode can be set for one message, with its key, and overrides the option', async (t) => {
  const { server, made, cameOf } = await setUp(t, { ways: { cursor: 'volatile' } });
  await lose(server, made.socket);
  for (const [n, key] of [
    [1, 'a'],
    [2, 'b'],
    [3, 'a'],
  ]) {
    assert.equal(made.send('cursor', { n }, { way: 'latest', key }), undefined);
  }
  assert.equal(made.send('cursor', { n: 4 }), undefined);
  assert.equal(made.send('document', { n: 5 }, { way: 'latest' }), undefined);
  assert.equal(made.send('document', { n: 6 }, { way: 'latest' }), undefined);
  assert.equal(made.send('send_message', { n: 7 }, { way: 'volatile' }), undefined);
  await until(() => made.getState().isReady, 'ready again');
  await made.send('note', { n: 8 }, { way: 'received' });
  await roundTrip(server, made.socket);
  assert.deepEqual(cameOf('cursor').sort(), [2, 3]);
  assert.deepEqual(cameOf('document'), [6], 'without a key the event has one');
  assert.deepEqual(cameOf('send_message'), []);
});

test('waiting messages of every mode belong to their user', async (t) => {
  let who = 'alice';
  freshModule(t);
  const server = await startChatServer(t);
  const made = client(t, server, { userId: () => who, auth: () => ({ of: who }) });
  made.connect();
  await until(() => made.getState().isReady, 'ready');
  server.hooks.admit = () => new Error('later');
  await lose(server, made.socket);
  const noted = made.send('note', { n: 1 }, { way: 'received' });
  made.send('cursor', { n: 1 }, { way: 'latest', key: 'a' });
  const refused = assert.rejects(noted, { code: 'LOGGED_OUT' });
  who = 'bob';
  server.hooks.admit = () => undefined;
  made.connect();
  await refused;
  await until(() => server.joins.includes('bob'), 'bob joined');
  await roundTrip(server, made.socket);
  assert.deepEqual(
    server.came.filter(({ event }) => /note|cursor/.test(event)),
    [],
  );
});

test('an unknown mode is refused, in the option and for one message', async (t) => {
  for (const ways of [
    { a: 'sometimes' },
    { a: {} },
    { a: { way: 'latest', key: 5 } },
    { a: { way: 'latest', keys: () => 1 } },
    { a: null },
    [],
    'volatile',
  ]) {
    assert.throws(() => createClient({ ways, logger: null }), { code: 'INVALID_OPTION' });
  }
  const made = createClient({ url: 'http://127.0.0.1:9', logger: null });
  t.after(() => made.destroy());
  for (const options of [{ way: 'sometimes' }, { repeat: 'no' }, { ackTimeoutMs: 0 }]) {
    await assert.rejects(made.send('x', {}, options), { code: 'INVALID_OPTION' });
  }
});
