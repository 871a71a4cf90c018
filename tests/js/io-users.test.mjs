// Two users in turn on one Socket of `holdfast/io`: whose it is what is emitted around a login.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { connected, start, until } from './io-kit.mjs';

/** A Socket for whoever is there, and what came as whom. */
async function startFor(t, options = {}) {
  const { server, open, errors } = await start(t);
  const here = { user: 'alice' };
  const auth = (answer) => answer({ userId: here.user });
  const socket = await connected(open({ auth, ...options }));
  return {
    server,
    here,
    socket,
    cameAs: () =>
      server.came.map(({ event, args, link }) => [link.auth.userId, event, ...args].join(' ')),
    failed: () => errors.map(({ code, args: [text] }) => `${code} ${text}`),
  };
}

test('what is emitted after connect() is of whoever that connection is for', async (t) => {
  const { here, socket, cameAs, failed } = await startFor(t);
  socket.disconnect();
  socket.emit('note', 'hers');
  socket.emit('join_room', 'hers');
  here.user = 'bob';
  socket.connect();
  socket.emit('join_room', 'his');
  socket.emit('note', 1);
  socket.emit('note', 2);
  await connected(socket);
  socket.emit('note', 3);
  await until(() => cameAs().includes('bob note 3'), 'his');
  assert.deepEqual(cameAs(), ['bob join_room his', 'bob note 1', 'bob note 2', 'bob note 3']);
  assert.deepEqual(failed(), ['LOGGED_OUT hers', 'LOGGED_OUT hers'], 'the note and the join');
});

test('of two calls of connect() the last one counts', async (t) => {
  const { server, here, socket, cameAs, failed } = await startFor(t);
  await server.stop();
  socket.disconnect();
  socket.connect();
  socket.emit('note', 'hers');
  socket.emit('join_room', 'hers');
  socket.disconnect();
  here.user = 'bob';
  socket.connect();
  socket.emit('note', 'his');
  await server.listen();
  await until(() => cameAs().includes('bob note his'), 'his');
  assert.deepEqual(cameAs(), ['bob note his']);
  assert.deepEqual(failed(), ['LOGGED_OUT hers', 'LOGGED_OUT hers'], 'the note and the join');
});

test('the waiting emits of the same user are sent in order and once', async (t) => {
  const { server, socket, cameAs, failed } = await startFor(t);
  socket.disconnect();
  socket.emit('note', 1);
  socket.emit('join_room', 'hers');
  socket.connect();
  socket.emit('note', 2);
  await until(() => cameAs().includes('alice note 2'), 'both');
  assert.deepEqual(cameAs(), ['alice note 1', 'alice join_room hers', 'alice note 2']);
  server.dropAll();
  await once(socket, 'disconnect');
  socket.emit('note', 3);
  await until(() => cameAs().includes('alice note 3'), 'the return');
  assert.deepEqual(cameAs().slice(3), ['alice join_room hers', 'alice note 3']);
  assert.deepEqual(failed(), []);
});

test('rooms that the next user joined and left before connecting stay left', async (t) => {
  const { server, here, socket, cameAs } = await startFor(t);
  socket.emit('join_room', 'a');
  await until(() => cameAs().length === 1, 'hers');
  socket.disconnect();
  server.came.length = 0;
  here.user = 'bob';
  socket.connect();
  socket.emit('join_room', 'a');
  socket.emit('join_room', 'b');
  socket.emit('leave_room', 'b');
  socket.emit('note');
  await until(() => cameAs().includes('bob note'), 'his');
  assert.deepEqual(
    cameAs().filter((text) => text.includes('join')),
    ['bob join_room a'],
  );
  server.came.length = 0;
  server.dropAll();
  await once(socket, 'disconnect');
  socket.emit('note');
  await until(() => cameAs().includes('bob note'), 'the return');
  assert.deepEqual(cameAs(), ['bob join_room a', 'bob note']);
});

test('a user named by a function takes precedence over the credentials of the connection', async (t) => {
  const name = { now: 'alice' };
  const holdfast = { userId: () => name.now };
  const { server, here, socket, cameAs } = await startFor(t, { holdfast });
  await server.stop();
  socket.disconnect();
  socket.connect();
  socket.emit('note', 'hers');
  socket.emit('join_room', 'hers');
  here.user = 'bob';
  name.now = 'bob';
  await server.listen();
  await connected(socket);
  socket.emit('note', 'his');
  await until(() => cameAs().includes('bob note his'), 'his');
  assert.deepEqual(cameAs(), ['bob note his']);
});

test('emits with acknowledgements that socket.io-client has buffered are not sent as another user', async (t) => {
  const { here, socket, cameAs, failed } = await startFor(t);
  socket.disconnect();
  const answers = [];
  socket.emit('note', 'hers', () => answers.push('hers'));
  const asked = socket.emitWithAck('note', 'hers, asked').catch(({ message }) => message);
  const late = socket
    .timeout(60_000)
    .emitWithAck('note', 'hers, late')
    .catch(({ message }) => message);
  here.user = 'bob';
  socket.connect();
  socket.emit('note', 'his', () => answers.push('his'));
  socket.emit('note', 'his too');
  await until(() => cameAs().length >= 2, 'his');
  assert.deepEqual(cameAs(), ['bob note his', 'bob note his too']);
  assert.deepEqual(failed(), [
    'LOGGED_OUT hers',
    'LOGGED_OUT hers, asked',
    'LOGGED_OUT hers, late',
  ]);
  assert.equal(await asked, 'socket has been disconnected');
  assert.equal(await late, 'socket has been disconnected');
  assert.deepEqual(answers, []);
});

test('buffered emits of the same user are sent and answered', async (t) => {
  const { server, socket, cameAs } = await startFor(t);
  server.io.on('connection', (one) => one.on('note', (text, ack) => ack(text)));
  socket.disconnect();
  const answer = socket.emitWithAck('note', 'hers');
  socket.connect();
  assert.equal(await answer, 'hers');
  assert.deepEqual(cameAs(), ['alice note hers']);
});

test('an emit with an acknowledgement belongs to the user whom a function names', async (t) => {
  const name = { now: 'alice' };
  const { server, here, socket, cameAs, failed } = await startFor(t, {
    holdfast: { userId: () => name.now },
  });
  socket.disconnect();
  socket.emit('note', 'hers', () => {});
  here.user = 'bob';
  name.now = 'bob';
  socket.emit('note', 'his', () => {});
  socket.connect();
  await until(() => cameAs().length > 0, 'his');
  // And over a connection that is hers yet.
  here.user = 'alice';
  name.now = 'alice';
  socket.emit('note', 'hers again', () => {});
  await until(() => cameAs().length > 1, 'hers');
  assert.deepEqual(cameAs(), ['bob note his', 'alice note hers again']);
  assert.equal(server.links.length, 3);
  assert.deepEqual(failed(), ['LOGGED_OUT hers']);
});
