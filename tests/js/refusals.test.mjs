// Refusals of messages and rooms that the server sends as events.

import assert from 'node:assert/strict';
import test from 'node:test';
import { startBareServer } from '../support/bare-server.mjs';
import {
  api,
  client,
  createClient,
  DeliveryError,
  observed,
  quick,
  ready,
  roundTrip,
  start,
  until,
} from './shell-kit.mjs';

/** A client, and a server that refuses messages as `refuse` says. */
async function refusing(t, refuse, options) {
  const take = ({ event, data }, socket) => event === 'send_message' && refuse(socket, data);
  const server = await startBareServer(t, { take });
  const { events = { failed: 'exception' }, ...more } = options ?? {};
  const made = createClient(quick(server.url, { userId: 'u1', events, ...more }));
  t.after(() => made.destroy());
  const settled = [];
  made.onSettled((result) => settled.push(result));
  made.connect();
  await until(() => made.getState().isReady, 'ready');
  return { server, made, settled };
}

test('an event of events.failed refuses the message whose id it carries', async (t) => {
  const { made, settled, server } = await refusing(t, (socket, { _tempId }) =>
    socket.emit('exception', { _tempId, error: 'too long', code: 'TOO_LONG' }),
  );
  const error = await made.send('send_message', { text: 'a' }).catch((reason) => reason);
  assert.ok(error instanceof DeliveryError);
  assert.equal(error.code, 'TOO_LONG');
  assert.equal(error.message, 'too long');
  assert.equal(error.retryable, false);
  assert.deepEqual(error.reply, { _tempId: error.id, error: 'too long', code: 'TOO_LONG' });
  assert.equal(settled[0].confirmedBy, 'echo');
  assert.equal(server.taken.length, 1, 'and it is not sent again');
});

test('the exception of a NestJS gateway, which has the message as its cause, refuses that message', async (t) => {
  const { made } = await refusing(t, (socket, data) =>
    socket.emit('exception', {
      status: 'error',
      message: 'Internal server error',
      cause: { pattern: 'send_message', data },
    }),
  );
  await assert.rejects(made.send('send_message', { text: 'a' }), {
    code: 'REFUSED',
    message: 'Internal server error',
  });
});

test('a refusal by event after the receipt is reported like a late acknowledgement', async (t) => {
  const errors = [];
  const waiting = [];
  const { made, settled } = await refusing(t, (...args) => waiting.push(args), {
    send: { ackTimeoutMs: 60 },
    onError: (error) => errors.push(error.code),
  });
  await made.send('send_message', { text: 'a' });
  const [[socket, { _tempId }]] = waiting;
  for (let times = 0; times < 2; times += 1) socket.emit('exception', { _tempId, code: 'BAD' });
  await until(() => settled.length > 1, 'told');
  await roundTrip({ clients: [socket] }, made.socket);
  assert.deepEqual(
    settled.map(({ success, code, confirmedBy }) => [success, code, confirmedBy]),
    [
      [true, undefined, 'receipt'],
      [false, 'BAD', 'echo'],
    ],
  );
  assert.deepEqual(errors, ['BAD']);
});

test('an event without the id of a message refuses none', async (t) => {
  const { made } = await refusing(t, (socket, { _tempId }) => {
    for (const data of [undefined, null, {}, { _tempId: 'other' }, { cause: { data: null } }])
      socket.emit('exception', data);
    socket.emit('message:sent', { _tempId });
  });
  await made.send('send_message', { text: 'a' });
});

/** Refuses rooms of the app's own, by the event that refuses our join. */
function refuseRooms(server, data) {
  server.io.on('connection', (socket) =>
    socket.on('join_room', () => socket.emit('room:error', data)),
  );
}

test('a refusal of another room does not refuse the join', async (t) => {
  const { options, errors } = observed();
  const server = await start(t, options);
  refuseRooms(server, { message: 'Room is full' });
  api.initializeSocket('u1');
  await ready();
  api.getSocket().emit('join_room', 'lobby');
  await roundTrip(server);
  const { client: made } = globalThis[Symbol.for('holdfast@1')];
  assert.deepEqual([errors, made.getState().error], [[], null]);
  assert.deepEqual(server.joins, ['u1']);
});

test('while the join is unanswered, a refusal that names another room does not refuse it', async (t) => {
  const { options, errors } = observed();
  const server = await start(t, options);
  let confirm;
  server.hooks.join = () =>
    new Promise((resolve) => {
      confirm = resolve;
    });
  refuseRooms(server, { message: 'Room is full', room: 'lobby' });
  api.initializeSocket('u1');
  await until(() => confirm, 'asked');
  api.getSocket().emit('join_room', 'lobby');
  await roundTrip(server);
  assert.deepEqual(errors, []);
  confirm('confirm');
  await ready();
  assert.deepEqual(server.joins, ['u1']);
});

test('a refused join is reported and repeated, and the refusal is forgotten once the join is confirmed', async (t) => {
  const { options, errors } = observed();
  const server = await start(t);
  const rooms = [undefined, 'user_u1', 'u1'];
  server.hooks.join = ({ count }) => (count > rooms.length ? 'confirm' : 'ignore');
  server.io.on('connection', (socket) =>
    socket.on('join', () => {
      const room = rooms[server.joins.length - 1];
      if (server.joins.length <= rooms.length)
        socket.emit('room:error', { message: 'Not yet', room });
    }),
  );
  const made = client(t, server, { ...options, userId: 'u1' });
  made.connect();
  await until(() => made.getState().isReady, 'ready');
  await roundTrip(server, made.socket);
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['JOIN_REJECTED', 'JOIN_REJECTED', 'JOIN_REJECTED'],
  );
  assert.equal(made.getState().error, null);
  assert.equal(server.joins.length, 4);
});

test('a reserved event name of socket.io is refused with that reason', async (t) => {
  const server = await start(t);
  const made = client(t, server);
  for (const event of ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener'])
    for (const options of [undefined, { way: 'volatile' }]) {
      await assert.rejects(made.send(event, {}, options), {
        code: 'INVALID_OPTION',
        message: new RegExp(`'${event}' is reserved by socket.io`),
      });
    }
});
