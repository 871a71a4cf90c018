// Whatever the app hands in: it is told what is wrong with it, and the client goes on. `HOLDFAST_SEED` and
// `HOLDFAST_ROUNDS` make it another run, or a longer one.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { startChatServer } from '../support/chat-server.mjs';
import { answerAll, HOSTILE } from '../support/hostile.mjs';
import { pkg } from '../support/paths.mjs';
import { attack, callsOf } from './hostile-kit.mjs';
import {
  api,
  collectReports,
  createClient,
  freshModule,
  client as makeClient,
  quick,
  until,
} from './shell-kit.mjs';

/** What may be called on a Socket; the rest is private to socket.io-client. */
const SOCKET = [
  ...[
    'connect',
    'open',
    'disconnect',
    'close',
    'send',
    'emit',
    'emitWithAck',
    'compress',
    'timeout',
  ],
  ...[
    'on',
    'once',
    'off',
    'listeners',
    'hasListeners',
    'onAny',
    'prependAny',
    'offAny',
    'listenersAny',
  ],
  ...['onAnyOutgoing', 'prependAnyOutgoing', 'offAnyOutgoing', 'listenersAnyOutgoing'],
];

const MESSAGE = {
  recipientId: 'eve',
  content: 'x',
  list: [1, { a: 'b' }],
  bytes: new Uint8Array(2),
};

/** Options of every kind. */
const optionsFor = (url) => ({
  ...quick(url),
  userId: 'u1',
  authTimeoutMs: 100,
  auth: { token: 'x', more: { a: [1] } },
  join: { event: 'join', payload: (id) => id, confirm: 'room:joined', fallbackMs: 50 },
  send: {
    ...quick(url).send,
    ackTimeoutMs: 200,
    retries: 1,
    lane: () => 'eve',
    verdict: () => undefined,
    final: ['NO'],
    strict: false,
  },
  health: { event: 'ping', args: [], intervalMs: 60_000 },
  presence: { list: ['online_users'], request: 'get_online_users' },
  events: { message: ['message:new', 'other'], typing: 'typing' },
  queue: { capacity: 1000, ttlMs: 60_000, storage: 'memory' },
  reconnect: { ...quick(url).reconnect, onRejected: () => 'retry' },
  dedupe: { id: (data) => data?._id, size: 10 },
  connectedMeans: 'link',
  onForceLogout() {},
  onResync() {},
  onError() {},
  logger: { warn() {}, debug() {} },
});

const startPatientServer = async (t) => answerAll(await startChatServer(t));

const marks = (server) => server.saved.map(({ mark }) => mark);

test('every entry of the package is attacked', async () => {
  const { exports } = JSON.parse(await readFile(`${pkg}/package.json`, 'utf8'));
  const entries = Object.keys(exports).filter((name) => !name.endsWith('.json'));
  // `./alias` is `./io` by another name, and `./without-wasm` has nothing to call.
  const others = ['./alias', './without-wasm'];
  for (const name of others) assert.ok(entries.includes(name), name);
  // The inspector's functions are attacked in inspector/hostile.test.mjs. Its component passes its props to the element.
  assert.deepEqual(entries.filter((name) => !others.includes(name)).sort(), [
    '.',
    './inspector',
    './inspector-react',
    './io',
    './react',
    './server',
    './socket',
  ]);
  const [io, alias, nothing] = await Promise.all(
    ['io', ...others].map(
      (name) => import(pathToFileURL(path.join(pkg, 'esm', `${name}.mjs`)).href),
    ),
  );
  assert.deepEqual([Object.keys(alias), Object.keys(nothing)], [Object.keys(io), []]);
});

test('a client survives hostile arguments to all that it has', async (t) => {
  collectReports(t);
  freshModule(t);
  const server = await startPatientServer(t);
  const errors = [];
  const options = { ...optionsFor(server.url), onError: (error) => errors.push(error) };
  const client = makeClient(t, server, options);
  const { destroy, ...methods } = client;
  const valid = {
    send: [
      'send_message',
      MESSAGE,
      { id: 'x', lane: 'eve', strict: false, durable: true, ttlMs: 5 },
    ],
    on: ['message:new', () => {}],
    cancel: ['x'],
    subscribe: [() => {}],
    onSettled: [() => {}],
  };
  const socket = SOCKET.map((name) => ({
    name: `socket.${name}`,
    fn(...args) {
      // An acknowledgement that throws is a component's own, and socket.io-client's to call.
      if (/^emit|^send/.test(name)) args = args.filter((value) => typeof value !== 'function');
      return client.socket[name](...args);
    },
    valid: ['event', MESSAGE, () => {}],
    // What it throws is socket.io-client's.
    isForeign: true,
  }));
  const calls = [...callsOf(methods, 'client', valid), ...socket];
  const sends = calls.find(({ name }) => name === 'client.send');
  let sent = 0;
  await attack(
    t,
    300,
    ({ random }) => (random.chance(0.4) ? sends : calls[random.below(calls.length)]),
    async ({ name }) => {
      client.connect();
      const reply = client.send('send_message', { recipientId: 'bob', mark: sent });
      sent += 1;
      const { success } = await within(reply, name);
      assert.equal(success, true, name);
      client.getState();
      client.stats();
      client.outbox();
      assert.ok(!errors.some(({ code }) => code === 'ENGINE_DEAD'), name);
    },
  );
  assert.deepEqual(marks(server), [...Array(sent).keys()]);
});

