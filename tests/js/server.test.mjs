// The deduplicator of holdfast/server. Most tests use fake sockets, so that the test controls time and order. The last one
// uses a real Socket.IO server and client.

import assert from 'node:assert/strict';
import http from 'node:http';
import test from 'node:test';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import { createDeduplicator } from '../../pkg/esm/server.mjs';
import { acknowledgements, told } from '../support/acknowledgements.mjs';
import { deferred } from '../support/until.mjs';

test('a repeat gets the stored acknowledgement, and the handler does not run', async () => {
  const { call, runs } = setup((data) => ({ success: true, text: data.text, list: [1, null] }));
  const first = await call('ann', { _tempId: 'a', text: 'hello' });
  assert.deepEqual(first, [{ success: true, text: 'hello', list: [1, null] }]);
  assert.deepEqual(await call('ann', { _tempId: 'a', text: 'hello' }), first);
  assert.equal(runs.length, 1);
});

test('every argument of an acknowledgement is stored as it was when given, also binary ones', async () => {
  const message = { text: 'before', at: new Date(0), bytes: Buffer.from([1, 2]), drop: () => {} };
  const { call } = setup((_data, ack) => ack(null, message, [undefined]));
  const expected = [
    null,
    { text: 'before', at: '1970-01-01T00:00:00.000Z', bytes: Buffer.from([1, 2]), drop: undefined },
    [undefined],
  ];
  assert.deepEqual(await call('ann', { _tempId: 'a' }), expected);
  message.text = 'after';
  message.bytes[0] = 9;
  assert.deepEqual(await call('ann', { _tempId: 'a' }), expected);
});

test('a handler gets as many arguments as it declares, and ack where it declares it', async () => {
  const { once } = setup();
  const socket = { id: 's', user: 'ann' };
  const got = [];
  const note = (...all) => {
    got.push(all.slice(0, -1));
    all.at(-1)({ success: true });
  };
  const two = (first, second, ack) => note(first, second, ack);
  const one = (first, ack) => note(first, ack);
  for (const [handler, sent, expected] of [
    [two, [7, 24], [7, 24]],
    [two, [{ _tempId: 'a' }, { b: 1 }], [{ _tempId: 'a' }, { b: 1 }]],
    [two, [7], [7, undefined]],
    [two, [], [undefined, undefined]],
    [two, [7, 24, 'more', () => assert.fail('no acknowledgement')], [7, 24]],
    [one, [7, 24], [7]],
    [one, [{ _tempId: 'b' }, 'no function'], [{ _tempId: 'b' }]],
    [one, [], [undefined]],
    [(...all) => note(...all), [7, 24], [7]],
  ]) {
    got.length = 0;
    assert.deepEqual(await answerOf(once(socket, handler), ...sent), [{ success: true }]);
    assert.deepEqual(got, [expected]);
  }
  got.length = 0;
  once(socket, two)(7, 24);
  await ticks();
  assert.deepEqual(got, [[7, 24]], 'nobody wants an acknowledgement');
});

test('a message is a repeat only if all arguments are equal', async () => {
  const { once } = setup();
  const runs = [];
  const handler = (first, second, ack) => {
    runs.push([first, second]);
    ack({ success: true, runs: runs.length });
  };
  const call = (...args) => answerOf(once({ id: 's', user: 'ann' }, handler), ...args);
  const first = await call({ _tempId: 'a', n: 1 }, { x: 1, y: [2] });
  assert.deepEqual(await call({ _tempId: 'a', n: 1 }, { y: [2], x: 1 }), first);
  for (const others of [[], [{ x: 2, y: [2] }], [{ x: 1, y: [2] }, null], [[{ x: 1, y: [2] }]]]) {
    const [{ code }] = await call({ _tempId: 'a', n: 1 }, ...others);
    assert.equal(code, 'DUPLICATE_ID');
  }
  // The id of the first alone is the message's.
  await call({ _tempId: 'b' }, { _tempId: 1 });
  assert.equal((await call({ _tempId: 'b' }, { _tempId: 2 }))[0].code, 'DUPLICATE_ID');
  assert.equal(runs.length, 2);
});

test('an empty acknowledgement is stored as well', async () => {
  const { call, runs } = setup((_data, ack) => ack());
  assert.deepEqual(await call('ann', { _tempId: 'a' }), []);
  assert.deepEqual(await call('ann', { _tempId: 'a' }), []);
  assert.equal(runs.length, 1);
});

test('ids belong to users: the same id of another user is another message', async () => {
  const { call, runs } = setup((data) => ({ success: true, of: data.of }));
  assert.deepEqual(await call('ann', { _tempId: 'a', of: 'ann' }), [{ success: true, of: 'ann' }]);
  assert.deepEqual(await call('bob', { _tempId: 'a', of: 'bob' }), [{ success: true, of: 'bob' }]);
  assert.equal(runs.length, 2);
});

test('no choice of user and id can reach the key of another pair', async () => {
  const { call, runs } = setup(() => ({ success: true }));
  const pairs = [
    ['a', 'b","c'],
    ['a","b', 'c'],
    ['a', 'b'],
    ['ab', 'c'],
    ['a', 'bc'],
  ];
  for (const [user, id] of pairs) await call(user, { _tempId: id });
  assert.equal(runs.length, pairs.length);
});

test('a user is the same as number, bigint, string or id object', async () => {
  const { call, runs } = setup(() => ({ success: true }));
  for (const user of [7, 7n, '7', { toString: () => '7' }]) await call(user, { _tempId: 'a' });
  assert.equal(runs.length, 1);
});

