// The options: accepted values, defaults, and how wrong values are refused.

import assert from 'node:assert/strict';
import test from 'node:test';
import { api, createClient, freshModule, HoldfastError, makeClient } from './shell-kit.mjs';

const URL = 'http://127.0.0.1:9';

/** The table of docs/options.md, without what is a function. */
const DEFAULTS = {
  io: {},
  authTimeoutMs: 5000,
  join: { event: 'join', confirm: 'room:joined', reject: 'room:error', fallbackMs: 3000 },
  send: {
    event: 'send_message',
    idField: '_tempId',
    ackTimeoutMs: 10_000,
    retries: 3,
    backoffMs: 1000,
    backoffMaxMs: 30_000,
    window: 1024,
    windowBytes: 1_000_000,
    strict: false,
    final: [],
  },
  health: { event: 'ping', args: [], intervalMs: 15_000, timeoutMs: 30_000, probeMs: 5000 },
  presence: {
    list: ['online_users'],
    online: ['user_online'],
    offline: ['user_offline'],
    update: ['presence:update'],
    request: ['get_online_users'],
  },
  events: {
    message: ['message:new'],
    sent: ['message:sent'],
    failed: [],
    typing: ['typing', 'user_typing'],
    friendRequest: ['friend_request_received', 'friendRequestReceived'],
    friendAccepted: ['friend_request_accepted', 'friendRequestAccepted'],
    typingExpiryMs: 5000,
  },
  queue: { capacity: 10_000, maxBytes: 10_000_000, ttlMs: 86_400_000, storage: 'indexeddb' },
  reconnect: {
    minMs: 1000,
    maxMs: 30_000,
    spreadMs: 3000,
    stableMs: 5000,
    connectTimeoutMs: 20_000,
    upgradeTimeoutMs: 5000,
  },
  dedupe: { size: 1000 },
  receipts: true,
  feed: true,
  ways: {},
  session: [],
  connectedMeans: 'link',
};

/** What stays of a group without its functions and what has no default. */
const plain = (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).filter(
    ([, item]) => typeof item !== 'function' && item !== undefined,
  );
  return Object.fromEntries(entries.map(([name, item]) => [name, plain(item)]));
};

function settings(t, options = {}) {
  const made = makeClient({ url: URL, ...options });
  t.after(() => made.destroy());
  return made.settings();
}

test('the defaults are exactly those of the table', (t) => {
  const { url, auth, logger, ...rest } = settings(t);
  assert.equal(url, URL);
  assert.equal(typeof logger.warn, 'function');
  assert.deepEqual(plain(rest), DEFAULTS);
});

test('an undefined option counts as not given', (t) => {
  const unsaid = (defaults) =>
    Object.fromEntries(
      Object.entries(defaults).map(([name, value]) => {
        const isGroup = typeof value === 'object' && !Array.isArray(value);
        return [name, isGroup && Object.keys(value).length > 0 ? unsaid(value) : undefined];
      }),
    );
  const { url, auth, logger, ...rest } = settings(t, unsaid(DEFAULTS));
  assert.deepEqual(plain(rest), DEFAULTS);
});

test('the default functions do what the table says', (t) => {
  const { join, send, dedupe } = settings(t);
  assert.equal(join.payload('u1'), 'u1');
  for (const name of ['recipientId', 'conversationId', 'roomId', 'groupChatId']) {
    assert.equal(send.lane({ [name]: name }), name);
  }
  assert.equal(send.lane({ conversationId: 2, recipientId: 1 }), 1);
  for (const data of [undefined, null, 'text', {}]) assert.equal(send.lane(data), undefined);
  assert.equal(dedupe.id({ _id: 1, id: 2 }), 1);
  assert.equal(dedupe.id({ id: 2 }), 2);
  assert.equal(dedupe.id(null), undefined);
});

