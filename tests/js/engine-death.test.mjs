// Without its engine, which did not start or died later, the app still has a plain Socket that sends, and every waiting
// message gets a result. plain.test.mjs tests everything else that works then.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { TOLD } from '../../pkg-template/shell/numbers.js';
import { startChatServer } from '../support/chat-server.mjs';
import {
  api,
  client,
  collectReports,
  quick,
  ready,
  roundTrip,
  send,
  settled,
  start,
  until,
} from './shell-kit.mjs';

/** The module's exports, which the tests can replace one by one; known once an engine was made. */
let exported;
/** What stands in for a WebAssembly that a browser or a policy forbids. */
let forbidden = false;

WebAssembly.Module = new Proxy(WebAssembly.Module, {
  construct(target, args) {
    if (forbidden) throw new WebAssembly.CompileError('unsafe-eval is not allowed');
    return new target(...args);
  },
});
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, args) {
    exported = { ...new target(...args).exports };
    return { exports: exported };
  },
});

/** From now on, until the test is over, telling the engine what bears this name is a trap. */
function trap(t, name) {
  const code = TOLD[name];
  const its = exported;
  const original = its.driver_tell;
  assert.ok(typeof original === 'function' && code !== undefined, name);
  t.after(() => {
    its.driver_tell = original;
  });
  its.driver_tell = (...args) => {
    if (args[1] !== code) return original(...args);
    throw new WebAssembly.RuntimeError(`unreachable in ${name}`);
  };
}

/** What the module is called for of the Socket, in the order of its numbers. */
const source = await readFile(new URL('../../src/web/call.rs', import.meta.url), 'utf8');
const WHATS = source
  .match(/^whats! \{$([\s\S]*?)^\}$/m)[1]
  .match(/^ {4}[A-Z]\w+$/gm)
  .map((name) => name.trim());

/** The same for what it is called for of the Socket. `isLate`: it traps once all was done. */
function trapWire(t, name, isLate = false) {
  const code = WHATS.indexOf(name);
  assert.ok(code >= 0, name);
  const its = exported;
  const original = its.driver_wire;
  t.after(() => {
    its.driver_wire = original;
  });
  its.driver_wire = (...args) => {
    if (args[1] !== code) return original(...args);
    if (isLate) original(...args);
    throw new WebAssembly.RuntimeError(`unreachable in ${name}`);
  };
}

// First, as later tests leave the module loaded.
test('where WebAssembly cannot run, the app has a plain Socket', async (t) => {
  const reported = collectReports(t);
  forbidden = true;
  t.after(() => {
    forbidden = false;
  });
  const warned = [];
  const logger = { warn: (text) => warned.push(text), debug() {} };
  let calls = 0;
  const server = await start(t, { logger, auth: async () => ({ token: `t${++calls}` }) });
  assert.equal(warned.length, 1);
  assert.match(warned[0], /plain socket.*wasm-unsafe-eval/);
  for (const [name, value] of Object.entries(api)) {
    if (typeof value === 'function' && /^(is|get|on|request|start|stop)/.test(name)) value();
  }
  const socket = api.getSocket();
  assert.equal(api.initializeSocket('u1'), socket);
  await works(server, socket);
  assert.deepEqual(server.handshakes, [{ token: 't1' }]);
  server.dropAll();
  await until(() => server.handshakes.length === 2, 'it connects again by itself');
  assert.deepEqual(server.handshakes[1], { token: 't2' });
  api.disconnectSocketForLogout();
  assert.equal(socket.connected, false);
  assert.equal(api.initializeSocket('u1'), null);
  assert.deepEqual(reported, []);
});