test('without a user an id counts for its connection only', async () => {
  const { once, runs, handler } = setup(() => ({ success: true }));
  for (const user of [undefined, null, '']) {
    runs.length = 0;
    const first = { id: `first ${user}`, user };
    const second = { id: `second ${user}`, user };
    await answerOf(once(first, handler), { _tempId: 'a' });
    await answerOf(once(first, handler), { _tempId: 'a' });
    await answerOf(once(second, handler), { _tempId: 'a' });
    assert.equal(runs.length, 2, String(user));
  }
});

test('a user named like a connection does not reach the answers of that connection', async () => {
  const { once, runs, handler } = setup(() => ({ success: true }));
  await answerOf(once({ id: 'socket1', user: undefined }, handler), { _tempId: 'a' });
  await answerOf(once({ id: 'socket2', user: 'socket1' }, handler), { _tempId: 'a' });
  assert.equal(runs.length, 2);
});

test('a userId that throws or returns no id is reported, and the handler does not run', async () => {
  const bad = [{}, Promise.resolve('ann'), () => {}, true, Number.NaN, Symbol('x'), []];
  for (const user of bad) {
    const { call, runs, errors } = setup(() => ({ success: true }));
    const [reply] = await call(user, { _tempId: 'a' });
    assert.equal(reply.code, 'INTERNAL_ERROR');
    assert.equal(runs.length, 0);
    assert.equal(errors[0].at, 'userId');
    assert.match(errors[0].error.message, /userId takes a function that answers an id, got /);
  }
  const { runs, errors, handler } = setup(() => ({ success: true }));
  const once = createDeduplicator({
    userId: (socket) => socket.session.user,
    onError: (error, context) => errors.push({ error, ...context }),
  });
  const [reply] = await answerOf(once({ id: 's' }, handler), { _tempId: 'a' });
  assert.equal(reply.code, 'INTERNAL_ERROR');
  assert.equal(runs.length, 0);
  assert.equal(errors[0].at, 'userId');
});

test('a repeat during the first call waits for it and gets its answer', async () => {
  const gate = deferred();
  const { call, runs } = setup(() => gate.promise);
  const answers = [1, 2, 3].map(() => call('ann', { _tempId: 'a' }));
  await ticks();
  assert.equal(runs.length, 1);
  gate.resolve({ success: true, messageId: 5 });
  for (const answer of await Promise.all(answers)) {
    assert.deepEqual(answer, [{ success: true, messageId: 5 }]);
  }
  assert.equal(runs.length, 1);
});

test('a waiting repeat gets its answer even if the first connection is gone or throws', async () => {
  const gate = deferred();
  const { once, handler, errors } = setup(() => gate.promise);
  const gone = { id: 'gone', user: 'ann' };
  once(gone, handler)({ _tempId: 'a' }, () => {
    throw new Error('the transport is closed');
  });
  const repeat = answerOf(once({ id: 'new', user: 'ann' }, handler), { _tempId: 'a' });
  gate.resolve({ success: true });
  assert.deepEqual(await repeat, [{ success: true }]);
  assert.deepEqual([errors[0].at, errors[0].id], ['ack', 'a']);
});

test('a handler that throws or rejects is answered with a retryable error without details, and nothing is stored', async () => {
  const ways = [
    () => {
      throw new Error('secret of the database');
    },
    async () => {
      throw new Error('secret of the database');
    },
    () => new Error('secret of the database'),
    (_data, ack) => ack(new Error('secret of the database')),
  ];
  for (const fail of ways) {
    let isFailing = true;
    const { call, runs, errors } = setup((data, ack) =>
      isFailing ? fail(data, ack) : { success: true },
    );
    const [reply] = await call('ann', { _tempId: 'a' });
    assert.equal(reply.code, 'INTERNAL_ERROR');
    assert.ok(Date.parse(reply.timestamp));
    assert.deepEqual(Object.keys(reply).sort(), ['code', 'error', 'timestamp']);
    assert.doesNotMatch(JSON.stringify(reply), /secret/);
    assert.equal(errors[0].error.message, 'secret of the database');
    assert.deepEqual([errors[0].at, errors[0].id], ['handler', 'a']);
    isFailing = false;
    assert.deepEqual(await call('ann', { _tempId: 'a' }), [{ success: true }]);
    assert.equal(runs.length, 2);
  }
});

test('repeats that waited for a failed call get its error, and the next one runs', async () => {
  const gate = deferred();
  const { call, runs } = setup(() => (runs.length === 1 ? gate.promise : { success: true }));
  const answers = [call('ann', { _tempId: 'a' }), call('ann', { _tempId: 'a' })];
  gate.reject(new Error('down'));
  for (const [reply] of await Promise.all(answers)) assert.equal(reply.code, 'INTERNAL_ERROR');
  assert.deepEqual(await call('ann', { _tempId: 'a' }), [{ success: true }]);
});

test('a refusal is not stored, whatever its code, and a repeat runs the handler again', async () => {
  const refusals = [
    { error: 'slow down', code: 'RATE_LIMITED' },
    { error: 'not a friend', code: 'FORBIDDEN' },
    { success: false },
    { ok: false },
    { status: 'error' },
  ];
  for (const refusal of refusals) {
    const { call, runs } = setup(() => (runs.length === 1 ? refusal : { success: true }));
    assert.deepEqual(await call('ann', { _tempId: 'a' }), [refusal]);
    assert.deepEqual(await call('ann', { _tempId: 'a' }), [{ success: true }]);
    assert.deepEqual(await call('ann', { _tempId: 'a' }), [{ success: true }]);
    assert.equal(runs.length, 2);
  }
});