test('the default credentials are the token of the page, read at each attempt', (t) => {
  const { auth } = settings(t);
  assert.deepEqual(auth(), {}, 'where there is no storage');
  const before = Object.getOwnPropertyDescriptor(globalThis, 'localStorage');
  t.after(() => {
    delete globalThis.localStorage;
    if (before) Object.defineProperty(globalThis, 'localStorage', before);
  });
  const storage = (value) =>
    Object.defineProperty(globalThis, 'localStorage', { configurable: true, ...value });
  let token = 'one';
  storage({ value: { getItem: (name) => (name === 'token' ? token : null) } });
  assert.deepEqual(auth(), { token: 'one' });
  token = 'two';
  assert.deepEqual(auth(), { token: 'two' });
  token = null;
  assert.deepEqual(auth(), {});
  storage({
    get() {
      throw new Error('storage is blocked');
    },
  });
  assert.deepEqual(auth(), {});
});

test('a single name is accepted instead of a list of names', (t) => {
  const { presence, events } = settings(t, {
    presence: { list: ['getOnlineUsers', 'online_users'], update: [] },
    events: { message: 'newMessage' },
  });
  assert.deepEqual(presence.list, ['getOnlineUsers', 'online_users']);
  assert.deepEqual(presence.update, []);
  assert.deepEqual(events.message, ['newMessage']);
  assert.deepEqual(events.sent, ['message:sent'], 'the others of its group keep their defaults');
});

test('only join, health and presence can be switched off as a whole', (t) => {
  const off = settings(t, { join: false, health: false, presence: false });
  for (const group of ['join', 'health', 'presence']) assert.equal(off[group], null);
  for (const group of ['io', 'send', 'events', 'queue', 'reconnect', 'dedupe']) {
    refused({ [group]: false }, group, 'false', 'an object');
    refused({ [group]: null }, group, 'null', 'an object');
  }
});

/** Each kind of option: path, a value that is refused, how it is shown, and what is said to be right. */
const WRONG = [
  ['url', 5, '5', 'a string that is not empty'],
  ['url', '', 'an empty string', 'a string that is not empty'],
  ['io', [1], 'a list', 'an object'],
  ['io', null, 'null', 'an object'],
  ['authTimeoutMs', 0, '0', 'a whole number of milliseconds from 1 to 2147483647'],
  ['authTimeoutMs', 1.5, '1.5', 'a whole number of milliseconds'],
  ['authTimeoutMs', '5000', 'a string', 'a whole number of milliseconds'],
  ['authTimeoutMs', Number.NaN, 'NaN', 'a whole number of milliseconds'],
  ['authTimeoutMs', 2 ** 31, '2147483648', 'a whole number of milliseconds'],
  ['userId', Number.NaN, 'NaN', 'a string, a number or a function'],
  ['userId', {}, 'an object', 'a string, a number or a function'],
  ['join', 'join', 'a string', 'an object'],
  ['join.event', '', 'an empty string', 'a string, or null for none'],
  ['join.payload', 'me', 'a string', 'a function'],
  ['join.confirm', null, 'null', 'a string that is not empty'],
  ['send.retries', -1, '-1', 'a whole number of retries from 0 to 1000'],
  ['send.backoffMs', -1, '-1', 'a whole number of milliseconds from 0'],
  ['send.window', 0, '0', 'a whole number of messages from 1 to 100000'],
  ['send.windowBytes', Number.POSITIVE_INFINITY, 'Infinity', 'a whole number of bytes'],
  ['send.lane', 'recipientId', 'a string', 'a function'],
  ['send.strict', 'yes', 'a string', 'true or false'],
  ['send.final', 'CODE', 'a string', 'a list'],
  ['send.verdict', {}, 'an object', 'a function'],
  ['health.args', {}, 'an object', 'a list'],
  ['health.intervalMs', () => 1, 'a function', 'a whole number of milliseconds'],
  ['presence.list', 7, '7', 'a name or a list of names'],
  ['presence.list', ['a', ''], 'a list', 'a name or a list of names'],
  ['events.typing', [1], 'a list', 'a name or a list of names'],
  ['queue.capacity', 1_000_001, '1000001', 'a whole number of messages from 1 to 1000000'],
  ['queue.storage', 'disk', 'a string', 'one of: indexeddb, memory'],
  ['reconnect.onRejected', true, 'true', 'a function'],
  ['reconnect.onServerDisconnect', 'stop', 'a string', 'a function'],
  ['dedupe.size', -1, '-1', 'a whole number of messages from 0'],
  ['connectedMeans', 'yes', 'a string', 'one of: link, accepting'],
  ['onForceLogout', {}, 'an object', 'a function'],
  ['onError', 'log', 'a string', 'a function'],
  ['logger', { warn() {} }, 'an object', 'an object with the functions warn and debug, or null'],
  ['logger', Symbol('x'), 'a symbol', 'an object with the functions warn and debug'],
];

