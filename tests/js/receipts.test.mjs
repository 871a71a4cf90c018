// Delivery on a server that acknowledges nothing. A receipt proves that the server took a message, so no message is repeated
// without a reason. A receipt is the answer to a CONNECT for a namespace that does not exist.

import assert from 'node:assert/strict';
import test from 'node:test';
import { startChatServer } from '../support/chat-server.mjs';
import { freezeTime } from '../support/frozen-time.mjs';
import { settled, textsOf } from './identity-kit.mjs';
import {
  api,
  awayAndBack,
  client,
  freshModule,
  HoldfastError,
  NO_HEARTBEAT,
  observed,
  quick,
  roundTrip,
  send,
  start,
  until,
} from './shell-kit.mjs';

/** A handler as ten of ten public servers have it. */
const neverAcks = ({ save }) => {
  save();
};
const to = (recipientId, text, more) => ({ recipientId, text, ...more });
const HOUR_MS = 3_600_000;

test('on a server that never acknowledges, each message arrives once and succeeds, and a warning is logged once', async (t) => {
  const { warned, errors, options } = observed({ send: { ackTimeoutMs: 60, strict: true } });
  const server = await start(t, options);
  server.hooks.message = neverAcks;
  const told = [];
  api.onMessageSettled((result) => told.push(result));
  const all = ['a', 'b', 'c'].map((text) => send(to('bob', text)));
  all.push(send(to('eve', 'd')));
  api.initializeSocket('u1');
  for (const result of await Promise.all(all.map(settled))) {
    assert.equal(result.success, true);
    assert.equal(result.confirmedBy, 'receipt');
    assert.match(result._tempId, /^temp_/);
    assert.equal('error' in result, false);
  }
  // What was learned holds: nothing waits for this deadline.
  api.configureSocket(quick(server.url, { ...options, send: { ackTimeoutMs: HOUR_MS } }));
  for (let n = 0; n < 5; n += 1) {
    const later = send(to('bob', `later ${n}`));
    assert.equal((await settled(later)).confirmedBy, 'receipt');
  }
  await awayAndBack(server);
  const next = send(to('bob', 'over the next link'));
  assert.equal((await settled(next)).confirmedBy, 'receipt');
  await roundTrip(server);
  assert.equal(server.received.length, 10);
  assert.equal(server.saved.length, 10);
  assert.deepEqual(
    textsOf(server).filter((text) => /^[abc]$/.test(text)),
    ['a', 'b', 'c'],
  );
  assert.equal(warned.length, 1, warned.join('\n'));
  assert.match(warned[0], /ack/i);
  assert.match(warned[0], /send_message/);
  assert.doesNotMatch(warned[0], /handled/);
  assert.deepEqual(errors, []);
  assert.equal(told.length, 10);
  for (const { success, confirmedBy, event, maybeDelivered } of told) {
    assert.deepEqual(
      [success, confirmedBy, event, maybeDelivered],
      [true, 'receipt', 'send_message', false],
    );
  }
});

test('a result names its confirmation: an acknowledgement, an echo, or a receipt', async (t) => {
  freshModule(t);
  const server = await startChatServer(t);
  const made = client(t, server, { userId: 'u1', send: { ackTimeoutMs: 250 } });
  const ended = [];
  made.onSettled(({ id, success, confirmedBy }) => ended.push([id, success, confirmedBy]));
  await made.send('send_message', { text: 'a' }, { id: 'acknowledged' });
  server.hooks.message = ({ id, socket }) => {
    socket.emit('message:sent', { _tempId: id });
  };
  await made.send('send_message', { text: 'a' }, { id: 'echoed' });
  assert.equal(await made.send('note', { text: 'a' }, { id: 'received' }), undefined);
  server.hooks.message = ({ ack }) => ack({ error: 'FORBIDDEN' });
  await assert.rejects(made.send('send_message', {}, { id: 'refused' }), { code: 'FORBIDDEN' });
  assert.deepEqual(ended, [
    ['acknowledged', true, 'ack'],
    ['echoed', true, 'echo'],
    ['received', true, 'receipt'],
    ['refused', false, 'ack'],
  ]);
});