for (const name of ['poll', 'send', 'acked', 'heard']) {
  test(`a trap in ${name} settles every message once, is reported once, and leaves a plain Socket`, async (t) => {
    const reported = collectReports(t);
    const server = await start(t, { auth: () => ({ token: 'here' }) }, { user: 'u1' });
    const socket = api.getSocket();
    const heard = [];
    socket.on('hello', () => heard.push('raw'));
    const acks = [];
    server.hooks.message = ({ ack, data }) =>
      data.text === 'from the callback' ? ack({ success: true }) : acks.push(ack);
    const left = [send({ text: 'a' }), send({ text: 'b' })];
    await until(() => acks.length === 2, 'both left');
    const again = [];
    left[0].final.then(() => again.push(send({ text: 'from the callback' })));
    trap(t, name);
    const last = send({ text: 'c' });
    for (const ack of acks) ack();

    for (const sent of left) {
      const result = await settled(sent);
      assert.equal(result.success, false);
      assert.deepEqual([result.error, result.maybeDelivered], ['NO_RESPONSE', true]);
    }
    const result = await settled(last);
    // It may or may not have left before the trap.
    assert.equal(result.error, result.maybeDelivered ? 'NO_RESPONSE' : 'CLOSED');
    assert.equal((await settled(again[0])).success, true);
    assert.equal(reported.length, 1);
    assert.match(reported[0].message, new RegExp(`unreachable in ${name}`));
    assert.equal(api.getMessageQueueLength(), 0);
    assert.deepEqual(Object.keys(socket.acks), []);

    assert.equal(api.initializeSocket('u1'), socket);
    await works(server, socket);
    server.dropAll();
    await until(() => server.handshakes.length === 2, 'it connects again by itself');
    await works(server, socket);
    assert.deepEqual(heard, ['raw', 'raw']);
    assert.equal(reported.length, 1);
    api.disconnectSocket();
    assert.equal(socket.connected, false);
  });
}

/** What brings about each kind of call of the module's. */
const CALLS = {
  // Of a method that is overridden.
  EmitReserved: (server) => server.dropAll(),
  EmitEvent: (server) => server.io.emit('hello'),
  Leaving: () => api.getSocket().emit('component'),
  Connect: () => api.getSocket().connect(),
  IsActive: () => api.getSocket().active,
  OpenManager: () => api.getSocket().io.open(),
  Reconnect(server) {
    api.getSocket().io.reconnection(true);
    server.dropAll();
  },
  // Of a listener on the connection.
  Came: (server) => server.io.emit('hello'),
  Drained: () => api.getSocket().emit('component'),
  Closed: (server) => server.dropAll(),
  // Of an order, and of what is asked on the way.
  Emit: () => send({ text: 'c' }),
  Shut: () => api.disconnectSocket(),
};

for (const [name, bring] of Object.entries(CALLS)) {
  for (const isLate of [false, true]) {
    const when = isLate ? 'after' : 'before';
    test(`a trap ${when} ${name} also leaves a plain Socket`, async (t) => {
      const reported = collectReports(t);
      const server = await start(t, {}, { user: 'u1' });
      const socket = api.getSocket();
      const acks = [];
      server.hooks.message = ({ ack }) => acks.push(ack);
      const left = [send({ text: 'a' }), send({ text: 'b' })];
      await until(() => acks.length === 2, 'both left');
      trapWire(t, name, isLate);
      const last = bring(server, socket);
      for (const result of await Promise.all(left.map(settled))) {
        assert.deepEqual([result.error, result.maybeDelivered], ['NO_RESPONSE', true]);
      }
      if (last?.final) {
        const result = await settled(last);
        assert.equal(result.error, result.maybeDelivered ? 'NO_RESPONSE' : 'CLOSED');
        const hasLeft = name === 'Emit' || server.came.some(({ data }) => data?.text === 'c');
        assert.ok(result.maybeDelivered || !hasLeft);
      }
      assert.equal(reported.length, 1);
      assert.match(reported[0].message, new RegExp(`unreachable in ${name}`));
      server.hooks.message = ({ ack, save }) => ack(save());
      socket.io.reconnectionDelay(1);
      const next = send({ text: 'd' });
      socket.connect();
      assert.deepEqual([(await settled(next)).success, next.calls.length <= 2], [true, true]);
      await works(server, socket);
      const again = once(socket, 'connect');
      server.dropAll();
      await again;
      await works(server, socket);
      assert.equal(reported.length, 1);
    });
  }
}