test('answers that the client treats as accepted are stored, and no others', async () => {
  const seen = [];
  const verdict = (...all) => void seen.push(all);
  for (const row of acknowledgements()) {
    seen.length = 0;
    const { call, runs } = setup((_data, ack) => ack(...row.ack), { verdict });
    assert.deepEqual(await call('ann', { _tempId: 'a' }), row.ack, told(row));
    assert.deepEqual(await call('ann', { _tempId: 'a' }), row.ack, told(row));
    assert.equal(runs.length, row.isAccepted ? 1 : 2, told(row));
    assert.deepEqual(seen[0], row.ack, 'the verdict of the app sees all');
  }
});

test('a verdict of the app overrides the rules, and one that throws or is invalid is reported and ignored', async () => {
  const get = () => {
    throw new Error('boom');
  };
  const cases = [
    [['kept'], () => 'accepted', 1, 0],
    [[{ error: 'kept' }], () => 'accepted', 1, 0],
    [['not kept'], () => 'refused', 2, 0],
    [['not kept'], () => 'retry', 2, 0],
    [['ERR', 'not kept'], (first) => (first === 'ERR' ? 'refused' : undefined), 2, 0],
    [['not kept'], () => ({ retryAfterMs: 5 }), 2, 0],
    [['kept'], () => undefined, 1, 0],
    [['kept'], () => null, 1, 0],
    [['kept'], () => 'perhaps', 1, 1],
    [['kept'], async () => 'refused', 1, 1],
    [['kept'], get, 1, 1],
    [['kept'], () => Object.defineProperty({}, 'retryAfterMs', { get }), 1, 1],
    [[{ error: 'not kept' }], get, 2, 2],
  ];
  for (const [reply, verdict, times, reports] of cases) {
    const { call, runs, errors } = setup((_data, ack) => ack(...reply), { verdict });
    for (let n = 0; n < 2; n += 1) assert.deepEqual(await call('ann', { _tempId: 'a' }), reply);
    assert.equal(runs.length, times, `${reply}: ${verdict}`);
    assert.deepEqual(
      errors.map(({ at }) => at),
      Array(reports).fill('verdict'),
      `${reply}: ${verdict}`,
    );
  }
});

test('an internal failure is not passed to the verdict', async () => {
  const verdict = () => 'accepted';
  const { call, runs } = setup(() => Promise.reject(new Error('down')), { verdict });
  for (let n = 0; n < 2; n += 1) await call('ann', { _tempId: 'a' });
  assert.equal(runs.length, 2);
});

test('if a handler acknowledges and returns a value, the first one counts', async () => {
  const { call } = setup((data, ack) => {
    if (data.ackFirst) ack({ by: 'ack' });
    return { by: 'return' };
  });
  assert.deepEqual(await call('ann', { _tempId: 'a', ackFirst: true }), [{ by: 'ack' }]);
  assert.deepEqual(await call('ann', { _tempId: 'b' }), [{ by: 'return' }]);
  const twice = setup((_data, ack) => {
    ack({ n: 1 });
    ack({ n: 2 });
  });
  assert.deepEqual(await twice.call('ann', { _tempId: 'a' }), [{ n: 1 }]);
  assert.deepEqual(await twice.call('ann', { _tempId: 'a' }), [{ n: 1 }]);
});

test('a handler that returns undefined answers later, by ack', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let later;
  const { call, runs, errors } = setup(async (_data, ack) => {
    later = ack;
  });
  const answers = [call('ann', { _tempId: 'a' }), call('ann', { _tempId: 'a' })];
  await ticks();
  later({ success: true });
  assert.deepEqual(await Promise.all(answers), [[{ success: true }], [{ success: true }]]);
  assert.equal(runs.length, 1);
  t.mock.timers.tick(60_000);
  assert.equal(errors.length, 0);
});

test('a handler that returned without an answer is reported and given up after a minute', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { call, runs, errors } = setup(() => undefined);
  const answer = call('ann', { _tempId: 'a' });
  await ticks();
  t.mock.timers.tick(59_999);
  assert.equal(errors.length, 0);
  t.mock.timers.tick(1);
  assert.equal((await answer)[0].code, 'INTERNAL_ERROR');
  assert.equal(errors[0].at, 'ack');
  assert.match(errors[0].error.message, /has to call ack or to return a value/);
  call('ann', { _tempId: 'a' });
  await ticks();
  assert.equal(runs.length, 2);
});

test('a running handler is given up and reported after ten minutes, or after the time in the option', async (t) => {
  for (const [options, ms] of [
    [{}, 600_000],
    [{ handlerTimeoutMs: 5000 }, 5000],
  ]) {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const gate = deferred();
    const { call, runs, errors } = setup(() => gate.promise, options);
    const answers = [call('ann', { _tempId: 'a' })];
    await ticks();
    t.mock.timers.tick(ms - 1);
    answers.push(call('ann', { _tempId: 'a' }));
    await ticks();
    assert.deepEqual([runs.length, errors.length], [1, 0]);
    t.mock.timers.tick(1);
    for (const [reply] of await Promise.all(answers)) assert.equal(reply.code, 'INTERNAL_ERROR');
    assert.deepEqual([errors[0].at, errors[0].id], ['handler', 'a']);
    assert.match(errors[0].error.message, new RegExp(`still running after ${ms / 1000} s`));
    const again = call('ann', { _tempId: 'a' });
    await ticks();
    assert.equal(runs.length, 2);
    gate.resolve(null);
    assert.deepEqual(await again, [null]);
    t.mock.timers.reset();
  }
});