test('sendMessage names the confirmation too, and onMessageSettled reports each result until its cleanup', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const told = [];
  const off = api.onMessageSettled(({ id, confirmedBy }) => told.push([id, confirmedBy]));
  assert.equal((await settled(send({ _tempId: '1' }))).confirmedBy, 'ack');
  server.hooks.message = ({ id, socket }) => {
    socket.emit('message:sent', { _tempId: id });
  };
  assert.equal((await settled(send({ _tempId: '2' }))).confirmedBy, 'echo');
  off();
  await settled(send({ _tempId: '3' }));
  assert.deepEqual(told, [
    ['1', 'ack'],
    ['2', 'echo'],
  ]);
});

test('with send.ack false, a receipt settles at once without a warning', async (t) => {
  const { warned, options } = observed({ send: { ack: false, ackTimeoutMs: HOUR_MS } });
  const server = await start(t, options, { user: 'u1' });
  server.hooks.message = neverAcks;
  for (const text of ['a', 'b']) {
    const sent = send(to('bob', text));
    const { success, confirmedBy } = await settled(sent);
    assert.deepEqual([success, confirmedBy], [true, 'receipt']);
  }
  assert.deepEqual(textsOf(server), ['a', 'b']);
  assert.deepEqual(warned, []);
});

test('with send.ack true, a message fails after 10 s and 3 retries, and a receipt is no success', async (t) => {
  const clock = freezeTime(t);
  const server = await start(
    t,
    { send: { ack: true, backoffMs: 0 }, health: false },
    { user: 'u1', server: NO_HEARTBEAT },
  );
  const times = [];
  server.hooks.message = () => times.push(clock.now());
  const sent = send({ text: 'a' });
  for (let count = 1; count <= 4; count += 1) {
    await until(() => times.length === count, `attempt ${count}`);
    await roundTrip(server);
    clock.advance(9999);
    await roundTrip(server);
    assert.equal(times.length, count);
    clock.advance(1);
  }
  const { error, maybeDelivered } = await settled(sent);
  assert.deepEqual([error, maybeDelivered], ['ACK_TIMEOUT', true]);
  assert.deepEqual(
    times.map((at) => at - times[0]),
    [0, 10_000, 20_000, 30_000],
  );
});

test('a slow acknowledgement of an event that was never acknowledged causes no repeat', async (t) => {
  const { errors, options } = observed({ send: { ackTimeoutMs: 40 } });
  const server = await start(t, options, { user: 'u1' });
  const told = [];
  api.onMessageSettled(({ id, success, confirmedBy, reply, code }) =>
    told.push([id, success, confirmedBy, reply, code]),
  );
  const acks = new Map();
  server.hooks.message = ({ id, ack }) => {
    acks.set(id, ack);
  };
  const sent = ['1', '2'].map((_tempId) => send({ _tempId, recipientId: _tempId }));
  for (const result of await Promise.all(sent.map(settled))) {
    assert.equal(result.confirmedBy, 'receipt');
  }
  acks.get('2')({ error: 'blocked', code: 'FORBIDDEN' });
  acks.get('1')({ success: true, messageId: 'm1' });
  await roundTrip(server);
  assert.equal(server.received.length, 2, 'one transmission each');
  const last = (id) => told.filter(([of]) => of === id).at(-1);
  assert.equal(told.length, 4);
  assert.deepEqual(last('1').slice(0, 4), ['1', true, 'ack', { success: true, messageId: 'm1' }]);
  assert.deepEqual([last('2')[1], last('2')[4]], [false, 'FORBIDDEN']);
  assert.equal(errors.length, 1);
  assert.ok(errors[0] instanceof HoldfastError);
  assert.equal(errors[0].code, 'FORBIDDEN');
  // The promises and callbacks are told once: `settled` looked at that.
});

