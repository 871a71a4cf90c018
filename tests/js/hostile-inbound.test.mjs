// Whatever the server says, and whatever the app's callbacks throw or answer: the client goes on.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { format } from 'node:util';
import { startChatServer } from '../support/chat-server.mjs';
import { attack } from './hostile-kit.mjs';
import {
  collectReports,
  createClient,
  freshModule,
  client as makeClient,
  quick,
  until,
} from './shell-kit.mjs';

const nested = (depth) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

/** What JSON can say that nobody expects. */
const SAID = [
  ...[null, true, false, 0, -1, 1e308, 2 ** 53, '', ' ', '\ud800', '__proto__', 'constructor'],
  ...[[], [[]], [null], {}, 'x'.repeat(100_000), JSON.parse(nested(1000)), Buffer.from([1, 2])],
  ...['[object Object]', { toString: 1, valueOf: 2 }, { toJSON: 1 }, { length: -1 }],
  ...[
    { error: {} },
    { error: [] },
    { error: { code: {}, message: 1 } },
    { error: JSON.parse(nested(1000)) },
  ],
  ...[{ success: 'no' }, { success: false, code: 7 }, { ok: false }, { status: 'error', code: '' }],
  ...[{ code: 'RATE_LIMITED' }, { code: 'RATE_LIMITED', error: 1, retryAfterMs: -1 }],
  ...[
    { error: 'RATE_LIMITED', retryAfterMs: { valueOf: 1 } },
    { error: 'RATE_LIMITED', retryAfterMs: '1e-300' },
    { error: 'RATE_LIMITED', retryAfter: 'soon' },
  ],
  ...[{ queued: true }, { queued: true, success: true }, { id: {}, _id: [] }],
  JSON.parse('{"__proto__": {"success": false}, "constructor": null}'),
  { sender: { _id: { toString: null } }, notification: { id: [[]] } },
  { userId: { toString: 1 }, isTyping: 'yes', online: [], _tempId: { toString: 1 } },
  [{ userId: null }, [[['u2']]], 7, { _id: { id: 1 } }, Buffer.from([1])],
];

const EVENTS = [
  ...['message:new', 'notification:new', 'message:sent', 'typing', 'user_typing', 'force_nothing'],
  ...['friend_request_received', 'friendRequestAccepted', 'online_users', 'user_online', 'pong'],
  ...['user_offline', 'presence:update', 'room:joined', 'room:error', '', '__proto__', 'toString'],
  ...['\ud800', 'newListener', 'ack', 'message'],
];

/** Hears everything, and throws whatever it is to throw. */
function hearAll(client, thrown) {
  const listener = (...args) => {
    String(args.length);
    if (thrown) throw thrown();
  };
  for (const event of EVENTS) {
    client.on(event, listener);
    client.socket.on(event, listener);
  }
  for (const event of ['connect', 'disconnect', 'connect_error']) client.socket.on(event, listener);
  client.socket.onAny(listener);
  client.socket.onAnyOutgoing(listener);
  client.subscribe(listener);
  client.onSettled(listener);
}

/** The callbacks of the options, and what each answers when it means well. */
const CALLBACKS = {
  ...{ userId: 'u1', auth: {}, onResync: undefined, onError: undefined, onForceLogout: undefined },
  ...{
    'logger.warn': undefined,
    'join.payload': 'u1',
    'send.lane': 'eve',
    'send.verdict': undefined,
  },
  ...{ 'reconnect.onRejected': undefined, 'dedupe.id': '1' },
};

/** Options with one callback that misbehaves every other time. */
function optionsWith(name, misbehave) {
  let calls = 0;
  const callback = () => {
    calls += 1;
    return calls % 2 === 1 ? misbehave() : CALLBACKS[name];
  };
  const options = {
    ...{ userId: 'u1', auth: {}, authTimeoutMs: 20, logger: { warn() {}, debug() {} } },
    join: { fallbackMs: 20 },
    send: { backoffMs: 1 },
    reconnect: {},
    dedupe: {},
  };
  const [group, inner] = name.split('.');
  if (inner) options[group][inner] = callback;
  else options[group] = callback;
  return options;
}

async function startServer(t) {
  collectReports(t);
  freshModule(t);
  t.mock.method(console, 'warn', () => {});
  const server = await startChatServer(t);
  const say = { acks: [] };
  server.hooks.message = ({ data, ack, save }) => {
    if (data?.mark === undefined) ack(...say.acks);
    else ack(save());
  };
  return { server, say };
}

