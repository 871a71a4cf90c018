// The guarantees of the bench's queue in plain JavaScript. A faster queue with weaker guarantees would be no valid
// comparison.

import assert from 'node:assert/strict';
import test from 'node:test';
import { PlainQueue } from '../../bench/plain-queue.mjs';
import { freezeTime } from '../support/frozen-time.mjs';

const OK = { success: true };

/** A queue whose transmissions are kept, to be answered by the test, and time that stands still. */
function setUp(t, options) {
  const time = freezeTime(t);
  const sent = [];
  const emit = (_event, data, answer) => sent.push({ data, answer });
  const queue = new PlainQueue({ emit }, options);
  const results = [];
  const send = (data) => {
    const calls = [];
    queue.sendMessage(data, (result) => calls.push(result)).then((result) => results.push(result));
    return calls;
  };
  const contents = () => sent.map(({ data }) => data.content);
  return { time, queue, sent, send, results, contents };
}

test('a message waits for the link, is sent with its original content, and settles once', async (t) => {
  const { queue, sent, send, results } = setUp(t);
  const data = {
    recipientId: 'bob',
    content: 'as sent',
    list: [{ at: new Date(0) }],
    left: undefined,
  };
  const calls = send(data);
  data.content = 'changed';
  data.list[0].at = 1;
  assert.deepEqual(calls, [{ success: false, queued: true, _tempId: calls[0]._tempId }]);
  assert.equal(sent.length, 0);
  queue.linkUp();
  const [{ data: left, answer }] = sent;
  assert.deepEqual(left, {
    recipientId: 'bob',
    content: 'as sent',
    list: [{ at: '1970-01-01T00:00:00.000Z' }],
    _tempId: calls[0]._tempId,
  });
  assert.match(left._tempId, /^temp_[0-9a-f]{24}$/);
  answer(OK);
  answer(OK);
  await null;
  assert.deepEqual(calls.slice(1), [{ success: true, _tempId: left._tempId }]);
  assert.deepEqual(results, calls.slice(1));
  assert.equal(queue.length, 0);
});

test('the messages in flight stay within the window, in number and in bytes', (t) => {
  const { queue, sent, send } = setUp(t, { window: 3, windowBytes: 200 });
  queue.linkUp();
  for (const content of ['a', 'b', 'c', 'd']) send({ content });
  assert.equal(sent.length, 3);
  sent[0].answer(OK);
  assert.equal(sent.length, 4);
  for (const { answer } of sent.slice(1)) answer(OK);
  for (let i = 0; i < 3; i += 1) send({ content: 'x'.repeat(80) });
  assert.equal(sent.length, 6, 'two of a hundred bytes fill the window');
});

test('messages in flight at the loss of a link are sent again first, in order and with their ids', (t) => {
  const { queue, sent, send, contents } = setUp(t, { window: 2 });
  queue.linkUp();
  for (const content of ['a', 'b', 'c']) send({ recipientId: 'bob', content });
  queue.linkLost();
  const lost = sent.splice(0);
  send({ recipientId: 'bob', content: 'd' });
  queue.linkUp();
  for (let i = 0; i < 4; i += 1) sent[i].answer(OK);
  assert.deepEqual(contents(), ['a', 'b', 'c', 'd']);
  assert.equal(sent[0].data._tempId, lost[0].data._tempId);
  assert.equal(queue.length, 0);
});

test('without an answer a message is repeated after its deadline, its lane waits, and it finally fails', async (t) => {
  const { time, queue, sent, send, contents } = setUp(t, { window: 1, retries: 1 });
  queue.linkUp();
  const calls = send({ recipientId: 'bob', content: 'a' });
  send({ recipientId: 'bob', content: 'b' });
  send({ recipientId: 'carol', content: 'c' });
  time.advance(10_000);
  assert.deepEqual(contents(), ['a', 'c'], 'the other lane goes on');
  sent[1].answer(OK);
  time.advance(1_000);
  assert.deepEqual(contents(), ['a', 'c', 'a']);
  assert.equal(sent[2].data._tempId, sent[0].data._tempId);
  time.advance(10_000);
  assert.deepEqual(contents(), ['a', 'c', 'a', 'b']);
  assert.equal(calls.length, 1);
  assert.equal(calls[0].error, 'ACK_TIMEOUT');
  assert.equal(calls[0].maybeDelivered, true);
});

test('a late answer to an earlier transmission settles it', (t) => {
  const { time, queue, sent, send } = setUp(t);
  queue.linkUp();
  const calls = send({ content: 'a' });
  time.advance(10_500);
  sent[0].answer(OK);
  time.advance(60_000);
  assert.equal(sent.length, 1);
  assert.equal(calls.length, 1);
  assert.equal(queue.length, 0);
});

test('a message that expires is never sent, settles at its time, and makes room', (t) => {
  const { time, queue, sent, send } = setUp(t, { ttlMs: 5_000, capacity: 2, maxBytes: 120 });
  const first = send({ content: 'a' });
  time.advance(1_000);
  const second = send({ content: 'b' });
  assert.equal(send({ content: 'c' })[0].error, 'QUEUE_FULL');
  time.advance(4_000);
  assert.equal(first[1].error, 'EXPIRED');
  assert.equal(second.length, 1);
  time.advance(1_000);
  assert.equal(second[1].error, 'EXPIRED');
  send({ content: 'x'.repeat(90) });
  queue.linkUp();
  assert.equal(sent.length, 1);
  assert.equal(sent[0].data.content, 'x'.repeat(90));
});

test('it refuses an id in use, too many bytes, and values that cannot be sent', (t) => {
  const { send } = setUp(t, { maxBytes: 100 });
  send({ _tempId: 'one' });
  const errorOf = (data) => send(data)[0].error;
  assert.equal(errorOf({ _tempId: 'one' }), 'DUPLICATE_ID');
  assert.equal(errorOf({ content: 'x'.repeat(101) }), 'PAYLOAD_TOO_LARGE');
  assert.equal(errorOf({ content: 'x'.repeat(80) }), 'QUEUE_FULL');
  assert.equal(errorOf({ number: 1n }), 'INVALID_MESSAGE_PAYLOAD');
  const circle = {};
  circle.self = circle;
  assert.equal(errorOf(circle), 'INVALID_MESSAGE_PAYLOAD');
});