test('a failure after the answer is reported and changes nothing', async () => {
  const { call, errors, runs } = setup(async (_data, ack) => {
    ack({ success: true });
    throw new Error('the push service is down');
  });
  assert.deepEqual(await call('ann', { _tempId: 'a' }), [{ success: true }]);
  assert.deepEqual(await call('ann', { _tempId: 'a' }), [{ success: true }]);
  assert.equal(runs.length, 1);
  assert.equal(errors[0].error.message, 'the push service is down');
});

test('an answer that cannot be encoded is reported, counts as handled, and is sent with the parts that can be encoded', async () => {
  const cycle = { name: 'cycle' };
  cycle.self = cycle;
  const thrower = Object.defineProperty({ id: 5 }, 'lazy', {
    get: () => {
      throw new Error('closed');
    },
    enumerable: true,
  });
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  const deep = (levels, core) =>
    Array.from({ length: levels }).reduce((value) => ({ value }), core);
  const cases = [
    [{ success: true, id: 10n }, { success: true, id: '10' }, /a bigint/],
    [cycle, { name: 'cycle', self: null }, /contains itself/],
    [thrower, { id: 5, lazy: null }, /throws when it is read/],
    [{ toJSON: thrower.toJSON, at: revoked }, { toJSON: undefined, at: null }, /throws/],
    [revoked, null, /throws/],
    [{ picture: new Blob(['x']) }, { picture: null }, /a Blob/],
    [deep(100_000, 1), deep(1000, null), /over 1000 deep/],
  ];
  for (const [reply, expected, message] of cases) {
    const { call, runs, errors } = setup((_data, ack) => ack(reply));
    for (let n = 0; n < 4; n += 1) {
      const [got] = await call('ann', { _tempId: 'a' });
      assert.equal(JSON.stringify(got), JSON.stringify(expected));
    }
    assert.equal(runs.length, 1);
    assert.equal(errors.length, 1);
    assert.deepEqual([errors[0].at, errors[0].id], ['ack', 'a']);
    assert.match(errors[0].error.message, message);
  }
});

test('a refusal with parts that cannot be encoded is still a refusal', async () => {
  const { call, runs } = setup(() => ({ error: 'FULL', left: 0n }));
  for (let n = 0; n < 2; n += 1) {
    assert.deepEqual(await call('ann', { _tempId: 'a' }), [{ error: 'FULL', left: '0' }]);
  }
  assert.equal(runs.length, 2);
});

test('different content under a known id is refused, and never gets the answer of the first', async () => {
  const bytes = (...list) => Buffer.from(list);
  const cases = [
    [{ text: 'a' }, { text: 'b' }],
    [{ text: 'a' }, { text: 'a', more: null }],
    [{ text: '1' }, { text: 1 }],
    [{ list: [1, 2] }, { list: [2, 1] }],
    [{ list: ['ab'] }, { list: ['a', 'b'] }],
    [{ a: { b: 1 } }, { a: {}, b: 1 }],
    [{ file: bytes(1, 2) }, { file: bytes(1, 3) }],
    [
      { file: bytes(1), other: bytes(2) },
      { file: bytes(2), other: bytes(1) },
    ],
    [{ file: bytes(49) }, { file: '1' }],
    [{ deep: nested(5000, 1) }, { deep: nested(5000, 2) }],
  ];
  for (const store of [undefined, sharedStore]) {
    for (const [one, other] of cases) {
      const { call, runs } = setup((data) => ({ success: true, data }), { store: store?.() });
      const first = await call('ann', { _tempId: 'a', ...one });
      const [refused] = await call('ann', { _tempId: 'a', ...other });
      assert.equal(refused.code, 'DUPLICATE_ID');
      assert.deepEqual(Object.keys(refused).sort(), ['code', 'error', 'timestamp']);
      assert.deepEqual(await call('ann', { _tempId: 'a', ...one }), first);
      assert.equal(runs.length, 1);
    }
  }
});

test('different content is refused at once while the first call runs', async () => {
  const gate = deferred();
  const { call, runs } = setup(() => gate.promise);
  const first = call('ann', { _tempId: 'a', text: 'a' });
  assert.equal((await call('ann', { _tempId: 'a', text: 'b' }))[0].code, 'DUPLICATE_ID');
  gate.resolve(null);
  assert.deepEqual(await first, [null]);
  assert.equal(runs.length, 1);
});

test('content is equal whatever the order of fields, and whether the id is a number or a string', async () => {
  const { call, runs } = setup(() => null);
  const messages = [
    { _tempId: 5, text: 'a', list: [{ x: 1, y: Buffer.from([1]) }] },
    { list: [{ y: new Uint8Array([1]), x: 1 }], text: 'a', _tempId: '5' },
    { list: [{ y: new Uint8Array([1]).buffer, x: 1 }], text: 'a', _tempId: '5' },
  ];
  for (const message of messages) assert.deepEqual(await call('ann', message), [null]);
  assert.equal(runs.length, 1);
});

test('a store without fingerprints keeps working', async () => {
  const answers = new Map();
  const store = {
    claim: (key) =>
      answers.has(key) ? { status: 'done', reply: answers.get(key) } : { status: 'claimed' },
    complete: (key, reply) => void answers.set(key, reply),
    release() {},
  };
  const { call, runs } = setup(() => ({ success: true }), { store });
  for (const text of ['a', 'b']) {
    assert.deepEqual(await call('ann', { _tempId: 'a', text }), [{ success: true }]);
  }
  assert.equal(runs.length, 1);
});

