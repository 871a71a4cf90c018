// If no user is named and no token can be read, there is one session without a name. It lasts while credentials are renewed,
// and ends with a disconnect, a logout, or missing credentials. A name that is given later takes it over.

import assert from 'node:assert/strict';
import test from 'node:test';
import { startChatServer } from '../support/chat-server.mjs';
import {
  assertEachOverItsOwn,
  cameAs,
  lose,
  opaqueOf,
  settled,
  textsOf,
  tokenOf,
  turn,
} from './identity-kit.mjs';
import {
  api,
  client,
  freshModule,
  observed,
  ready,
  roundTrip,
  send,
  start,
  until,
} from './shell-kit.mjs';

/** Credentials that name nobody. */
const NAMELESS = {
  'an opaque token': (n) => opaqueOf('x', n),
  'a cookie alone': () => ({}),
  'a token without a subject': (n) => tokenOf(undefined, { iat: n }),
  'something else': (n) => ({ session: n }),
};

for (const [name, make] of Object.entries(NAMELESS)) {
  test(`a session of ${name} continues while credentials change`, async (t) => {
    let serial = 1;
    const { errors, options } = observed({ auth: async () => make(serial++) });
    const server = await start(t, options);
    api.initializeSocket();
    await ready();
    const sent = [];
    for (let link = 2; link <= 5; link += 1) {
      await lose(server);
      sent.push(send({ recipientId: 'carol', text: `${link}` }));
      await until(() => server.handshakes.length === link, 'the next link');
      await ready();
    }
    for (const result of await Promise.all(sent.map(settled))) assert.equal(result.success, true);
    assert.deepEqual(textsOf(server), ['2', '3', '4', '5']);
    assert.deepEqual(errors, []);
    assert.deepEqual(server.joins, []);
  });

  /** How the session ends. */
  const ends = {
    'disconnectSocket()': () => api.disconnectSocket(),
    'socket.disconnect()': () => api.getSocket().disconnect(),
    'a logout'() {
      api.disconnectSocketForLogout();
      api.resetLogoutFlag();
    },
  };
  for (const [how, end] of Object.entries(ends)) {
    for (const state of ['ready', 'waiting', 'not begun']) {
      test(`${how} ends a session of ${name} that is ${state}: nothing of it is sent afterwards`, async (t) => {
        let credentials = make(1);
        const server = await start(t, { auth: () => credentials, onError() {} });
        const sent = [];
        if (state === 'not begun') {
          // A send would begin to connect.
          server.hooks.admit = () => new Error('later');
        } else {
          api.initializeSocket();
          await ready();
        }
        if (state === 'ready') {
          server.hooks.message = () => {};
          sent.push(send({ recipientId: 'carol', text: 'out' }));
          await until(() => server.received.length === 1, 'it left');
        }
        if (state === 'waiting') {
          server.hooks.admit = () => new Error('later');
          await lose(server);
        }
        if (state !== 'ready') {
          sent.push(send({ recipientId: 'carol', text: 'waiting' }));
          api.getSocket().emit('raw', 'of the session');
          api.emitFriendRequestSent({ of: 'the session' });
        }
        end();
        for (const one of sent) {
          const { error, maybeDelivered } = await settled(one);
          assert.deepEqual([error, maybeDelivered], ['LOGGED_OUT', state === 'ready']);
        }
        assert.equal(api.getMessageQueueLength(), 0);
        server.hooks.admit = () => undefined;
        server.hooks.message = ({ ack, save }) => ack(save());
        credentials = tokenOf('bob');
        api.initializeSocket();
        await ready();
        const his = send({ recipientId: 'carol', text: 'his', by: 'bob' });
        assert.equal((await settled(his)).success, true);
        await roundTrip(server);
        assert.deepEqual(textsOf(server), state === 'ready' ? ['out', 'his'] : ['his']);
        assert.deepEqual(cameAs(server, 'raw'), []);
        assert.deepEqual(cameAs(server, 'friend_request_sent'), []);
        assertEachOverItsOwn(server);
      });
    }
  }

  test(`a session of ${name} ends when auth names no user`, async (t) => {
    let credentials = make(1);
    const { errors, options } = observed({ auth: () => credentials });
    const server = await start(t, options);
    api.initializeSocket();
    await ready();
    credentials = null;
    await lose(server);
    const hers = send({ recipientId: 'carol', text: 'hers' });
    assert.equal((await settled(hers)).error, 'LOGGED_OUT');
    credentials = tokenOf('bob');
    api.initializeSocket();
    await ready();
    await roundTrip(server);
    assert.deepEqual(textsOf(server), []);
    assert.deepEqual(server.joins, ['bob']);
    assert.deepEqual(errors, []);
  });
}

