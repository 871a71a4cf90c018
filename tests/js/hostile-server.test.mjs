// Hostile input of apps and clients to `holdfast/server`: it reports what is wrong, and keeps working.

import assert from 'node:assert/strict';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { io as connect } from 'socket.io-client';
import { startChatServer } from '../support/chat-server.mjs';
import { pkg } from '../support/paths.mjs';
import { attack } from './hostile-kit.mjs';

const holdfast = await import(pathToFileURL(`${pkg}/esm/server.mjs`).href);
const { createDeduplicator, createFeed, attachReliability } = holdfast;

const noStore = { claim: () => ({ status: 'claimed' }), complete() {}, release() {} };
const VALID = {
  createDeduplicator: [
    { userId: () => 'u1', store: noStore, idField: 'id', ttlMs: 5, maxPending: 5, onError() {} },
  ],
  redisStore: [{ eval: async () => null }, { prefix: 'a', leaseMs: 5000 }],
  attachReliability: [{ on() {} }, { userId: () => 'u1' }],
  createFeed: [
    {},
    {
      userId: () => 'u1',
      authorize: () => true,
      store: { append() {}, read() {} },
      max: 5,
      ttlMs: 5,
    },
  ],
  memoryFeeds: [{ max: 5, ttlMs: 5, maxFeeds: 5, maxBytes: 5 }],
  redisFeeds: [{ eval: async () => null }, { prefix: 'a' }],
};

test('every function refuses hostile arguments by a TypeError of its own', async (t) => {
  t.mock.method(console, 'error', () => {});
  const functions = Object.entries(holdfast).filter(([, value]) => typeof value === 'function');
  const calls = functions.map(([name, fn]) => ({ name, fn, valid: VALID[name] }));
  // An error that the app's own server throws is the app's.
  const attach = calls.find(({ name }) => name === 'attachReliability');
  attach.valid = VALID.attachReliability.slice(1);
  attach.fn = (...args) => attachReliability({ on() {} }, ...args);
  const make = calls.find(({ name }) => name === 'createFeed');
  make.valid = VALID.createFeed.slice(1);
  make.fn = (...args) => createFeed({ on() {}, to() {}, in() {}, sockets: new Map() }, ...args);
  await attack(
    t,
    500,
    ({ random }) => calls[random.below(calls.length)],
    ({ name, answer, error }) => {
      if (error) assert.equal(error.name, 'TypeError', name);
      // A store with nothing hostile in it can be asked.
      else if (answer?.claim) answer.release('key').catch(() => {});
    },
  );
});

test('a deduplicator survives hostile sockets, handlers, messages and answers', async (t) => {
  const errors = [];
  const once = createDeduplicator({
    userId: ({ data }) => data?.userId,
    onError: (error) => errors.push(error),
  });
  const handlers = [
    (_data, ack) => ack({ success: true }),
    (data) => data ?? null,
    (data, ack) => ack(data),
    (data) => {
      throw data;
    },
    async (data) => {
      throw data;
    },
  ];
  const socket = { id: 'socket', data: { userId: 'u1' } };
  let good = 0;
  await attack(
    t,
    500,
    ({ random }) => {
      const handler = handlers[random.below(handlers.length)];
      const listener = once(socket, handler);
      if (random.chance(0.5)) return { name: 'once', fn: once, valid: [socket, handler] };
      return { name: 'listener', fn: listener, valid: [{ _tempId: 'x', list: [1] }, () => {}] };
    },
    async ({ name }) => {
      good += 1;
      const reply = await new Promise((resolve) => {
        const listener = once({ id: 'good' }, (data, ack) => ack({ number: data.number }));
        listener({ _tempId: `good${good}`, number: good }, resolve);
      });
      assert.deepEqual(reply, { number: good }, name);
    },
  );
});

test('join and ping survive what a client may say', async (t) => {
  t.mock.method(console, 'error', () => {});
  let socket;
  // First: the server waits for connections that it does not know of.
  t.after(() => socket?.disconnect());
  const server = await startChatServer(t);
  attachReliability(server.io.of('/own'), { userId: () => 'u1' });
  socket = connect(`${server.url}/own`, { transports: ['websocket'], forceNew: true });
  await attack(
    t,
    200,
    ({ random }) => ({
      name: 'emit',
      fn: (...args) => {
        socket.emit(random.chance(0.5) ? 'join' : 'ping', ...args.map(asJson));
      },
      isForeign: true,
    }),
    async ({ name }) => {
      assert.equal((await socket.timeout(5000).emitWithAck('join', 'u1')).success, true, name);
    },
  );
});

/** What of a value reaches a server; more would end the link, as it does for every server. */
function asJson(value) {
  try {
    const text = JSON.stringify(value) ?? 'null';
    return text.length < 100_000 ? JSON.parse(text) : 'x';
  } catch {
    return null;
  }
}