test('a call of an override that trapped is done by socket.io-client', async (t) => {
  collectReports(t);
  const server = await start(t, {}, { user: 'u1' });
  const socket = api.getSocket();
  const heard = [];
  socket.on('hello', (...args) => heard.push(args));
  const { connect } = socket;
  trapWire(t, 'EmitEvent');
  server.io.emit('hello', 1);
  await until(() => heard.length === 1, 'it is heard');
  assert.deepEqual(heard, [[1]]);
  assert.equal(connect(), socket, 'who kept a method of ours has that of socket.io-client');
});

test('a trap in a timer of the connection leaves a plain Socket', async (t) => {
  const reported = collectReports(t);
  const server = await start(t, {
    io: { transports: ['websocket', 'polling'] },
    reconnect: { upgradeTimeoutMs: 30 },
  });
  const { admit } = server.hooks;
  server.hooks.admit = () => new Promise(() => {});
  const waiting = send({ text: 'a' });
  const socket = api.initializeSocket('u1');
  trapWire(t, 'SaidNothing');
  assert.equal((await settled(waiting)).error, 'CLOSED');
  assert.equal(reported.length, 1);
  server.hooks.admit = admit;
  socket.disconnect().connect();
  await works(server, socket);
});

test('a trap ends every client of the module, and the next client gets a new module', async (t) => {
  const reported = collectReports(t);
  const server = await startChatServer(t);
  const both = [client(t, server, { userId: 'u1' }), client(t, server, { userId: 'u2' })];
  server.hooks.message = () => {};
  for (const made of both) made.connect();
  const sent = both.map((made) => made.send('send_message', { text: 'a' }));
  await until(() => server.received.length === 2, 'both left');
  const dead = exported;
  trap(t, 'poll');
  both[0].getState();
  both[0].disconnect();
  for (const one of sent) await assert.rejects(one, { code: 'NO_RESPONSE' });
  assert.equal(reported.length, 1, 'it is reported once');
  assert.deepEqual(
    both.map((made) => made.getState().error.code),
    ['ENGINE_DEAD', 'ENGINE_DEAD'],
    'and each client says so',
  );
  both[1].socket.connect();
  await until(() => both[1].socket.connected, 'the other one has a plain Socket');
  dead.driver_tell = () => assert.fail('nothing calls the dead module');
  const next = client(t, server, { userId: 'u3' });
  assert.notEqual(exported, dead);
  next.connect();
  server.hooks.message = ({ ack }) => ack({ success: true });
  assert.equal((await next.send('send_message', { text: 'b' })).success, true);
});

test('a trap inside of a nested call of the module is handled as one trap', async (t) => {
  const reported = collectReports(t);
  const server = await start(t, {}, { user: 'u1' });
  const socket = api.getSocket();
  const original = exported.driver_tell;
  const heard = [];
  // It reads beyond its memory.
  exported.driver_tell = (_at, ...args) => original(-8, ...args);
  socket.on('hello', () => heard.push(send({ text: 'a' })));
  socket.on('hello', () => heard.push(api.isConnectionReady()));
  server.io.emit('hello');
  await until(() => heard.length === 2, 'both listeners are called');
  assert.equal((await settled(heard[0])).success, true);
  assert.equal(reported.length, 1);
  assert.ok(reported[0] instanceof WebAssembly.RuntimeError);
  await works(server, socket);
});

