// Without its engine, whether it never started or died at work, the app still has a plain Socket, and
// everything that waited is answered.

import assert from 'node:assert/strict';
import test from 'node:test';
import { TOLD } from '../../pkg-template/shell/numbers.js';
import {
  api,
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
  const original = exported.driver_tell;
  assert.ok(typeof original === 'function' && code !== undefined, name);
  t.after(() => {
    exported.driver_tell = original;
  });
  exported.driver_tell = (...args) => {
    if (args[1] !== code) return original(...args);
    throw new WebAssembly.RuntimeError(`unreachable in ${name}`);
  };
}

// First, as later tests leave the module loaded.
test('where WebAssembly cannot run, sends are answered and the app has a plain Socket', async (t) => {
  const reported = collectReports(t);
  forbidden = true;
  t.after(() => {
    forbidden = false;
  });
  const warned = [];
  const logger = { warn: (text) => warned.push(text), debug() {} };
  let calls = 0;
  const server = await start(t, { logger, auth: async () => ({ token: `t${++calls}` }) });
  assert.equal(reported.length, 1);
  assert.equal(reported[0].code, 'WASM_UNAVAILABLE');
  assert.match(reported[0].message, /wasm-unsafe-eval/);
  assert.equal(warned.length, 1);
  assert.match(warned[0], /plain socket/);

  const sent = send({ _tempId: 'mine', text: 'a' });
  assert.deepEqual(
    sent.calls.map(({ error, _tempId, maybeDelivered }) => [error, _tempId, maybeDelivered]),
    [['CLOSED', 'mine', false]],
  );
  await settled(sent);
  for (const [name, value] of Object.entries(api)) {
    if (typeof value === 'function' && /^(is|get|on|emit|request|start|stop)/.test(name)) value();
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
  assert.equal(reported.length, 1);
});

for (const name of ['poll', 'send', 'acked', 'heard']) {
  test(`a trap in ${name} settles everything once, is reported once, and leaves a plain Socket`, async (t) => {
    const reported = collectReports(t);
    const server = await start(t, { auth: () => ({ token: 'here' }) }, { user: 'u1' });
    const socket = api.getSocket();
    const heard = [];
    socket.on('hello', () => heard.push('raw'));
    const acks = [];
    server.hooks.message = ({ ack }) => acks.push(ack);
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
    assert.equal((await settled(again[0])).error, 'CLOSED');
    assert.equal(reported.length, 1);
    assert.match(reported[0].message, new RegExp(`unreachable in ${name}`));
    assert.equal(api.isConnectionReady(), false);
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

test('a trap while there is no link leaves a Socket that connects when it is asked to', async (t) => {
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

test('after a trap, what had left without an answer is in doubt, over a link that is gone too', async (t) => {
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

test('after all that a new client works', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  await ready();
  assert.equal((await settled(send({ text: 'a' }))).success, true);
  api.configureSocket(quick(server.url));
  assert.equal(api.isConnectionReady(), true);
});

/** A plain Socket: it is connected, emits, gets acknowledgements, and its listeners are called. */
async function works(server, socket) {
  for (const name of ['connect', 'disconnect', 'emitEvent', 'emitReserved', 'emitBuffered']) {
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

test('an auth that answers twice is heard once, without the engine too', async (t) => {
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