test('data without an id runs the handler every time', async () => {
  const { call, runs } = setup(() => ({ success: true }));
  for (const data of [undefined, null, 'text', 5, [], {}, { _tempId: null }, Buffer.from('x')]) {
    runs.length = 0;
    assert.deepEqual(await call('ann', data), [{ success: true }]);
    assert.deepEqual(await call('ann', data), [{ success: true }]);
    assert.equal(runs.length, 2);
    assert.equal(runs[0].data, data);
  }
});

test('an id that is no number and no string of 1 to 200 characters is refused with a final code', async () => {
  const { call, runs } = setup(() => ({ success: true }));
  for (const _tempId of ['', 'x'.repeat(201), Number.NaN, true, {}, ['a'], Buffer.from('a')]) {
    const [reply] = await call('ann', { _tempId });
    assert.equal(reply.code, 'INVALID_MESSAGE_ID');
    assert.equal(reply.error, '_tempId must be 1 to 200 characters');
  }
  assert.equal(runs.length, 0);
  await call('ann', { _tempId: 'x'.repeat(200) });
  assert.equal(runs.length, 1);
});

test('a numeric id is deduplicated like its string', async () => {
  const { call, runs } = setup(() => ({ success: true }));
  await call('ann', { _tempId: 1_795_442_938_211 });
  await call('ann', { _tempId: '1795442938211' });
  assert.equal(runs.length, 1);
});

test('a message without an acknowledgement is deduplicated too', async () => {
  const { once, runs, handler, call } = setup((_data, ack) => ack({ success: true }));
  const listener = once({ id: 's', user: 'ann' }, handler);
  listener({ _tempId: 'a' });
  listener({ _tempId: 'a' });
  await ticks();
  assert.equal(runs.length, 1);
  assert.deepEqual(await call('ann', { _tempId: 'a' }), [{ success: true }]);
  listener();
  await ticks();
  assert.deepEqual(runs[1].data, undefined);
});

test('arguments of a hostile client are never passed as ack', async () => {
  const { once, runs, handler } = setup((_data, ack) => ack({ success: true }));
  const listener = once({ id: 's', user: 'ann' }, handler);
  assert.deepEqual(await answerOf(listener), [{ success: true }]);
  assert.equal(runs[0].data, undefined);
  assert.deepEqual(await answerOf(listener, { _tempId: 'a' }, 'not a function'), [
    { success: true },
  ]);
  listener({ _tempId: 'b' }, 'not a function');
  await ticks();
  assert.equal(runs.length, 3);
});

test('the id can be in another field, and this is the socket', async () => {
  const seen = [];
  const once = createDeduplicator({ userId: (socket) => socket.user, idField: 'clientId' });
  const socket = { id: 's', user: 'ann' };
  const listener = once(socket, function handler(data) {
    seen.push([this === socket, data.clientId]);
    return null;
  });
  await answerOf(listener, { clientId: 'a', _tempId: 'x' });
  await answerOf(listener, { clientId: 'a', _tempId: 'y' });
  assert.deepEqual(seen, [[true, 'a']]);
});

test('the memory is limited, and the least recently requested answer is removed first', async () => {
  const { call, runs } = setup(() => ({ success: true }), { max: 2 });
  await call('ann', { _tempId: 'a' });
  await call('ann', { _tempId: 'b' });
  await call('ann', { _tempId: 'a' });
  await call('ann', { _tempId: 'c' });
  assert.equal(runs.length, 3);
  await call('ann', { _tempId: 'a' });
  await call('ann', { _tempId: 'c' });
  assert.equal(runs.length, 3);
  await call('ann', { _tempId: 'b' });
  assert.equal(runs.length, 4);
});

test('the memory is limited in bytes', async () => {
  const { call, runs } = setup(() => 'x'.repeat(1000), { maxBytes: 10_000 });
  for (let n = 0; n < 10; n += 1) await call('ann', { _tempId: `n${n}` });
  runs.length = 0;
  for (const n of [9, 8, 7]) await call('ann', { _tempId: `n${n}` });
  assert.equal(runs.length, 0, 'what is within is kept');
  await call('ann', { _tempId: 'n0' });
  assert.equal(runs.length, 1);
});

test('the memory keeps 100 MB of answers of 900 KB each', async () => {
  const { call, runs } = setup(() => Buffer.alloc(900_000));
  for (let n = 0; n < 150; n += 1) await call('ann', { _tempId: `n${n}` });
  runs.length = 0;
  let newest = 150;
  while (runs.length === 0) {
    newest -= 1;
    await call('ann', { _tempId: `n${newest}` });
  }
  const kept = 149 - newest;
  assert.ok(kept >= 105 && kept <= 111, String(kept));
});

test('one user cannot displace the answers of others with many or large answers', async () => {
  for (const [options, reply, count] of [
    [{ max: 100 }, 'x', 1000],
    [{ maxBytes: 100_000 }, 'x'.repeat(5000), 200],
    [{ maxBytes: 100_000 }, Buffer.alloc(20_000), 200],
    [{ maxBytes: 100_000 }, 'x', 1000],
  ]) {
    const { call, runs } = setup((data) => data.reply ?? null, options);
    for (let n = 0; n < 20; n += 1) await call(`user${n}`, { _tempId: 'a' });
    for (let n = 0; n < count; n += 1) await call('eve', { _tempId: `n${n}`, reply });
    runs.length = 0;
    for (let n = 0; n < 20; n += 1) await call(`user${n}`, { _tempId: 'a' });
    assert.equal(runs.length, 0, JSON.stringify(options));
  }
});

