// The deduplicator of holdfast/server: with bare sockets, where time and order are in the test's hands,
// and at the end with a real Socket.IO server and client.

import assert from 'node:assert/strict';
import http from 'node:http';
import test from 'node:test';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import { createDeduplicator } from '../../pkg/esm/server.mjs';
import { deferred } from '../support/until.mjs';

test('a repeat gets the stored acknowledgement and runs nothing', async () => {
  const { call, runs } = setup((data) => ({ success: true, text: data.text, list: [1, null] }));
  const first = await call('ann', { _tempId: 'a', text: 'hello' });
  assert.deepEqual(first, [{ success: true, text: 'hello', list: [1, null] }]);
  assert.deepEqual(await call('ann', { _tempId: 'a', text: 'hello' }), first);
  assert.equal(runs.length, 1);
});

test('every argument of an acknowledgement is kept, binary too, as it was when it was given', async () => {
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

test('an acknowledgement with nothing in it is kept as well', async () => {
  const { call, runs } = setup((_data, ack) => ack());
  assert.deepEqual(await call('ann', { _tempId: 'a' }), []);
  assert.deepEqual(await call('ann', { _tempId: 'a' }), []);
  assert.equal(runs.length, 1);
});

test('ids are the users own: the same id of another user is another message', async () => {
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

test('a user is the same by number, bigint, text or an id object', async () => {
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

test('a user whose name is a connection does not reach what is kept for that connection', async () => {
  const { once, runs, handler } = setup(() => ({ success: true }));
  await answerOf(once({ id: 'socket1', user: undefined }, handler), { _tempId: 'a' });
  await answerOf(once({ id: 'socket2', user: 'socket1' }, handler), { _tempId: 'a' });
  assert.equal(runs.length, 2);
});

test('a userId that throws or answers no id is reported, and nothing runs', async () => {
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

test('a repeat while the first is at work waits for it and gets its answer', async () => {
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

test('a first connection that is gone, or throws, does not keep the waiting repeat from its answer', async () => {
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

test('a handler that throws or rejects answers an error to try again, says nothing of it, keeps nothing', async () => {
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

test('the repeats that waited for a failure get it, and the next one runs', async () => {
  const gate = deferred();
  const { call, runs } = setup(() => (runs.length === 1 ? gate.promise : { success: true }));
  const answers = [call('ann', { _tempId: 'a' }), call('ann', { _tempId: 'a' })];
  gate.reject(new Error('down'));
  for (const [reply] of await Promise.all(answers)) assert.equal(reply.code, 'INTERNAL_ERROR');
  assert.deepEqual(await call('ann', { _tempId: 'a' }), [{ success: true }]);
});

test('a refusal is not kept, whatever its code: the repeat runs the handler again', async () => {
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

test('of an error-first answer the second part is judged', async () => {
  for (const [reply, runsAfterRepeat] of [
    [[null, { success: false }], 2],
    [[undefined, { error: 'x' }], 2],
    [[null, { ok: true }], 1],
    [[null], 1],
  ]) {
    const { call, runs } = setup((_data, ack) => ack(...reply));
    await call('ann', { _tempId: 'a' });
    assert.deepEqual(await call('ann', { _tempId: 'a' }), [...reply]);
    assert.equal(runs.length, runsAfterRepeat);
  }
});

test('what the client takes for an acceptance is kept', async () => {
  const acceptances = [
    { error: 'seen before', code: 'DUPLICATE_MESSAGE' },
    { success: false, error: 'DUPLICATE_MESSAGE' },
    { error: null, ok: true },
    { status: 'ok' },
    'saved',
    null,
    0,
    false,
  ];
  for (const acceptance of acceptances) {
    const { call, runs } = setup(() => acceptance);
    await call('ann', { _tempId: 'a' });
    assert.deepEqual(await call('ann', { _tempId: 'a' }), [acceptance]);
    assert.equal(runs.length, 1);
  }
});

test('of an acknowledgement and a returned value the first counts', async () => {
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

test('a handler that returned and never answers is reported and given up after a minute', async (t) => {
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

test('a handler still at work is never given up', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const gate = deferred();
  const { call, runs } = setup(() => gate.promise);
  const answer = call('ann', { _tempId: 'a' });
  await ticks();
  t.mock.timers.tick(86_400_000);
  const repeat = call('ann', { _tempId: 'a' });
  await ticks();
  assert.equal(runs.length, 1);
  gate.resolve(null);
  assert.deepEqual([await answer, await repeat], [[null], [null]]);
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

test('an answer that cannot be sent is a failure of the handler', async () => {
  const cycle = {};
  cycle.self = cycle;
  for (const reply of [{ n: 1n }, cycle]) {
    const { call, errors } = setup(() => reply);
    assert.equal((await call('ann', { _tempId: 'a' }))[0].code, 'INTERNAL_ERROR');
    assert.equal(errors[0].at, 'handler');
  }
});

test('data without an id runs every time', async () => {
  const { call, runs } = setup(() => ({ success: true }));
  for (const data of [undefined, null, 'text', 5, [], {}, { _tempId: null }, Buffer.from('x')]) {
    runs.length = 0;
    assert.deepEqual(await call('ann', data), [{ success: true }]);
    assert.deepEqual(await call('ann', data), [{ success: true }]);
    assert.equal(runs.length, 2);
    assert.equal(runs[0].data, data);
  }
});

test('an id that is no number and no text of 1 to 200 characters is refused for good, and nothing runs', async () => {
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

test('a number as an id is deduplicated like its text', async () => {
  const { call, runs } = setup(() => ({ success: true }));
  await call('ann', { _tempId: 1_795_442_938_211 });
  await call('ann', { _tempId: '1795442938211' });
  assert.equal(runs.length, 1);
});

test('a client that asks for no acknowledgement is deduplicated too, and breaks nothing', async () => {
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

test('arguments of a hostile client do not reach the place of ack', async () => {
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

test('another field can be the id, and this is the socket', async () => {
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

test('the memory is bounded, and what was not asked for the longest goes first', async () => {
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

test('an answer is kept for ttlMs after it was last asked for', async (t) => {
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

test('work in progress outlives any number of newer answers', async () => {
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

test('beyond maxPending a call is asked to come back, and the places are given back', async () => {
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

test('a socket keeps the order of its messages, however the store takes its time', async () => {
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

test('a handler at work holds up nobody behind it', async () => {
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

test('when the other process fails, the one that waited does the work', async () => {
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

test('a store that fails is reported: before the work nothing runs, after it the answer stands', async () => {
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

test('an onError that throws disturbs nothing', async (t) => {
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
  assert.equal(printed.mock.callCount(), 1);
});

test('without onError a failure is printed', async (t) => {
  const printed = t.mock.method(console, 'error', () => {});
  const once = createDeduplicator({ userId: () => 'ann' });
  const error = new Error('printed');
  await answerOf(
    once({ id: 's' }, () => Promise.reject(error)),
    { _tempId: 'a' },
  );
  assert.equal(printed.mock.calls[0].arguments[1], error);
});

test('misuse throws a TypeError that names the option, what it got and what it takes', () => {
  const userId = () => 'ann';
  const store = sharedStore();
  const cases = [
    [undefined, /options takes an object with userId.*got undefined/],
    [{}, /userId takes a function \(socket\) => id, got undefined/],
    [{ userId: 'ann' }, /userId takes .*, got "ann"/],
    [{ userId, idField: '' }, /idField takes the name of a property, got ""/],
    [{ userId, ttlMs: 0 }, /ttlMs takes a number of milliseconds above 0, got 0/],
    [{ userId, ttlMs: Number.NaN }, /ttlMs takes .*, got NaN/],
    [{ userId, max: 1.5 }, /max takes a whole number above 0, got 1.5/],
    [{ userId, max: 5, store }, /max takes nothing beside store.*, got 5/],
    [{ userId, maxPending: -1 }, /maxPending takes a whole number above 0, got -1/],
    [{ userId, store: new Map() }, /store takes an object with the methods .*, got \[object Map\]/],
    [{ userId, store: null }, /store takes .*, got null/],
    [{ userId, onError: 'log' }, /onError takes a function .*, got "log"/],
    [{ userId, ttl: 5 }, /there is no option ttl; it takes userId, store, idField, ttlMs, max/],
  ];
  for (const [options, message] of cases) {
    assert.throws(() => createDeduplicator(options), { name: 'TypeError', message });
  }
  const once = createDeduplicator({ userId });
  assert.throws(() => once(undefined, () => {}), /socket takes a Socket.*, got undefined/);
  assert.throws(() => once({ id: 's' }, 'x'), /handler takes a function, got "x"/);
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
      const reply = entries.get(key);
      if (reply) return { status: 'done', reply };
      if (entries.has(key)) return { status: 'busy', retryAfterMs: 1 };
      entries.set(key, undefined);
      return { status: 'claimed' };
    },
    async complete(key, reply) {
      entries.set(key, reply);
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