test('messages after a disconnect belong to the next session, and to the user who is named then', async (t) => {
  const server = await start(t, { auth: opaqueOf('x') });
  api.initializeSocket();
  await ready();
  api.disconnectSocket();
  const sent = send({ recipientId: 'carol', text: 'later' });
  assert.equal(sent.calls[0].queued, true);
  api.initializeSocket('alice');
  assert.equal((await settled(sent)).success, true);
  assert.deepEqual(server.joins, ['alice']);
});

test('a later name claims the waiting messages, with and without a link before', async (t) => {
  const server = await start(t, { auth: opaqueOf('x') });
  const sent = [send({ recipientId: 'carol', text: 'before any call' })];
  api.initializeSocket();
  sent.push(send({ recipientId: 'carol', text: 'before the link' }));
  await ready();
  server.hooks.message = ({ repeat, ack, save }) => repeat > 0 && ack(save());
  const out = send({ recipientId: 'dave', text: 'out' });
  await until(() => server.received.some(({ data }) => data.text === 'out'), 'it left');
  api.initializeSocket('alice');
  sent.push(out, send({ recipientId: 'dave', text: 'named' }));
  server.hooks.message = ({ ack, save }) => ack(save());
  for (const result of await Promise.all(sent.map(settled))) assert.equal(result.success, true);
  assert.deepEqual(server.joins, ['alice']);
  assert.equal(server.saved.length, 4);
});

test('a name that is given while credentials are pending claims the waiting messages', async (t) => {
  const answers = [];
  const server = await start(t, { auth: () => new Promise((done) => answers.push(done)) });
  api.initializeSocket();
  const sent = send({ recipientId: 'carol', text: 'a' });
  api.initializeSocket('alice');
  await turn();
  for (const answer of answers) answer(opaqueOf('x'));
  assert.equal((await settled(sent)).success, true);
  assert.deepEqual(server.joins, ['alice']);
});

test('a later readable token claims the waiting messages', async (t) => {
  let credentials = opaqueOf('x');
  const { errors, options } = observed({ auth: () => credentials });
  const server = await start(t, options);
  api.initializeSocket();
  await ready();
  server.hooks.admit = () => new Error('later');
  await lose(server);
  const sent = send({ recipientId: 'carol', text: 'a' });
  credentials = tokenOf('alice');
  server.hooks.admit = () => undefined;
  assert.equal((await settled(sent)).success, true);
  await until(() => server.joins.length > 0, 'joined');
  assert.deepEqual(server.joins, ['alice']);
  assert.equal(errors.filter(({ code }) => code === 'AUTH_FAILED').length, 0);
});

test('after a claim, a different name is another user', async (t) => {
  let credentials = opaqueOf('x');
  const server = await start(t, { auth: () => credentials, onError() {} });
  await server.stop();
  const sent = send({ recipientId: 'carol', text: 'a' });
  await turn();
  credentials = tokenOf('alice');
  api.initializeSocket('alice');
  await turn();
  credentials = tokenOf('bob');
  api.initializeSocket('bob');
  assert.equal((await settled(sent)).error, 'LOGGED_OUT');
  await server.listen();
  await ready();
  await roundTrip(server);
  assert.deepEqual(textsOf(server), []);
  assertEachOverItsOwn(server);
});

for (const [how, end] of [
  ['disconnect()', (made) => made.disconnect()],
  ['socket.disconnect()', (made) => made.socket.disconnect()],
  ['logout()', (made) => made.logout()],
]) {
  test(`${how} of a client without a name settles waiting messages`, async (t) => {
    freshModule(t);
    const server = await startChatServer(t);
    const made = client(t, server, { auth: opaqueOf('x') });
    server.hooks.admit = () => new Error('later');
    const sent = made.send('send_message', { text: 'a' });
    const refused = assert.rejects(sent, { code: 'LOGGED_OUT', maybeDelivered: false });
    end(made);
    await refused;
    assert.deepEqual(made.outbox(), []);
    server.hooks.admit = () => undefined;
    made.connect();
    await until(() => made.getState().isReady, 'ready');
    await roundTrip(server, made.socket);
    assert.deepEqual(textsOf(server), []);
  });
}

test('a named user keeps waiting messages across a disconnect', async (t) => {
  const server = await start(t, { auth: opaqueOf('x') }, { user: 'alice' });
  api.disconnectSocket();
  const sent = send({ recipientId: 'carol', text: 'a' });
  api.disconnectSocket();
  api.initializeSocket('alice');
  assert.equal((await settled(sent)).success, true);
  assert.equal(server.saved.length, 1);
});