test('connections without a user displace no answers of users', async () => {
  const { call, runs } = setup(() => 'x', { max: 100 });
  for (let n = 0; n < 20; n += 1) await call('ann', { _tempId: `n${n}` });
  for (let n = 0; n < 500; n += 1) await call(null, { _tempId: 'a' });
  runs.length = 0;
  for (let n = 0; n < 20; n += 1) await call('ann', { _tempId: `n${n}` });
  assert.equal(runs.length, 0);
});

test('an answer is stored for ttlMs after it was last requested', async (t) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const { call, runs } = setup(() => ({ success: true }), { ttlMs: 100 });
  await call('ann', { _tempId: 'a' });
  now = 99;
  await call('ann', { _tempId: 'a' });
  now = 198;
  await call('ann', { _tempId: 'a' });
  assert.equal(runs.length, 1);
  now = 298;
  await call('ann', { _tempId: 'a' });
  assert.equal(runs.length, 2);
});

test('calls in progress are kept through any number of newer answers', async () => {
  const gate = deferred();
  const { call, runs } = setup(
    (data) => (data._tempId === 'slow' ? gate.promise : { success: true }),
    { max: 1 },
  );
  const slow = call('ann', { _tempId: 'slow' });
  for (let n = 0; n < 50; n += 1) await call('ann', { _tempId: `n${n}` });
  const repeat = call('ann', { _tempId: 'slow' });
  gate.resolve({ success: true, slow: true });
  assert.deepEqual(await slow, await repeat);
  assert.equal(runs.filter(({ data }) => data._tempId === 'slow').length, 1);
});

test('beyond maxPending a call is refused as retryable, and finished calls make room', async () => {
  const gate = deferred();
  const { call, runs } = setup(() => gate.promise, { maxPending: 2 });
  const held = [call('ann', { _tempId: 'a' }), call('ann', { _tempId: 'a' })];
  const [busy] = await call('ann', { _tempId: 'b' });
  assert.deepEqual([busy.code, busy.retryAfterMs], ['RATE_LIMITED', 1000]);
  assert.equal((await call('ann', {}))[0].code, 'RATE_LIMITED');
  assert.equal(runs.length, 1);
  gate.resolve(null);
  await Promise.all(held);
  assert.deepEqual(await call('ann', { _tempId: 'b' }), [null]);
});

test('one user with very many calls in progress delays no other user', async () => {
  const gate = deferred();
  const work = (data) => (data.isSlow ? gate.promise : null);
  for (const idOf of [(n) => `n${n}`, () => 'one', () => undefined]) {
    const { call, once, handler } = setup(work);
    const socket = { id: 'eve', user: 'eve' };
    const listener = once(socket, handler);
    const refused = [];
    for (let n = 0; n < 10_000; n += 1) {
      listener({ _tempId: idOf(n), isSlow: true }, (reply) => reply && refused.push(reply.code));
    }
    assert.equal(refused.length, 10_000 - 2048);
    assert.ok(refused.every((code) => code === 'RATE_LIMITED'));
    assert.deepEqual(await call('ann', { _tempId: 'a' }), [null]);
  }
  gate.resolve(null);
});

test('maxPendingPerUser limits one user, and finished calls make room', async () => {
  const gate = deferred();
  const { call } = setup(() => gate.promise, { maxPendingPerUser: 1 });
  const held = call('ann', { _tempId: 'a' });
  assert.equal((await call('ann', { _tempId: 'b' }))[0].code, 'RATE_LIMITED');
  gate.resolve(null);
  await held;
  assert.deepEqual(await call('ann', { _tempId: 'b' }), [null]);
});

test('a socket keeps the order of its messages, however slow the store is', async () => {
  const store = slowStore();
  const { once, runs, handler } = setup(() => null, { store });
  const listener = once({ id: 's', user: 'ann' }, handler);
  const answers = ['a', 'b', undefined, 'c'].map((_tempId) => answerOf(listener, { _tempId }));
  await ticks();
  store.open('c');
  store.open('b');
  await ticks();
  assert.equal(runs.length, 0);
  store.open('a');
  await Promise.all(answers);
  assert.deepEqual(
    runs.map(({ data }) => data._tempId),
    ['a', 'b', undefined, 'c'],
  );
});

test('a message in progress at another process comes before the messages behind it, on this connection and the next', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const claims = new Map([['a', 'busy']]);
  const asked = [];
  const store = {
    claim: async (key) => {
      const id = JSON.parse(key)[2];
      asked.push(id);
      return { status: claims.get(id) ?? 'claimed' };
    },
    async complete() {},
    async release() {},
  };
  const { once, runs, handler } = setup(() => null, { store });
  const [first, second] = ['s1', 's2'].map((id) => once({ id, user: 'ann' }, handler));
  for (const _tempId of ['a', 'b', 'c']) first({ _tempId });
  await ticks();
  for (const _tempId of ['a', 'b', 'c', 'd']) second({ _tempId });
  await ticks();
  t.mock.timers.tick(3000);
  await ticks();
  assert.deepEqual(runs, []);
  claims.delete('a');
  t.mock.timers.tick(5000);
  await ticks();
  assert.deepEqual(
    runs.map(({ data }) => data._tempId),
    ['a', 'b', 'c', 'd'],
  );
});

