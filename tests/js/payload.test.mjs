// Payloads arrive as with plain socket.io-client, and invalid ones are refused.

import assert from 'node:assert/strict';
import test from 'node:test';
import { runInNewContext } from 'node:vm';
import { io } from 'socket.io-client';
import { api, client, collectReports, send, settled, start, until } from './shell-kit.mjs';

class Money {
  constructor(cents) {
    this.cents = cents;
  }
  toJSON(key) {
    return { key, text: `${this.cents / 100}` };
  }
}

class Point {
  x = 1;
  #hidden = 2;
  get sum() {
    return this.x + this.#hidden;
  }
}

const bytes = Uint8Array.of(0, 1, 127, 128, 255);
const hidden = Object.defineProperty({ shown: 1 }, 'hidden', { value: 2, enumerable: false });
const own = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}');

/** Values that plain socket.io-client delivers: ours have to arrive as its do. */
const VALUES = {
  'plain data': { text: 'a', number: 1.5, yes: true, no: false, none: null, list: [1, [2, [3]]] },
  'what JSON leaves out': { undefined: undefined, fn() {}, [Symbol('s')]: 1, symbol: Symbol('v') },
  'what JSON writes as null': [undefined, () => 1, Symbol('s'), Number.NaN, Infinity, -Infinity],
  'odd numbers': [-0, 1e21, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER],
  dates: { at: new Date(86_400_000), invalid: new Date(Number.NaN) },
  toJSON: { price: new Money(150), list: [new Money(1)], gone: { toJSON: () => undefined } },
  'toJSON that answers something with a toJSON': { a: { toJSON: () => new Money(5) } },
  'a toJSON that is no function': { a: { toJSON: 5, b: 1 } },
  'boxed primitives': [new Number(1), new String('a'), new Boolean(false)],
  'maps and sets': { map: new Map([[1, 2]]), set: new Set([1]), weak: new WeakMap() },
  'class instances': { point: new Point(), regexp: /a/g, error: new Error('no field of it shows') },
  'what is not enumerable or inherited': { hidden, child: Object.create({ inherited: 1 }) },
  'no prototype': Object.assign(Object.create(null), { a: 1 }),
  'another realm': runInNewContext('({ list: [1, { a: 2 }], at: new Date(0) })'),
  'sparse lists': [Array(3), Object.assign([1], { extra: 2 })],
  'keys named like those of Object.prototype': { nested: own, toString: 'x', hasOwnProperty: 1 },
  unicode: { 'ключ 🔑': 'é\u0301 \u2028 \0 " \\ 👩‍👩‍👧', half: '\ud83d', '': 'empty key' },
  'one object in two places': ((shared) => ({ a: shared, b: [shared] }))({ c: 1 }),
  proxies: new Proxy({ a: 1 }, { get: (target, key) => (key === 'a' ? 2 : target[key]) }),
  buffers: { buffer: Buffer.from('abc'), list: [Buffer.alloc(0)] },
  'an ArrayBuffer': { data: bytes.slice().buffer },
  'typed arrays': {
    view: bytes.subarray(1, 4),
    floats: Float64Array.of(1.5),
    words: Int16Array.of(-2),
  },
  'a DataView on a part': { view: new DataView(bytes.slice().buffer, 1, 3) },
  'dates beside binary': { at: new Date(0), data: bytes, none: undefined },
  'a text alone': 'text',
  'a number alone': 7,
  'false alone': false,
  'null alone': null,
  'a list alone': [1, { a: 2 }],
  'binary alone': Buffer.from('alone'),
  'a date alone': new Date(0),
};

test('every kind of payload arrives as plain socket.io-client delivers it', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  server.hooks.message = ({ ack }) => ack();
  const raw = io(server.url, { transports: ['websocket'], forceNew: true });
  t.after(() => raw.disconnect());
  for (const [name, value] of Object.entries(VALUES)) {
    server.received.length = 0;
    await raw.emitWithAck('send_message', value);
    assert.equal((await settled(send(value))).success, true, name);
    const [expected, actual] = server.received.map(({ data }) => data);
    if (actual?._tempId !== undefined) {
      assert.match(actual._tempId, /^temp_[0-9a-f]{24}$/, name);
      delete actual._tempId;
    }
    assert.deepEqual(actual, expected, name);
  }
  assert.equal({}.polluted, undefined);
});

test('a waiting payload arrives as it was at the send', async (t) => {
  const server = await start(t);
  const data = { text: 'as sent', nested: { list: [1] }, bytes: bytes.slice(), at: new Date(0) };
  data.buffer = bytes.slice().buffer;
  const sent = send(data);
  data.text = 'changed';
  data.nested.list.push(2);
  data.bytes.fill(9);
  new Uint8Array(data.buffer).fill(9);
  data.at.setTime(1);
  data.added = true;
  api.initializeSocket('u1');
  await settled(sent);
  const [{ data: got }] = server.received;
  assert.deepEqual(
    { ...got, _tempId: undefined },
    {
      text: 'as sent',
      nested: { list: [1] },
      bytes: Buffer.from(bytes),
      buffer: Buffer.from(bytes),
      at: '1970-01-01T00:00:00.000Z',
      _tempId: undefined,
    },
  );
});

test("the caller's object is never written to, frozen ones go too", async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const data = Object.freeze({ text: 'a', nested: Object.freeze({ list: Object.freeze([1]) }) });
  const watched = new Proxy(data, {
    set: () => assert.fail('written'),
    defineProperty: () => assert.fail('defined'),
    deleteProperty: () => assert.fail('deleted'),
  });
  await settled(send(watched));
  assert.deepEqual(Object.keys(data), ['text', 'nested']);
  assert.equal(server.received[0].data.text, 'a');
});

