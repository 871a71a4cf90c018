// Invalid input to every event of the demo's server: a clear error, nothing is saved or sent to others, and the server
// keeps running.

import assert from 'node:assert/strict';
import test from 'node:test';
import { countMessages } from '../../support/database.mjs';
import { join } from '../../support/demo-client.mjs';
import { startDemo } from '../../support/server.mjs';
import { until } from '../../support/until.mjs';

const EVENTS = ['join', 'send_message', 'typing', 'get_online_users', 'ping', 'unknown'];
const GOOD = { recipientId: 'bob', content: 'hello' };
const BAD_MESSAGES = [
  [undefined, 'INVALID_MESSAGE'],
  [null, 'INVALID_MESSAGE'],
  ['text', 'INVALID_MESSAGE'],
  [5, 'INVALID_MESSAGE'],
  [true, 'INVALID_MESSAGE'],
  [[GOOD], 'INVALID_MESSAGE'],
  [{}, 'MISSING_RECIPIENT'],
  [Buffer.from('x'), 'MISSING_RECIPIENT'],
  [{ content: 'x' }, 'MISSING_RECIPIENT'],
  [{ ...GOOD, recipientId: undefined }, 'MISSING_RECIPIENT'],
  [{ ...GOOD, recipientId: null }, 'INVALID_RECIPIENT'],
  [{ ...GOOD, recipientId: 5 }, 'INVALID_RECIPIENT'],
  [{ ...GOOD, recipientId: { $ne: null } }, 'INVALID_RECIPIENT'],
  [{ ...GOOD, recipientId: ['bob'] }, 'INVALID_RECIPIENT'],
  [{ ...GOOD, recipientId: 'alice' }, 'INVALID_RECIPIENT'],
  [{ ...GOOD, recipientId: '' }, 'NOT_FOUND'],
  [{ ...GOOD, recipientId: 'mallory' }, 'NOT_FOUND'],
  [{ ...GOOD, recipientId: 'user_bob' }, 'NOT_FOUND'],
  [{ ...GOOD, recipientId: '__proto__' }, 'NOT_FOUND'],
  [{ ...GOOD, recipientId: 'b'.repeat(50_000) }, 'NOT_FOUND'],
  [{ recipientId: 'bob' }, 'EMPTY_CONTENT'],
  [{ ...GOOD, content: '' }, 'EMPTY_CONTENT'],
  [{ ...GOOD, content: ' \n\t ' }, 'EMPTY_CONTENT'],
  [{ ...GOOD, content: null }, 'INVALID_CONTENT'],
  [{ ...GOOD, content: 5 }, 'INVALID_CONTENT'],
  [{ ...GOOD, content: ['x'] }, 'INVALID_CONTENT'],
  [{ ...GOOD, content: { toString: 'x' } }, 'INVALID_CONTENT'],
  [{ ...GOOD, content: Buffer.from('x') }, 'INVALID_CONTENT'],
  [{ ...GOOD, content: 'x'.repeat(4001) }, 'INVALID_CONTENT'],
  [{ ...GOOD, content: 'x'.repeat(90_000) }, 'INVALID_CONTENT'],
  [{ ...GOOD, content: 'zero \0 byte' }, 'INVALID_CONTENT'],
  [{ ...GOOD, content: 'half a pair \ud83d' }, 'INVALID_CONTENT'],
  [{ ...GOOD, _tempId: 5 }, 'INVALID_MESSAGE_ID'],
  [{ ...GOOD, _tempId: '' }, 'INVALID_MESSAGE_ID'],
  [{ ...GOOD, _tempId: {} }, 'INVALID_MESSAGE_ID'],
  [{ ...GOOD, _tempId: 'x'.repeat(201) }, 'INVALID_MESSAGE_ID'],
  [{ ...GOOD, _tempId: 'zero \0 byte' }, 'INVALID_MESSAGE_ID'],
];
const BAD_TYPING = [
  [undefined, 'INVALID_RECIPIENT'],
  [null, 'INVALID_RECIPIENT'],
  ['bob', 'INVALID_RECIPIENT'],
  [{}, 'MISSING_RECIPIENT'],
  [{ recipientId: 5 }, 'INVALID_RECIPIENT'],
  [{ recipientId: 'alice' }, 'INVALID_RECIPIENT'],
  [{ recipientId: 'mallory' }, 'NOT_FOUND'],
  [{ recipientId: 'bob', isTyping: 'yes' }, 'INVALID_TYPING'],
  [{ recipientId: 'bob', isTyping: null }, 'INVALID_TYPING'],
];