test('once an event was acknowledged, a missing acknowledgement causes a repeat', async (t) => {
  const server = await start(t, { send: { ackTimeoutMs: 200, retries: 1 } }, { user: 'u1' });
  server.hooks.message = neverAcks;
  assert.equal((await settled(send({ text: 'learned' }))).confirmedBy, 'receipt');
  server.hooks.message = ({ ack, save }) => ack(save());
  await settled(send({ text: 'acknowledged' }));
  await roundTrip(server);
  server.hooks.message = () => {};
  const { length } = server.received;
  const { error, maybeDelivered } = await settled(send({ text: 'in vain' }));
  assert.deepEqual([error, maybeDelivered], ['ACK_TIMEOUT', true]);
  assert.equal(server.received.length, length + 2);
  server.hooks.message = ({ repeat, ack, save }) => repeat > 0 && ack(save());
  const late = await settled(send({ text: 'at the second time' }));
  assert.deepEqual([late.success, late.confirmedBy], [true, 'ack']);
});

test('the client learns separately for each event whether it is acknowledged', async (t) => {
  freshModule(t);
  const server = await startChatServer(t);
  server.io.on('connection', (socket) => socket.on('answered', (_data, ack) => ack({ ok: true })));
  server.hooks.message = neverAcks;
  const made = client(t, server, { userId: 'u1', send: { ackTimeoutMs: 250 } });
  const ended = [];
  made.onSettled(({ event, confirmedBy }) => ended.push([event, confirmedBy]));
  for (const event of ['send_message', 'answered', 'send_message']) await made.send(event, {});
  assert.deepEqual(ended, [
    ['send_message', 'receipt'],
    ['answered', 'ack'],
    ['send_message', 'receipt'],
  ]);
});

test('ackTimeoutMs can be given for one message', async (t) => {
  freshModule(t);
  const server = await startChatServer(t);
  const made = client(t, server, { userId: 'u1', send: { ackTimeoutMs: HOUR_MS, retries: 0 } });
  const ended = [];
  made.onSettled(({ confirmedBy }) => ended.push(confirmedBy));
  server.hooks.message = () => {};
  await made.send('send_message', { text: 'a' }, { ackTimeoutMs: 30 });
  assert.deepEqual(ended, ['receipt']);
  server.hooks.message = ({ ack, save }) => ack(save());
  await made.send('send_message', { text: 'b' });
  server.hooks.message = () => {};
  const sent = made.send('send_message', { text: 'c' }, { ackTimeoutMs: 30 });
  await assert.rejects(sent, { code: 'ACK_TIMEOUT', maybeDelivered: true });
});

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

test('with receipts false no CONNECT for another namespace is sent, and the deadline applies', async (t) => {
  const { warned, options } = observed({ receipts: false, send: { ackTimeoutMs: 30, retries: 1 } });
  const server = await start(t, options, { user: 'u1' });
  server.hooks.message = () => {};
  const { error, maybeDelivered } = await settled(send({ text: 'a' }));
  assert.deepEqual([error, maybeDelivered], ['ACK_TIMEOUT', true]);
  assert.equal(server.received.length, 2);
  await awayAndBack(server);
  await roundTrip(server);
  assert.deepEqual(server.namespacePackets, []);
  assert.deepEqual(warned, []);
});

test('while a receipt is overdue, nothing more is written to the link', async (t) => {
  const clock = freezeTime(t);
  const server = await start(
    t,
    { send: { ack: false }, health: false },
    { user: 'u1', server: NO_HEARTBEAT },
  );
  server.hooks.message = neverAcks;
  let isSettled = false;
  settled(send(to('bob', 'first'))).finally(() => {
    isSettled = true;
  });
  // A receipt may be asked for a moment later, for several messages at once.
  const soon = (what, is) =>
    until(() => {
      clock.advance(1);
      return is();
    }, what);
  await soon('the first one has settled', () => isSettled);
  const { held, release } = holdReceipts(server);
  const sent = [send(to('bob', 'in doubt'))];
  await soon('it left', () => held.length > 0 && server.received.length === 2);
  clock.advance(1100);
  for (let n = 0; n < 5; n += 1) sent.push(send(to(`${n}`, 'behind')));
  await roundTrip(server);
  assert.equal(server.received.length, 2);
  release();
  let results;
  Promise.all(sent.map(settled)).then((all) => {
    results = all;
  });
  await soon('all have settled', () => results);
  for (const { success } of results) assert.equal(success, true);
  assert.equal(server.received.length, 7);
});