const cycle = { name: 'a' };
cycle.self = cycle;
const list = [];
list.push([list]);
const revoked = (target = {}) => {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
};
const throwing = (error) => ({
  get text() {
    throw error;
  },
});
const deep = () => {
  let value = {};
  for (let depth = 0; depth < 50_000; depth += 1) value = { value };
  return value;
};

/** Values that can't be encoded, and what the error says. */
const REFUSED = {
  'a cycle': [cycle, /contains itself/],
  'a cycle of lists': [list, /contains itself/],
  'a toJSON that answers its parent': [{ toJSON: () => cycle }, /contains itself/],
  'a BigInt': [{ id: 1n }, /BigInt/],
  'a BigInt alone': [1n, /BigInt/],
  'a function': [() => 1, /function/],
  'a symbol': [Symbol('s'), /symbol/],
  undefined: [undefined, /undefined/],
  'a toJSON that answers nothing': [{ toJSON() {} }, /./],
  'a getter that throws': [throwing(new Error('out of reach')), /out of reach/],
  'a getter that throws no error': [throwing('just text'), /just text/],
  'a getter that throws what has no text': [throwing(Object.create(null)), /./],
  'a toJSON that throws': [{ a: { toJSON: () => assert.fail('broken toJSON') } }, /broken toJSON/],
  'a revoked proxy': [revoked(), /./],
  'a revoked proxy inside': [{ a: [revoked([])] }, /./],
  'a proxy that hides its keys': [
    new Proxy({}, { ownKeys: () => assert.fail('no keys for you') }),
    /no keys for you/,
  ],
  'a DOM node': [{ nodeType: 1, nodeName: 'DIV', ownerDocument: null }, /DOM node/],
  'something nested too deep': [deep(), /./],
};

test('a payload that cannot be encoded is refused, and the messages after it are sent', async (t) => {
  const reported = collectReports(t);
  const server = await start(t);
  for (const isReady of [false, true]) {
    for (const [name, [value, message]] of Object.entries(REFUSED)) {
      const { calls, final } = send(value);
      assert.equal(calls.length, 1, `${name}: told before sendMessage returned`);
      const result = await settled({ calls, final });
      assert.equal(result.success, false, name);
      assert.equal(result.error, 'INVALID_MESSAGE_PAYLOAD', name);
      assert.match(result.message, message, name);
      assert.equal(result.maybeDelivered, false, name);
      assert.match(result._tempId, /^temp_/, name);
    }
    const behind = send({ text: 'behind' });
    if (!isReady) {
      api.initializeSocket('u1');
      assert.equal(api.getMessageQueueLength(), 1);
    }
    assert.equal((await settled(behind)).success, true);
  }
  assert.equal(server.received.length, 2);
  assert.deepEqual(reported, []);
});

test('a refused payload keeps the id that its caller gave it', async (t) => {
  await start(t, { queue: { maxBytes: 100 } });
  for (const extra of [{ bad: 1n }, { bad: 'x'.repeat(200) }]) {
    const { _tempId } = await settled(send({ _tempId: 'mine', ...extra }));
    assert.equal(_tempId, 'mine');
  }
});

test('a payload larger than the queue is refused while it is read, whatever its content', async (t) => {
  await start(t, { queue: { maxBytes: 1000 } });
  const endless = new Proxy([], {
    get: (target, key) => (key === 'length' ? 2 ** 40 : Reflect.get(target, key)),
  });
  for (const value of [
    { text: 'x'.repeat(1000) },
    { text: '🔑'.repeat(250) },
    { bytes: new Uint8Array(1001) },
    { list: Array(1000).fill(0) },
    { ['k'.repeat(1000)]: 1 },
    endless,
  ]) {
    const result = await settled(send(value));
    assert.equal(result.error, 'PAYLOAD_TOO_LARGE');
    assert.match(result.message, /1000 bytes/);
  }
  const { calls } = send({ text: 'x'.repeat(900) });
  assert.equal(calls[0].queued, true);
  assert.equal((await settled(send({ text: 'x'.repeat(900) }))).error, 'QUEUE_FULL');
});

test('an id field that is no text or number is not used as id', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  for (const odd of [{ toString: 1, valueOf: 1 }, '', null]) {
    const result = await settled(send({ _tempId: odd, text: 'a' }));
    assert.equal(result.success, true);
    assert.match(result._tempId, /^temp_/);
  }
  await until(() => server.received.length === 3, 'all three arrive');
  assert.equal(new Set(server.received.map(({ id }) => id)).size, 3);
});

test('a numeric id stays a number, on the wire and for the caller', async (t) => {
  const server = await start(t);
  const sent = send({ _tempId: 17, text: 'a' });
  assert.equal(sent.calls[0]._tempId, 17);
  api.initializeSocket('u1');
  assert.equal((await settled(sent))._tempId, 17);
  assert.equal(server.received[0].data._tempId, 17);
});

test('a numeric id in the options works like one in the message', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const made = client(t, server, { userId: 'u1' });
  const first = made.send('send_message', { text: 'a', _tempId: 9 });
  await assert.rejects(made.send('send_message', { text: 'b' }, { id: 9 }), {
    code: 'DUPLICATE_ID',
  });
  const zero = made.send('send_message', { text: 'c' }, { id: 0 });
  assert.equal(zero.id, '0');
  assert.equal(made.cancel('0'), true);
  await assert.rejects(zero, { code: 'CANCELLED' });
  made.connect();
  await first;
});