test('a wrong option is refused with its path, the received value and the accepted values', () => {
  for (const [path, value, got, takes] of WRONG) {
    const [group, name] = path.split('.');
    refused(name ? { [group]: { [name]: value } } : { [group]: value }, path, got, takes);
  }
});

test('an unknown name is refused with a list of the known names', () => {
  refused({ retires: 3 }, 'retires', '3', 'no such option: there are url, io, auth');
  refused({ send: { retry: 3 } }, 'send.retry', '3', 'no such option: there are event, idField');
  refused({ toString: 1 }, 'toString', '1', 'no such option');
  refused({ ['__proto__']: 1 }, '__proto__', '1', 'no such option');
});

test('contradicting options, and values that are no options object, are refused', () => {
  refused({ reconnect: { minMs: 9, maxMs: 8 } }, 'reconnect.minMs', '9', 'at most reconnect.maxMs');
  for (const options of [null, 5, 'url', []]) {
    assert.throws(() => createClient(options), /^HoldfastError: Option options got .* an object$/);
  }
});

test('a refused string is not quoted, because it may be a secret', () => {
  const secret = 'a secret text';
  for (const options of [{ token: secret }, { url: [secret] }, { send: secret }, secret]) {
    assert.throws(
      () => createClient(options),
      ({ message }) => !message.includes(secret),
    );
  }
});

test('configureSocket refuses like createClient, and keeps its existing client', (t) => {
  freshModule(t);
  api.configureSocket({ url: URL });
  const socket = api.getSocket();
  for (const url of [URL, 'http://127.0.0.1:10']) {
    assert.throws(() => api.configureSocket({ url, send: { retries: 'no' } }), {
      code: 'INVALID_OPTION',
    });
    assert.equal(api.getSocket(), socket);
  }
});

test('options that conflict with the engine are reported and not passed on', (t) => {
  const warned = [];
  const made = makeClient({
    url: URL,
    io: { retries: 3, ackTimeout: 1, reconnectionDelay: 5, timeout: 9, query: { a: '1' } },
    logger: { warn: (text) => warned.push(text), debug() {} },
  });
  t.after(() => made.destroy());
  assert.equal(warned.length, 1);
  for (const name of ['reconnectionDelay', 'timeout']) {
    assert.match(warned[0], new RegExp(`io\\.${name}\\b`));
  }
  assert.doesNotMatch(warned[0], /query|retries|ackTimeout/);
  const { io } = made.socket;
  assert.deepEqual(io.opts.query, { a: '1' });
  assert.equal(io.reconnection(), false);
  assert.equal(io.timeout(), false);
});

test('the options object of the app is not changed', (t) => {
  const options = { url: URL, io: { timeout: 9 }, events: { message: 'a' }, logger: null };
  const before = structuredClone(options);
  settings(t, options);
  assert.deepEqual(options, before);
});

function refused(options, path, got, takes) {
  assert.throws(
    () => createClient({ ...options }),
    (error) => {
      assert.ok(error instanceof HoldfastError, String(error));
      assert.equal(error.code, 'INVALID_OPTION');
      const start = `Option ${path} got ${got}`.replace(/;$/, '');
      assert.ok(error.message.startsWith(start), `${error.message} -- expected ${start}`);
      assert.ok(error.message.includes(`it takes ${takes}`), `${error.message} -- ${takes}`);
      return true;
    },
  );
}