test('options that are hostile are refused by name, or make a client that can be used and ended', async (t) => {
  t.mock.method(console, 'warn', () => {});
  collectReports(t);
  freshModule(t);
  const server = await startPatientServer(t);
  const call = { name: 'createClient', fn: createClient, valid: [optionsFor(server.url)] };
  await attack(
    t,
    200,
    () => call,
    async ({ name, answer, error }) => {
      assert.equal(error === undefined, answer !== undefined, name);
      if (error) {
        assert.equal(error.name, 'HoldfastError', name);
        assert.equal(error.code, 'INVALID_OPTION', name);
        return;
      }
      // Nobody is to be looked for in the network.
      if (answer.socket.io.uri !== server.url) answer.send = async () => true;
      const reply = answer.send('send_message', MESSAGE).catch(({ code }) => code);
      answer.outbox();
      // Some never connect: what they do in this time has to do.
      await Promise.race([reply, new Promise((resolve) => setTimeout(resolve, 10))]);
      answer.getState();
      answer.stats();
      answer.destroy();
      assert.ok(await within(reply, name), name);
    },
  );
});

test('credentials that are hostile are a failed attempt, or are sent', async (t) => {
  collectReports(t);
  freshModule(t);
  const server = await startPatientServer(t);
  const errors = [];
  const client = makeClient(t, server, {
    authTimeoutMs: 50,
    onError: ({ code }) => errors.push(code),
  });
  for (const [name, make] of HOSTILE) {
    // One that answers differently each time may lie to whoever checks it.
    if (name === 'getters that change') continue;
    for (const auth of [make(), { token: make() }]) {
      errors.length = 0;
      client.socket.auth = auth;
      client.connect();
      await until(() => {
        const { phase } = client.getState();
        return ['ready', 'idle', 'waiting'].includes(phase) || errors.length > 0;
      }, `an end of the attempt with ${name}`);
      if (errors.length > 0) assert.match(errors[0], /^(AUTH|CONNECT)_FAILED$/, name);
      client.disconnect();
    }
  }
  client.socket.auth = {};
  client.connect();
  assert.equal((await client.send('send_message', { mark: 0 })).success, true);
});

test('the 28 functions survive hostile arguments', async (t) => {
  t.mock.method(console, 'warn', () => {});
  collectReports(t);
  freshModule(t);
  const server = await startPatientServer(t);
  const errors = [];
  const options = { ...optionsFor(server.url), onError: (error) => errors.push(error) };
  const valid = {
    configureSocket: [options],
    initializeSocket: ['u1', { isAuthReady: true }],
    connectSocket: ['u1', { isAuthReady: true }],
    sendMessage: [MESSAGE, () => {}],
    emitTyping: ['eve', 'u1', true],
    emitFriendRequestSent: [MESSAGE],
    emitFriendRequestAccepted: [MESSAGE],
  };
  const { default: all } = api;
  const calls = callsOf(all, 'holdfast/socket', valid);
  api.configureSocket(options);
  let sent = 0;
  await attack(
    t,
    300,
    ({ random }) => calls[random.below(calls.length)],
    async ({ name, answer, error }) => {
      if (error) assert.ok(name.includes('configureSocket'), `${name} threw ${error}`);
      if (answer instanceof Promise && name.includes('Logout')) await within(answer, name);
      else if (answer instanceof Promise) {
        const result = await within(answer, name);
        assert.equal(typeof result.success, 'boolean', name);
        if (!result.success) assert.match(result.error, /^[A-Z_]{4,}$/, name);
      }
      api.configureSocket(options);
      api.resetLogoutFlag();
      api.initializeSocket('u1', { isAuthReady: true });
      const result = await within(api.sendMessage({ recipientId: 'bob', mark: sent }), name);
      sent += 1;
      assert.equal(result.success, true, `${name}: ${JSON.stringify(result)}`);
      for (const look of ['getConnectionHealth', 'isSocketConnected', 'getMessageQueueLength']) {
        api[look]();
      }
      assert.ok(!errors.some(({ code }) => code === 'ENGINE_DEAD'), name);
    },
  );
  assert.deepEqual(marks(server), [...Array(sent).keys()]);
});

/** Nobody waits for ever for what does not come. */
const within = (promise, name) => {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer after ${name}`)), 8000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};