test('a message in progress elsewhere for longer than a lease delays no message behind it', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  for (const [leaseMs, holdMs] of [
    [undefined, 10_000],
    [1000, 2000],
  ]) {
    const store = { ...sharedStore(), claim: async (key) => claimOf(JSON.parse(key)[2]), leaseMs };
    const claimOf = (id) => ({ status: id === 'c' ? 'claimed' : 'busy' });
    const { once, runs, handler } = setup(() => null, { store });
    const listener = once({ id: 's', user: 'ann' }, handler);
    for (const _tempId of ['a', 'b', 'c']) listener({ _tempId });
    await ticks();
    now += holdMs - 1;
    t.mock.timers.tick(holdMs - 1);
    await ticks();
    assert.equal(runs.length, 0);
    now += 1;
    t.mock.timers.tick(1);
    await ticks();
    // 'b' was asked for as long meanwhile, and holds up nobody on its own.
    t.mock.timers.tick(1);
    await ticks();
    assert.deepEqual(
      runs.map(({ data }) => data._tempId),
      ['c'],
    );
  }
});

test('the claim of another process is polled less and less often, and noticed soon after its end', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  const asked = [];
  const claim = async () => {
    asked.push(now);
    return now < 5000 ? { status: 'busy', endsInMs: 5000 - now } : { status: 'claimed' };
  };
  const { call, runs } = setup(() => null, { store: { ...sharedStore(), claim } });
  const answers = Array.from({ length: 100 }, (_, n) => call(`user${n}`, { _tempId: 'a' }));
  for (; now <= 5100; now += 10) {
    await ticks();
    t.mock.timers.tick(10);
  }
  assert.equal((await Promise.all(answers)).length, 100);
  assert.equal(runs.length, 100);
  assert.ok(asked.length < 1000, `${asked.length} questions for 100 claims in 5 s`);
  const busiest = Math.max(
    ...asked.filter((at) => at > 0).map((at) => asked.filter((other) => other === at).length),
  );
  assert.ok(busiest <= 40, `${busiest} within 10 ms`);
});

test('a running handler delays no message behind it', async () => {
  const gate = deferred();
  for (const store of [undefined, sharedStore()]) {
    const { call } = setup((data) => (data._tempId === 'a' ? gate.promise : null), { store });
    call('ann', { _tempId: 'a' });
    assert.deepEqual(await call('ann', { _tempId: 'b' }), [null]);
  }
});

test('two processes with one store run a message once, and the other waits for its answer', async () => {
  const store = sharedStore();
  const gate = deferred();
  const one = setup(() => gate.promise, { store });
  const two = setup(() => ({ success: true, by: 'two' }), { store });
  const first = one.call('ann', { _tempId: 'a' });
  await ticks();
  const second = two.call('ann', { _tempId: 'a' });
  assert.deepEqual(await two.call('ann', { _tempId: 'b' }), [{ success: true, by: 'two' }]);
  gate.resolve({ success: true, by: 'one' });
  assert.deepEqual(await first, [{ success: true, by: 'one' }]);
  assert.deepEqual(await second, [{ success: true, by: 'one' }]);
  assert.deepEqual([one.runs.length, two.runs.length], [1, 1]);
});

test('if the other process fails, the waiting one runs the handler', async () => {
  const store = sharedStore();
  const gate = deferred();
  const one = setup(() => gate.promise, { store });
  const two = setup(() => ({ success: true, by: 'two' }), { store });
  const first = one.call('ann', { _tempId: 'a' });
  await ticks();
  const second = two.call('ann', { _tempId: 'a' });
  gate.reject(new Error('down'));
  assert.equal((await first)[0].code, 'INTERNAL_ERROR');
  assert.deepEqual(await second, [{ success: true, by: 'two' }]);
});

test('a failing store is reported: before the handler nothing runs, after it the answer counts', async () => {
  const down = () => {
    throw new Error('store down');
  };
  const downLater = async () => down();
  for (const claim of [down, downLater, () => undefined, () => ({ status: 'unknown' })]) {
    const store = { ...sharedStore(), claim };
    const { call, runs } = setup(() => null, { store });
    assert.equal((await call('ann', { _tempId: 'a' }))[0].code, 'INTERNAL_ERROR');
    assert.equal((await call('ann', { _tempId: 'a' }))[0].code, 'INTERNAL_ERROR');
    assert.equal(runs.length, 0);
  }
  for (const complete of [down, downLater]) {
    const { call, errors } = setup(() => null, { store: { ...sharedStore(), complete } });
    assert.deepEqual(await call('ann', { _tempId: 'a' }), [null]);
    assert.deepEqual([errors[0].at, errors[0].error.message], ['store', 'store down']);
  }
});

test('an onError that throws affects nothing', async (t) => {
  const printed = t.mock.method(console, 'error', () => {});
  const once = createDeduplicator({
    userId: () => 'ann',
    onError: () => {
      throw new Error('second');
    },
  });
  const listener = once({ id: 's' }, () => {
    throw new Error('first');
  });
  assert.equal((await answerOf(listener, { _tempId: 'a' }))[0].code, 'INTERNAL_ERROR');
  assert.equal(printed.mock.callCount(), 2, 'both errors');
});

test('without onError a failure is printed', async (t) => {
  const printed = t.mock.method(console, 'error', () => {});
  const once = createDeduplicator({ userId: () => 'ann' });
  // As a client of Redis does: the command holds keys, ids and answers.
  const error = Object.assign(new Error('printed'), { command: { args: ['a secret'] } });
  await answerOf(
    once({ id: 's' }, () => Promise.reject(error)),
    { _tempId: 'a' },
  );
  assert.equal(printed.mock.calls[0].arguments[1], error.stack);
});