test('a trap without a link leaves a Socket that connects on request', async (t) => {
  const reported = collectReports(t);
  const server = await start(t);
  api.initializeSocket('u1', { isAuthReady: false });
  const waiting = send({ text: 'a' });
  trap(t, 'open');
  const socket = api.initializeSocket('u1', { isAuthReady: true });
  assert.deepEqual((await settled(waiting)).error, 'CLOSED');
  assert.equal(reported.length, 1);
  assert.equal(api.initializeSocket('u1'), socket);
  await works(server, socket);
});

test('after a trap, unanswered messages are reported as maybeDelivered, also those of a lost link', async (t) => {
  const reported = collectReports(t);
  const server = await start(
    t,
    { send: { backoffMs: 60_000, backoffMaxMs: 60_000 } },
    { user: 'u1' },
  );
  server.hooks.message = ({ data, ack }) => data.text === 'answered' && ack({ error: 'BUSY' });
  const [answered, unanswered] = ['answered', 'unanswered'].map((text) => send({ text }));
  await until(() => server.received.length === 2, 'both left');
  await roundTrip(server);
  await server.stop();
  await until(() => !api.isSocketConnected(), 'down');
  const neverLeft = send({ text: 'never left' });
  trap(t, 'disconnect');
  api.disconnectSocket();
  assert.deepEqual(
    (await Promise.all([answered, unanswered, neverLeft].map(settled))).map(
      ({ error, maybeDelivered }) => [error, maybeDelivered],
    ),
    [
      ['CLOSED', false],
      ['NO_RESPONSE', true],
      ['CLOSED', false],
    ],
  );
  assert.equal(reported.length, 1);
});

test('after a trap, a new client works', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  await ready();
  assert.equal((await settled(send({ text: 'a' }))).success, true);
  api.configureSocket(quick(server.url));
  assert.equal(api.isConnectionReady(), true);
});

/** A plain Socket: it is connected, emits, gets acknowledgements, and its listeners are called. */
async function works(server, socket) {
  for (const name of ['connect', 'disconnect', 'emitBuffered']) {
    assert.equal(Object.hasOwn(socket, name), false, name);
  }
  for (const name of ['open', 'close', 'active', 'notifyOutgoingListeners']) {
    assert.equal(Object.hasOwn(socket, name), false, name);
  }
  await until(() => socket.connected, 'connected');
  server.hooks.message = ({ ack }) => ack('plain');
  assert.equal(await socket.emitWithAck('send_message', { text: 'plain' }), 'plain');
  await roundTrip(server, socket);
  server.io.emit('hello');
  await roundTrip(server, socket);
}

test('an auth that answers twice is used once, also without the engine', async (t) => {
  const reported = collectReports(t);
  const auth = (done) => {
    done({ token: 'first' });
    done({ token: 'second' });
  };
  const server = await start(t, { auth }, { user: 'u1' });
  trap(t, 'poll');
  await settled(send({ text: 'a' }));
  assert.equal(reported.length, 1);
  const socket = api.getSocket();
  socket.disconnect();
  await until(() => server.clients.length === 0, 'the link is closed');
  socket.connect();
  await until(() => socket.connected, 'the plain Socket is connected');
  await roundTrip(server);
  assert.deepEqual(server.handshakes, [{ token: 'first' }, { token: 'first' }]);
});

test('a plain Socket does not announce feeds, so that it receives plain events', async (t) => {
  collectReports(t);
  const server = await start(t, {}, { user: 'u1' });
  server.io.emit('holdfast:feeds', 1);
  await roundTrip(server);
  const queries = () => server.io.sockets.sockets.values().next().value?.handshake.query.holdfast;
  server.dropAll();
  await until(() => queries() === 'feeds', 'it says that it reads');
  await ready();
  trapWire(t, 'EmitEvent');
  server.io.emit('hello', 1);
  await until(() => api.getSocket().io.reconnection(), 'the Socket is plain');
  const joins = server.joins.length;
  server.dropAll();
  await until(() => server.joins.length > joins, 'it is back');
  assert.equal(queries(), undefined);
});