test('an invalid message is refused with a final code, and nothing is saved', async (t) => {
  const demo = await startDemo(t);
  const alice = await join(t, demo, 'alice');
  const bob = await join(t, demo, 'bob');
  for (const [data, code] of BAD_MESSAGES) {
    assertRefused(await alice.send(data), code, data);
    assert.equal(alice.seen['message:error'], undefined, 'it was answered already');
    // Without an acknowledgement, the refusal is sent as an event.
    alice.emit('send_message', data);
    await until(() => alice.seen['message:error'], 'the refusal comes');
    const [refusal] = alice.seen['message:error'];
    assertRefused(refusal, code, data);
    assert.deepEqual(refusal._tempId, data?._tempId);
    delete alice.seen['message:error'];
  }
  assert.equal(countMessages(demo.database), 0);
  assert.equal((await alice.send({ ...GOOD, content: 'x'.repeat(4000) })).success, true);
  await until(() => bob.seen['message:new'], 'what is right arrives');
  assert.equal(bob.seen['message:new'].length, 1);
  assertUnharmed(demo);
});

test('an invalid typing event is refused and not forwarded', async (t) => {
  const demo = await startDemo(t);
  const alice = await join(t, demo, 'alice');
  const bob = await join(t, demo, 'bob');
  for (const [data, code] of BAD_TYPING) {
    assertRefused(await alice.emitWithAck('typing', data), code, data);
  }
  assert.deepEqual(await alice.emitWithAck('typing', { recipientId: 'bob' }), { success: true });
  await until(() => bob.seen.user_typing, 'what is right arrives');
  assert.deepEqual(bob.seen.user_typing, [{ userId: 'alice', isTyping: true }]);
  assertUnharmed(demo);
});

test('arguments of any shape and number only affect their event', async (t) => {
  const demo = await startDemo(t);
  const alice = await join(t, demo, 'alice');
  const shapes = [
    [],
    [null],
    [5],
    [[]],
    [{}],
    ['x', 'y', 'z'],
    [Buffer.from('x')],
    [{ a: {} }],
    [JSON.parse('{"then":"x","toString":null,"constructor":"x","hasOwnProperty":1}')],
    [JSON.parse('{"__proto__":{"recipientId":"bob","content":"x"}}')],
    [JSON.parse(`${'['.repeat(1000)}${']'.repeat(1000)}`)],
    Array(1000).fill(0),
  ];
  for (const event of EVENTS) {
    for (const shape of shapes) {
      alice.emit(event, ...shape);
      alice.emit(event, ...shape, () => {});
    }
  }
  // The server closes the connection of a client that emits a name that is reserved for Socket.IO.
  assert.equal(await alice.emitWithAck('ping'), 'pong');
  assert.equal(countMessages(demo.database), 0);
  assertUnharmed(demo);
});

test('an oversized event ends only its own link', async (t) => {
  const demo = await startDemo(t);
  const bob = await join(t, demo, 'bob');
  for (const event of EVENTS) {
    const alice = await join(t, demo, 'alice');
    const ended = new Promise((resolve) => alice.once('disconnect', resolve));
    alice.io.reconnection(false);
    alice.emit(event, { ...GOOD, content: 'x'.repeat(200_000) }, () => {});
    assert.match(await ended, /transport (close|error)/);
  }
  assert.equal(await bob.emitWithAck('ping'), 'pong');
  assert.equal(countMessages(demo.database), 0);
  assertUnharmed(demo);
});

function assertRefused(reply, code, data) {
  assert.equal(reply.code, code, JSON.stringify(data)?.slice(0, 200));
  assert.equal(typeof reply.error, 'string');
  assert.ok(Date.parse(reply.timestamp));
  assert.equal(reply.success, undefined);
}

function assertUnharmed(demo) {
  assert.equal(demo.starts, 1);
  assert.ok(demo.running);
  assert.doesNotMatch(demo.output, /Error|Failed/);
}
