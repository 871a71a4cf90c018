// The Socket and its Manager as apps use them: later assignments, listeners and additional namespaces.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'node:test';
import { startChatServer } from '../support/chat-server.mjs';
import { pkg, root } from '../support/paths.mjs';
import {
  api,
  awayAndBack,
  client,
  ready,
  roundTrip,
  send,
  settled,
  start,
  until,
} from './shell-kit.mjs';

const linked = (made) => until(() => made.getState().isReady, 'the link is ready');

test('transports that the app assigns later are tried in their order', async (t) => {
  const server = await startChatServer(t);
  await server.stop();
  const made = client(t, server, { io: { transports: ['websocket'] } });
  const tried = [];
  made.socket.on('connect_error', () => {
    tried.push([...made.socket.io.opts.transports]);
    // The recipe of socket.io's documentation.
    if (tried.length === 2) made.socket.io.opts.transports = ['polling', 'websocket'];
  });
  made.connect();
  await until(() => tried.length >= 4, 'four attempts');
  assert.deepEqual(tried.slice(0, 4), [
    ['websocket'],
    ['websocket'],
    ['polling', 'websocket'],
    ['websocket', 'polling'],
  ]);
  await server.listen();
  await linked(made);
});

test('ackTimeout applies to emits of the app, whose callbacks get an error first, and not to sent messages', async (t) => {
  const server = await startChatServer(t);
  const answers = [];
  server.hooks.message = async ({ ack, save }) => {
    answers.push(() => ack(save()));
  };
  const made = client(t, server, { userId: 'u1', io: { ackTimeout: 500 } });
  made.connect();
  await linked(made);
  for (const socket of server.clients) socket.on('echo', (text, ack) => ack(text));
  const sent = made.send('send_message', { text: 'a' });
  const [error] = await new Promise((resolve) => {
    made.socket.emit('nobody', (...reply) => resolve(reply));
  });
  assert.match(error.message, /timed out/);
  assert.deepEqual(
    await new Promise((resolve) => {
      made.socket.emit('echo', 'hi', (...reply) => resolve(reply));
    }),
    [null, 'hi'],
  );
  await until(() => answers.length === 1, 'the message is there');
  answers[0]();
  assert.equal((await sent).success, true);
});

test('retries applies to emits of the app, and its waiting emits do not reach the next user', async (t) => {
  const server = await start(t, { io: { retries: 3, ackTimeout: 500 } }, { user: 'u1' });
  const socket = api.getSocket();
  let heard = 0;
  server.clients[0].on('note', (_text, ack) => {
    heard += 1;
    if (heard === 2) ack('there');
  });
  const reply = await new Promise((resolve) => socket.emit('note', 'a', (...all) => resolve(all)));
  assert.deepEqual(reply, [null, 'there']);
  assert.equal(heard, 2);
  await settled(send({ recipientId: 'u2', content: 'x' }));
  assert.equal(server.received.length, 1);
  const before = server.came.length;
  // One that nobody answers waits for its turn, and one behind it.
  const ends = [];
  socket.emit('unheard', 1, (error) => ends.push(error?.message));
  socket.emit('unheard', 2, (error) => ends.push(error?.message));
  await until(() => server.came.length > before, 'the first one is there');
  const there = server.came.length;
  await api.disconnectSocketForLogout();
  await until(() => ends.length === 2, 'both are told');
  assert.equal(server.came.length, there, 'it is not repeated on the way');
  api.resetLogoutFlag();
  api.initializeSocket('u2');
  await ready();
  await settled(send({ recipientId: 'u1', content: 'y' }));
  const its = server.came.filter(({ link }) => link === server.links.at(-1));
  const said = its.map(({ event }) => event);
  assert.ok(!said.includes('unheard'), said.join());
});

test('a namespace that is refused on a live link is connected again', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  const errors = [];
  api.getSocket().on('connect_error', ({ message }) => errors.push(message));
  const back = once(api.getSocket(), 'connect');
  server.clients[0]._error({ message: 'your session is over' });
  await back;
  await ready();
  assert.deepEqual(errors, ['your session is over']);
  await settled(send({ recipientId: 'u2', content: 'x' }));
});

test('an attempt that times out is an error of the Manager, and a manual connect is no reconnect', async (t) => {
  const server = await startChatServer(t);
  server.hooks.admit = () => new Promise(() => {});
  const made = client(t, server, { reconnect: { connectTimeoutMs: 400 } });
  const heard = [];
  for (const event of ['error', 'reconnect_attempt', 'reconnect_error', 'reconnect']) {
    made.socket.io.on(event, (detail) => heard.push([event, detail?.message ?? detail]));
  }
  made.socket.on('connect_error', ({ message }) => heard.push(['connect_error', message]));
  made.connect();
  await until(() => heard.length >= 6, 'two attempts');
  made.disconnect();
  assert.deepEqual(heard.slice(0, 6), [
    ['error', 'timeout'],
    ['connect_error', 'timeout'],
    ['reconnect_attempt', 1],
    ['error', 'timeout'],
    ['connect_error', 'timeout'],
    ['reconnect_error', 'timeout'],
  ]);
  heard.length = 0;
  server.hooks.admit = () => undefined;
  made.connect();
  await linked(made);
  made.disconnect();
  made.connect();
  await linked(made);
  assert.deepEqual(heard, []);
});

