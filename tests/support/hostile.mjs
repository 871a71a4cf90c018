// Invalid and malicious values, generated from a seed, in Node and in a page.

import { createRandom } from '../chaos/schedule.mjs';

/** The values that getters and traps throw. Reading some of them throws again. */
const THROWN = [
  () => new Error('hostile'),
  () => null,
  () => undefined,
  () => Symbol('hostile'),
  () => revoked({}),
  () => revoked(() => {}),
  () => nasty(() => {}),
  () => Object.assign(new Error('hostile'), { message: Symbol('hostile') }),
  () => Object.defineProperty(new Error('hostile'), 'message', { get: thrower() }),
  () => Object.defineProperty(new Error('hostile'), 'stack', { get: thrower() }),
  () => Object.create(null),
  () => ({ message: {}, code: {} }),
  () => ({ toString: thrower(), message: 1n }),
];

let throws = 0;

/** A function that throws. Each call throws the next value of the list. */
function thrower() {
  return () => {
    throws += 1;
    throw THROWN[throws % THROWN.length]();
  };
}

function revoked(target) {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

/** A proxy of which every trap throws. */
function nasty(target) {
  return new Proxy(target, new Proxy({}, { get: () => thrower() }));
}

/** Property names that the code under test may read from a value. */
const NAMES = [
  ...['_tempId', 'id', '_id', 'userId', 'recipientId', 'token', 'isAuthReady', 'message', 'code'],
  ...['error', 'success', 'retryAfterMs', 'then', 'toJSON', 'toString', 'valueOf', 'length'],
  ...['constructor', 'nodeType', 'addEventListener', 'aborted', 'signal', 'notification', 'on'],
  ...['eval', 'claim', 'url', 'stack', 'name', 'data', 'query', 'children'],
  ...[Symbol.iterator, Symbol.toPrimitive, Symbol.toStringTag, Symbol.asyncIterator],
];

function withGetters(target, get) {
  for (const name of NAMES) {
    Object.defineProperty(target, name, { get, enumerable: typeof name === 'string' });
  }
  return target;
}

function nested(depth, wrap) {
  let value = 'core';
  for (let n = 0; n < depth; n += 1) value = wrap(value);
  return value;
}

function cycle(value, key) {
  value[key] = value;
  return value;
}

function detached(view) {
  structuredClone(view.buffer ?? view, { transfer: [view.buffer ?? view] });
  return view;
}

/** A view whose buffer has shrunk below the view's offset. */
function outOfBounds() {
  const buffer = new ArrayBuffer(16, { maxByteLength: 16 });
  const view = new DataView(buffer, 8, 8);
  buffer.resize?.(4);
  return view;
}

class Private {
  #secret = 1;
  get secret() {
    return this.#secret;
  }
  toJSON() {
    return this.#secret;
  }
}

/** An entry for values that exist only in some environments. */
const optional = (name, make) => (name in globalThis ? [[name, make]] : []);

/** All hostile values by name; each call makes a new one. @type {[string, () => unknown][]} */
export const HOSTILE = [
  ['undefined', () => undefined],
  ['null', () => null],
  ...[Number.NaN, Infinity, -Infinity, -0, -1, 0.5, 1e300, 5e-324, 2 ** 31, 2 ** 53, 8.64e15].map(
    (number) => [`${Object.is(number, -0) ? '-0' : number}`, () => number],
  ),
  ['true', () => true],
  ...['', ' ', '\0', '\ud800', 'a\udc00b', '__proto__', 'constructor', 'hasOwnProperty'].map(
    (text) => [JSON.stringify(text), () => text],
  ),
  ['a long text', () => 'x'.repeat(2 ** 17)],
  ['a huge text', () => '\u0001'.repeat(2 ** 21)],
  ['a text over every limit', () => 'é'.repeat(5_100_000)],
  ['a symbol', () => Symbol('hostile')],
  ['a bigint', () => 10n ** 30n],
  ['a function that throws', () => thrower()],
  ['a class', () => class Hostile {}],
  ['a function that answers one that throws', () => () => thrower()],
  ['a function that answers a nasty proxy', () => () => nasty({})],
  ['a function that answers a symbol', () => () => Symbol('hostile')],
  ['a function that answers a hostile span', () => () => ({ retryAfterMs: Symbol('hostile') })],
  ['a function without a prototype', () => Object.setPrototypeOf(() => {}, null)],
  ['a revoked proxy', () => revoked({})],
  ['a revoked function', () => revoked(() => {})],
  ['a revoked list', () => revoked([])],
  ['a nasty proxy', () => nasty({})],
  ['a nasty function', () => nasty(() => {})],
  ['a nasty list', () => nasty([])],
  ['a list that is nasty inside', () => [nasty({}), revoked([])]],
  [
    'a proxy that has everything',
    () => {
      const all = new Proxy(() => all, { get: (_, key) => (key === 'length' ? 3 : all) });
      return all;
    },
  ],
  [
    'a proxy that lists keys without end',
    () => new Proxy({}, { ownKeys: () => ['a', 'b'], get: (_target, _key, self) => self }),
  ],
  ['getters that throw', () => withGetters({}, thrower())],
  ['getters of a function that throw', () => withGetters(() => {}, thrower())],
  [
    'getters that change',
    () => {
      let n = 0;
      return withGetters({}, () => [thrower(), 1n, 'text', null, {}, () => {}][n++ % 6]);
    },
  ],
  ['an object that is itself', () => cycle({}, 'self')],
  ['a list that is itself', () => cycle([], 0)],
  ['an error that is its cause', () => cycle(new Error('hostile'), 'cause')],
  ['deep lists', () => nested(100_000, (value) => [value])],
  ['deep objects', () => nested(100_000, (value) => ({ value }))],
  // Depths at which one of the recursive readers overflows its stack while the others do not.
  ...[500, 1500, 2500, 3500, 4500, 6000, 8000].map((depth) => [
    `objects ${depth} deep`,
    () => nested(depth, (value) => ({ value })),
  ]),
  ['toJSON that throws', () => ({ toJSON: thrower() })],
  ['toJSON that answers itself', () => cycle({ toJSON: () => ({}) }, 'self')],
  ['toJSON that answers a bigint', () => ({ toJSON: () => 1n })],
  ['toJSON without end', () => ({ toJSON: () => ({ more: { toJSON: thrower() } }) })],
  ['valueOf that throws', () => ({ valueOf: thrower() })],
  ['toString that throws', () => ({ toString: thrower() })],
  ['toPrimitive that throws', () => ({ [Symbol.toPrimitive]: thrower() })],
  ['toPrimitive that answers no primitive', () => ({ [Symbol.toPrimitive]: () => ({}) })],
  ['a number that throws', () => Object.assign(Object(1), { valueOf: thrower() })],
  ['a symbol in a box', () => Object(Symbol('hostile'))],
  ['a bigint in a box', () => Object(1n)],
  // biome-ignore-start lint/suspicious/noThenProperty: the test needs hostile thenables
  ['a thenable that throws', () => ({ then: thrower() })],
  ['a thenable that cannot be read', () => Object.defineProperty({}, 'then', { get: thrower() })],
  ['a thenable that says everything', () => ({ then: (yes, no) => [yes(nasty({})), no(1n)] })],
  ['a thenable that refuses hostilely', () => ({ then: (_, no) => no(revoked({})) })],
  ['a thenable that never answers', () => ({ then() {} })],
  // biome-ignore-end lint/suspicious/noThenProperty: as above
  ['a sparse list', () => Object.assign([1], { length: 1000 })],
  ['a list that is mostly holes', () => Object.assign([], { length: 2 ** 22 })],
  ['a list with names', () => Object.assign([1], { name: 'x', '-1': thrower() })],
  ['own __proto__', () => JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}')],
  ['no prototype', () => Object.create(null)],
  ['no prototype, frozen', () => Object.freeze(Object.assign(Object.create(null), { a: [1] }))],
  ['frozen', () => Object.freeze({ recipientId: 'eve', list: Object.freeze([1]) })],
  ['a class instance', () => new Private()],
  ['a class instance without its class', () => Object.create(Private.prototype)],
  ['no date', () => new Date(Number.NaN)],
  ['a map', () => new Map([[{}, thrower()]])],
  ['a promise', () => new Promise(() => {})],
  ['a regular expression', () => /hostile/g],
  ['the global object', () => globalThis],
  ['an ArrayBuffer', () => new ArrayBuffer(3)],
  ['a detached ArrayBuffer', () => detached(new ArrayBuffer(3))],
  ['a detached list of bytes', () => detached(new Uint8Array(3))],
  ['a detached DataView', () => detached(new DataView(new ArrayBuffer(3)))],
  ['a DataView out of bounds', outOfBounds],
  ['big integers in a view', () => new BigInt64Array(2)],
  ['what claims to be bytes', () => Object.create(Uint8Array.prototype)],
  ['what claims to be a Blob', () => Object.create(Blob.prototype)],
  ['a Blob', () => new Blob(['hostile'])],
  ...optional('SharedArrayBuffer', () => new SharedArrayBuffer(3)),
  ...optional('SharedArrayBuffer', () => new Uint8Array(new SharedArrayBuffer(3))),
  ...optional('File', () => new File(['hostile'], 'hostile.txt')),
  ...optional('document', () => document.createElement('p')),
  ...optional('ImageData', () => new ImageData(2, 2)),
  ['what claims to be a node', () => ({ nodeType: 1, nodeName: 'P' })],
  ['a node that cannot be read', () => Object.defineProperty({}, 'nodeType', { get: thrower() })],
  ['an aborted signal', () => AbortSignal.abort()],
  ['a signal that throws', () => ({ aborted: false, addEventListener: thrower() })],
  ['half a signal', () => ({ aborted: false, addEventListener() {} })],
  [
    'a signal that aborts in the midst',
    () => ({ addEventListener: (_, abort) => abort(), removeEventListener: thrower() }),
  ],
];

const ODD_KEYS = ['__proto__', 'constructor', 'toString', 'toJSON', 'then', 'length', '\ud800', ''];

/** The claims of a token; all of them are valid JSON. @type {[string, () => any][]} */
const CLAIMS = [
  ...[null, true, false, 0, -1, 1e308, '', ' ', '\0', '\ud800', '__proto__', 'constructor'],
  ...[
    'toString',
    'prototype',
    'auth0|7f31',
    'Zoë ✓ 🔑',
    '\u202e',
    '../..',
    '%00',
    '[object Object]',
  ],
].map((value) => [JSON.stringify(value), () => value]);
CLAIMS.push(
  ['a list', () => ['alice']],
  ['no list', () => []],
  ['an object', () => ({ id: 'alice' })],
  ['an object with toString', () => ({ toString: 'alice' })],
  ['a huge text', () => 'é'.repeat(2 ** 16)],
  ['a deep list', () => nested(500, (value) => [value])],
);
const SUBJECTS = ['userId', 'sub', 'id', '__proto__', 'constructor'];

/** A token with hostile claims, or an invalid token. @param {ReturnType<typeof createRandom>} random */
function hostileToken(random) {
  const [name, make] = CLAIMS[random.below(CLAIMS.length)];
  const subject = SUBJECTS[random.below(SUBJECTS.length)];
  const claims = Object.defineProperty({}, subject, { value: make(), enumerable: true });
  const text = JSON.stringify(random.chance(0.8) ? claims : make());
  const encoded = base64Url(text);
  const forms = {
    whole: `e30.${encoded}.c2ln`,
    'two parts': `e30.${encoded}`,
    'many parts': `e30.${encoded}.${'.a'.repeat(100)}`,
    cut: `e30.${encoded.slice(0, Math.floor(encoded.length / 2))}.c2ln`,
    'no base64': `e30.${text}.c2ln`,
    'bytes that are no text': 'e30.gICA_w.c2ln',
    bare: text,
    empty: '..',
  };
  const names = ['whole', 'whole', 'whole', 'whole', ...Object.keys(forms)];
  const form = names[random.below(names.length)];
  return { name: `${form}, ${subject}: ${name}`, value: forms[form] };
}

/** Text as UTF-8 in base64url, in Node and in a page. */
function base64Url(text) {
  const bytes = new TextEncoder().encode(text);
  let letters = '';
  for (const byte of bytes) letters += String.fromCharCode(byte);
  return btoa(letters).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
}

/** Namespaces for packets. A packet for a namespace that the client did not ask for must have no effect. */
const NAMESPACES = ['/a', '/__proto__', '/ ', '/holdfast', '/constructor', '//', '/a?b=c', '/ü'];
/** Packet data that the parser accepts for each type. Other data ends the connection. */
const OBJECTS = ['', '{}', '{"message":"Invalid namespace"}', '{"sid":"forged"}'];
OBJECTS.push('{"sid":{"a":[1]}}', '{"message":{"message":1}}', '{"__proto__":{"polluted":true}}');
OBJECTS.push(
  '{"message":"Unable to connect","data":{"final":true}}',
  `{"a":"${'x'.repeat(50_000)}"}`,
);
const SAID = {
  0: OBJECTS,
  1: [''],
  4: [...OBJECTS, '"Invalid namespace"', '""', `"${'x'.repeat(50_000)}"`],
};

/**
 * A CONNECT, DISCONNECT or CONNECT_ERROR packet, as text.
 *
 * @param {ReturnType<typeof createRandom>} random
 * @param {string[]} names the namespaces in use
 */
function hostilePacket(random, names) {
  const all = [...NAMESPACES, ...names, ...names];
  const name = all[random.below(all.length)];
  const type = /** @type {const} */ ([0, 1, 4])[random.below(3)];
  return `${type}${name},${SAID[type][random.below(SAID[type].length)]}`;
}

/** A generator of hostile input. @param {number} seed */
export function createHostile(seed) {
  const random = createRandom(seed);

  /** One of `HOSTILE`, with its name. @returns {{ name: string, value: any }} */
  const pick = () => {
    const [name, make] = HOSTILE[random.below(HOSTILE.length)];
    return { name, value: make() };
  };

  /**
   * A copy of a valid value in which one part, at any depth, is replaced by a hostile value.
   *
   * @param {any} valid
   * @returns {{ name: string, value: any }}
   */
  const spoil = (valid) => {
    const isOpen =
      Array.isArray(valid) || (valid && Object.getPrototypeOf(valid) === Object.prototype);
    if (!isOpen || random.chance(0.2)) return pick();
    const copy = Array.isArray(valid) ? [...valid] : { ...valid };
    const keys = Object.keys(copy);
    // Sometimes a new key is added.
    const isNew = keys.length === 0 || random.chance(0.15);
    const key = isNew ? ODD_KEYS[random.below(ODD_KEYS.length)] : keys[random.below(keys.length)];
    const { name, value } = spoil(copy[key]);
    if (Array.isArray(copy) && isNew) copy.push(value);
    else Object.defineProperty(copy, key, { value, enumerable: true, configurable: true });
    return { name: `${key}: ${name}`, value: copy };
  };

  return {
    random,
    pick,
    spoil,
    token: () => hostileToken(random),
    packet: (/** @type {string[]} */ names) => hostilePacket(random, names),
    /**
     * Either only hostile arguments, or the valid arguments with one of them spoiled.
     *
     * @param {unknown[]} valid
     * @returns {{ name: string, args: any[] }}
     */
    argsFor(valid) {
      if (valid.length === 0 || random.chance(0.3)) {
        const all = Array.from({ length: random.below(4) }, pick);
        return {
          name: all.map(({ name }) => name).join(', '),
          args: all.map(({ value }) => value),
        };
      }
      const at = random.below(valid.length);
      const { name, value } = spoil(valid[at]);
      return { name: `[${at}] ${name}`, args: valid.with(at, value) };
    },
  };
}

/** Lets a server acknowledge every event, and save the messages with a mark. */
export function answerAll(server) {
  server.hooks.message = ({ data, ack, save }) =>
    ack(data?.mark === undefined ? { success: true } : save());
  server.io.on('connection', (socket) =>
    socket.onAny((event, ...args) => {
      const ack = args.at(-1);
      if (event !== 'send_message' && typeof ack === 'function') ack({ success: true });
    }),
  );
  return server;
}

/** Messages of errors that JavaScript or WebAssembly itself throws, because the package did not check a value. */
const RAW =
  /Cannot |is not (a function|iterable|a constructor|defined|an object)|of (undefined|null)|unreachable|wasm|memory access|recursive use|null pointer|Maximum call stack|Invalid (array|string|time)|detached|Class constructor/;

/**
 * Explains why a thrown error does not tell the reader what to do. Returns undefined if it does.
 *
 * @param {any} error
 * @returns {string | undefined}
 */
export function faultOf(error) {
  let text;
  try {
    const { name, message } = error;
    text = `${name}: ${message}`;
    if (!(error instanceof Error)) return `it is no error: ${text}`;
  } catch {
    return 'it cannot even be read';
  }
  // The text after the package's own words may come from the app.
  const [own] = error.message.split(/: | got /);
  if (RAW.test(own)) return `it is the language's own: ${text}`;
  if (/^Error: hostile/.test(text)) return `it is the value's own: ${text}`;
  return error.message.length < 10 ? `it says nothing: ${text}` : undefined;
}