/** One good message after the other, each acknowledged. */
function goodMessages(client) {
  let sent = 0;
  return {
    async next(name) {
      const reply = client.send('send_message', { recipientId: 'bob', mark: sent });
      sent += 1;
      let said;
      reply.then(
        (value) => {
          said = value;
        },
        (error) => {
          said = error;
        },
      );
      await until(() => said, `an acknowledgement after ${name}`, 8000, 1);
      assert.equal(said.success, true, `${name}: ${said.code}`);
    },
    sent: () => [...Array(sent).keys()],
  };
}

test('a client survives whatever a server says', async (t) => {
  const { server, say } = await startServer(t);
  const errors = [];
  const client = makeClient(t, server, {
    userId: 'u1',
    send: { retries: 0, backoffMs: 1, verdict: undefined },
    onError: (error) => errors.push(error),
    onResync: ({ deliver }) => deliver(SAID),
  });
  hearAll(client);
  const good = goodMessages(client);
  client.connect();
  await good.next('nothing');
  let refusal;
  server.hooks.admit = () => {
    const error = refusal;
    refusal = undefined;
    return error;
  };
  await attack(
    t,
    300,
    ({ random }) => {
      const all = Array.from({ length: random.below(4) }, () => SAID[random.below(SAID.length)]);
      const event = EVENTS[random.below(EVENTS.length)];
      const deeds = {
        event: () => server.io.emit(event, ...all),
        // More than a server's own encoder could write.
        depth: () =>
          server.clients[0].conn.write(
            `2["${random.chance(0.5) ? 'typing' : 'message:new'}",${nested(90_000)}]`,
          ),
        acknowledgement() {
          say.acks = all;
          client.send('send_message', { recipientId: 'eve', said: 1 }).catch(() => {});
        },
        async refusal() {
          refusal = Object.assign(new Error('no'), { data: all[0] });
          const lost = once(client.socket, 'disconnect');
          server.dropAll();
          await lost;
        },
      };
      const names = ['event', 'event', 'depth', 'acknowledgement', 'acknowledgement', 'refusal'];
      const name = names[random.below(names.length)];
      return {
        name: `${name} ${event} ${SAID.indexOf(all[0])}`,
        fn: () => deeds[name](),
        isWhole: true,
      };
    },
    async ({ name, answer }) => {
      await answer;
      // A refusal that says that it is final ends the attempts.
      client.connect();
      await good.next(name);
      client.getState();
      client.stats();
      client.outbox();
      assert.ok(!errors.some(({ code }) => code === 'ENGINE_DEAD'), name);
    },
  );
  assert.deepEqual(
    server.saved.map(({ mark }) => mark),
    good.sent(),
  );
});

test('a client survives whatever the callbacks of the app throw or answer', async (t) => {
  const { server } = await startServer(t);
  const { reportError } = globalThis;
  t.after(() => {
    globalThis.reportError = reportError;
  });
  // What the console does, without what it shows.
  t.mock.method(console, 'error', (...all) => format(...all));
  await attack(
    t,
    100,
    ({ random, pick }) => {
      const names = Object.keys(CALLBACKS);
      const callback = names[random.below(names.length)];
      const { name, value } = pick();
      // Some answers mean something: another user, or nobody.
      const isMeant = callback === 'userId' || (callback === 'auth' && (value ?? null) === null);
      const isThrown = isMeant || random.chance(0.5);
      globalThis.reportError = random.chance(0.5) ? () => {} : undefined;
      const misbehave = () => {
        if (isThrown) throw value;
        return value;
      };
      return {
        name: `${callback} ${isThrown ? 'throws' : 'answers'} ${name}`,
        fn() {
          const client = createClient(quick(server.url, optionsWith(callback, misbehave)));
          hearAll(client, () => value);
          return client;
        },
        isWhole: true,
      };
    },
    async ({ name, answer: client }) => {
      const good = goodMessages(client);
      client.connect();
      await good.next(name);
      server.io.emit('message:new', { id: 1 });
      server.hooks.admit = () => {
        server.hooks.admit = () => undefined;
        return new Error('not now');
      };
      const lost = once(client.socket, 'disconnect');
      server.dropAll();
      await lost;
      await good.next(name);
      client.destroy();
    },
  );
});