test('misuse throws a TypeError with the option, the received and the accepted values', () => {
  const userId = () => 'ann';
  const store = sharedStore();
  const cases = [
    [undefined, /options takes an object with userId.*got undefined/],
    [{}, /userId takes a function \(socket\) => id, got undefined/],
    [{ userId: 'ann' }, /userId takes .*, got a string/],
    [{ userId, idField: '' }, /idField takes the name of a property, got an empty string/],
    [{ userId, ttlMs: 0 }, /ttlMs takes a number of milliseconds above 0, got 0/],
    [{ userId, ttlMs: Number.NaN }, /ttlMs takes .*, got NaN/],
    [{ userId, max: 1.5 }, /max takes a whole number above 0, got 1.5/],
    [{ userId, max: 5, store }, /max takes nothing if store is set.*, got 5/],
    [{ userId, max: 0 }, /max takes a whole number above 0, got 0/],
    [{ userId, maxBytes: '5' }, /maxBytes takes a whole number above 0, got a string/],
    [{ userId, maxBytes: 5, store }, /maxBytes takes nothing if store is set.*, got 5/],
    [{ userId, maxPendingPerUser: 0 }, /maxPendingPerUser takes a whole number above 0, got 0/],
    [{ userId, handlerTimeoutMs: -1 }, /handlerTimeoutMs takes a number of milliseconds above 0/],
    [{ userId, verdict: 'accepted' }, /verdict takes a function .*, got a string/],
    [{ userId, maxPending: -1 }, /maxPending takes a whole number above 0, got -1/],
    [{ userId, store: new Map() }, /store takes an object with the methods .*, got an object/],
    [{ userId, store: null }, /store takes .*, got null/],
    [{ userId, onError: 'log' }, /onError takes a function .*, got a string/],
    [{ userId, ttl: 5 }, /there is no option ttl; it takes userId, store, idField, ttlMs, max/],
  ];
  for (const [options, message] of cases) {
    assert.throws(() => createDeduplicator(options), { name: 'TypeError', message });
  }
  const once = createDeduplicator({ userId });
  assert.throws(() => once(undefined, () => {}), /socket takes a Socket.*, got undefined/);
  assert.throws(() => once({ id: 's' }, 'x'), /handler takes a function, got a string/);
});

test('over a real connection a message that arrives on two links is handled once', async (t) => {
  const server = http.createServer();
  const io_ = new Server(server);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => io_.close());
  const runs = [];
  const gate = deferred();
  const once = createDeduplicator({ userId: (socket) => socket.handshake.auth.user });
  io_.on('connection', (socket) => {
    const listener = once(socket, async (data) => {
      runs.push(data);
      await gate.promise;
      return { success: true, messageId: 1, bytes: Buffer.from([1, 2, 3]) };
    });
    socket.on('send_message', listener);
  });
  const options = { auth: { user: 'ann' }, forceNew: true, transports: ['websocket'] };
  const dial = () => {
    const client = io(`http://127.0.0.1:${server.address().port}`, options);
    t.after(() => client.disconnect());
    return client;
  };
  const lost = dial();
  lost.emit('send_message', { _tempId: 'a' }, () => assert.fail('that link is gone'));
  await new Promise((resolve) => lost.once('connect', resolve));
  while (runs.length === 0) await ticks();
  lost.disconnect();
  const repeats = [dial(), dial()].map((link) =>
    link.emitWithAck('send_message', { _tempId: 'a' }),
  );
  await ticks();
  gate.resolve();
  const expected = { success: true, messageId: 1, bytes: Buffer.from([1, 2, 3]) };
  assert.deepEqual(await Promise.all(repeats), [expected, expected]);
  assert.deepEqual(await dial().emitWithAck('send_message', { _tempId: 'a' }), expected);
  assert.deepEqual(runs, [{ _tempId: 'a' }]);
});

/** A deduplicator around `work`, with a record of what ran and of what was reported. */
function setup(work, options = {}) {
  const runs = [];
  const errors = [];
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value));
  const once = createDeduplicator({
    userId: (socket) => socket.user,
    onError: (error, context) => errors.push({ error, ...context }),
    ...given,
  });
  function handler(data, ack) {
    runs.push({ data });
    return work(data, ack);
  }
  /** A message of `user` on a connection of its own; resolves with the acknowledgement's arguments. */
  const call = (user, data) => {
    sockets += 1;
    return answerOf(once({ id: `socket${sockets}`, user }, handler), data);
  };
  return { once, handler, call, runs, errors };
}

/** `core` in so many objects. */
function nested(depth, core) {
  let value = core;
  for (let n = 0; n < depth; n += 1) value = { value };
  return value;
}

function answerOf(listener, ...args) {
  return new Promise((resolve) => listener(...args, (...reply) => resolve(reply)));
}

/** Lets everything happen that is due without a timer. */
async function ticks() {
  for (let n = 0; n < 5; n += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** What a store shared by several processes does, here in one. */
function sharedStore() {
  const entries = new Map();
  return {
    async claim(key) {
      const kept = entries.get(key);
      if (kept) return { status: 'done', ...kept };
      if (entries.has(key)) return { status: 'busy', retryAfterMs: 1 };
      entries.set(key, undefined);
      return { status: 'claimed' };
    },
    async complete(key, reply, _ttlMs, { fingerprint }) {
      entries.set(key, { reply, fingerprint });
    },
    async release(key) {
      entries.delete(key);
    },
  };
}

/** A store whose claims are answered when the test says so. */
function slowStore() {
  const gates = new Map();
  return {
    claim(key) {
      const gate = deferred();
      gates.set(JSON.parse(key)[2], gate);
      return gate.promise;
    },
    async complete() {},
    async release() {},
    open: (id) => gates.get(id).resolve({ status: 'claimed' }),
  };
}

let sockets = 0;