test('with autoUnref a process ends by itself', async (t) => {
  const server = await startChatServer(t);
  const code = `
    import { createClient } from '${pkg}/esm/index.mjs';
    const client = createClient({
      url: '${server.url}',
      logger: null,
      io: { autoUnref: true, transports: ['websocket', 'polling'] },
    });
    client.connect();
    const timer = setInterval(() => {
      if (!client.getState().isReady) return;
      clearInterval(timer);
      console.log('ready');
    }, 5);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { cwd: root });
  t.after(() => child.kill());
  const said = [];
  child.stdout.on('data', (data) => said.push(String(data)));
  child.stderr.on('data', (data) => said.push(String(data)));
  const [exit] = await once(child, 'exit');
  assert.deepEqual([exit, said.join('')], [0, 'ready\n']);
});

test('another namespace of the Manager survives a disconnect and a lost link, and ends with the user', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  let greeted = 0;
  server.io.of('/other').on('connection', (socket) => {
    greeted += 1;
    socket.on('echo', (text, ack) => ack(text));
  });
  const { io } = api.getSocket();
  const other = io.socket('/other');
  const echo = async (text) => assert.equal(await other.emitWithAck('echo', text), text);
  await echo('first');

  await awayAndBack(server);
  await echo('after a loss');
  assert.equal(greeted, 2);

  api.disconnectSocket();
  await until(() => server.clients.length === 0, 'the first namespace is left');
  await echo('while ours is away');
  assert.equal(greeted, 2);

  api.initializeSocket('u1');
  await ready();
  await echo('with ours again');
  await settled(send({ recipientId: 'u2', content: 'x' }));

  await api.disconnectSocketForLogout();
  await until(() => server.io.engine.clientsCount === 0, 'nothing is left of the user');
  assert.equal(other.connected, false);
});

test('a namespace that is opened between attempts connects with the next attempt', async (t) => {
  const reconnect = { minMs: 300, maxMs: 300, spreadMs: 300 };
  const server = await start(t, { reconnect }, { user: 'u1' });
  server.io.of('/other').on('connection', () => {});
  let other;
  await awayAndBack(server, async () => {
    other = api.getSocket().io.socket('/other');
    await until(() => other.connected, 'the other one is connected');
    assert.equal(api.isSocketConnected(), true, 'the client made that connection');
  });
  await until(() => other.connected, 'the other one is connected');
  assert.equal(server.links.length, 2);
  await settled(send({ recipientId: 'u2', content: 'x' }));
});

test('with retries and ackTimeout, an emit without an acknowledgement waits for the link', async (t) => {
  const server = await start(t, { io: { retries: 2, ackTimeout: 20 } }, { user: 'u1' });
  await awayAndBack(server, async () => {
    api.getSocket().emit('note', 'while away');
    const told = new Promise((resolve) => {
      api
        .getSocket()
        .timeout(60)
        .emit('other', (error) => resolve(error));
    });
    // Three times as long as ackTimeout.
    await told;
  });
  await roundTrip(server);
  const notes = server.came.filter(({ event }) => event === 'note');
  assert.deepEqual(
    notes.map(({ args }) => args),
    [['while away']],
  );
});

test('nothing of another namespace is left for the next user', async (t) => {
  const io = { connectionStateRecovery: { maxDisconnectionDuration: 60_000 } };
  const server = await start(t, {}, { user: 'u1', server: { io } });
  const came = [];
  const sessions = [];
  server.io.of('/other').on('connection', (peer) => {
    sessions.push(peer.recovered);
    peer.onAny((event) => came.push(event));
  });
  const other = api.getSocket().io.socket('/other');
  await until(() => other.connected, 'the other one is connected');
  server.io.of('/other').emit('news', 1);
  await roundTrip(server);
  server.dropAll();
  other.emit('of u1');
  api.initializeSocket('u2');
  await ready();
  await until(() => sessions.length === 2 && other.connected, 'it is connected again');
  await roundTrip(server);
  assert.deepEqual(sessions, [false, false]);
  assert.deepEqual(came, []);
});

test('an engine that is closed before it is open is a failed attempt', async (t) => {
  const server = await startChatServer(t);
  const made = client(t, server, { reconnect: { connectTimeoutMs: 600_000 } });
  made.connect();
  await until(() => made.socket.io.engine, 'an attempt is under way');
  made.socket.io.engine.close();
  await linked(made);
});
