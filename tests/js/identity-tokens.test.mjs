// The name from the app and the subject of the token may differ, but they belong together: a renewed token changes nothing,
// and with a token of another user nothing is sent.

import assert from 'node:assert/strict';
import test from 'node:test';
import { startChatServer } from '../support/chat-server.mjs';
import {
  assertEachOverItsOwn,
  cameAs,
  fakeStorage,
  lose,
  opaqueOf,
  ownerOf,
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

/** The identity provider's ids of the users. */
const SUBJECT = { alice: 'auth0|7f31', bob: 'auth0|90aa' };
const OWNERS = { 'auth0|7f31': 'alice', 'auth0|90aa': 'bob' };
let serial = 0;
/** A token of now: each one is another text. */
const renewed = (user) => {
  serial += 1;
  return tokenOf(SUBJECT[user], { iat: serial, exp: serial + 1 });
};

const codesOf = (errors) => errors.map(({ code }) => code);

/** Sends while links come and go, and credentials with them; each message has to come once. */
async function sendUnderReturns(server, before = () => {}) {
  const sent = [];
  for (let link = 1; link <= 6; link += 1) {
    before(link);
    for (let n = 0; n < 5; n += 1) {
      sent.push(send({ recipientId: 'carol', text: `${link}.${n}`, by: 'alice' }));
    }
    if (link % 2) await settled(sent.at(-1));
    const { length } = server.handshakes;
    server.dropAll();
    await until(() => server.handshakes.length > length, 'the next link');
    await ready();
  }
  for (const result of await Promise.all(sent.map(settled))) assert.equal(result.success, true);
  await roundTrip(server);
  assert.equal(server.saved.length, sent.length);
  const credentials = server.handshakes.map(({ token }) => token);
  assert.equal(new Set(credentials).size, 7, 'each link has credentials of its own');
}

/** What makes credentials at each link, and how each is assigned. */
const RENEWALS = {
  'a token of another id': () => renewed('alice'),
  'an opaque token': () => {
    serial += 1;
    return { ...opaqueOf('x', serial), of: SUBJECT.alice };
  },
  'a token without a subject': () => {
    serial += 1;
    return { ...tokenOf(undefined, { iat: serial }), of: SUBJECT.alice };
  },
};
for (const [name, next] of Object.entries(RENEWALS)) {
  test(`named alice, with ${name} that is renewed at each attempt: nothing is lost or refused`, async (t) => {
    const { errors, options } = observed({ auth: async () => next() });
    const server = await start(t, options, { user: 'alice' });
    await sendUnderReturns(server);
    assert.deepEqual(codesOf(errors), []);
    assert.deepEqual([...new Set(server.joins)], ['alice']);
    assertEachOverItsOwn(server, OWNERS);
  });

  test(`named alice, with ${name} that a component assigns anew: nothing is lost or refused`, async (t) => {
    const { errors, options } = observed({ auth: next() });
    const server = await start(t, options, { user: 'alice' });
    await sendUnderReturns(server, () => {
      api.getSocket().auth = next();
    });
    assert.deepEqual(codesOf(errors), []);
    assertEachOverItsOwn(server, OWNERS);
  });

  test(`named alice, with ${name} in localStorage that is renewed there: nothing is lost or refused`, async (t) => {
    const storage = fakeStorage(t, { token: next().token });
    const { errors, options } = observed({ auth: undefined });
    const server = await start(t, options, { user: 'alice' });
    await sendUnderReturns(server, () => storage.setItem('token', next().token));
    assert.deepEqual(codesOf(errors), []);
  });
}

test('a token that is renewed every few milliseconds, under sends and disconnects, is no change', async (t) => {
  let current = renewed('alice');
  const timer = setInterval(() => {
    current = renewed('alice');
  }, 2);
  t.after(() => clearInterval(timer));
  const { errors, options } = observed({
    auth: async () => {
      await turn();
      return current;
    },
  });
  const server = await start(t, options, { user: 'alice' });
  const sent = [];
  for (let round = 0; round < 20; round += 1) {
    sent.push(send({ recipientId: 'carol', text: `${round}`, by: 'alice' }));
    if (round % 4 === 1) server.dropAll();
    if (round % 4 === 3) {
      api.disconnectSocket();
      api.initializeSocket('alice');
    }
    await turn();
  }
  for (const result of await Promise.all(sent.map(settled))) assert.equal(result.success, true);
  assert.deepEqual(codesOf(errors), []);
  assert.equal(server.saved.length, 20);
  assertEachOverItsOwn(server, OWNERS);
});

test('without a name, the user of a token stays the same while it is renewed', async (t) => {
  const { errors, options } = observed({ auth: () => renewed('alice') });
  const server = await start(t, options);
  api.initializeSocket();
  await ready();
  await sendUnderReturns(server);
  assert.deepEqual(codesOf(errors), []);
  assert.deepEqual([...new Set(server.joins)], [SUBJECT.alice]);
});

/**
 * How credentials of somebody else come in under alice's name. Each answers what sets them.
 * @type {Record<string, (t: object) => { auth: unknown, set: (credentials: object) => void }>}
 */
const WAYS = {
  'the option auth, a function'() {
    let now = renewed('alice');
    return { auth: () => now, set: (next) => (now = next) };
  },
  'the option auth, async'() {
    let now = renewed('alice');
    return { auth: async () => now, set: (next) => (now = next) };
  },
  'the option auth, by its callback'() {
    let now = renewed('alice');
    return { auth: (done) => setImmediate(done, now), set: (next) => (now = next) };
  },
  'an object that the app writes to'() {
    const auth = { ...renewed('alice') };
    return { auth, set: (next) => Object.assign(auth, next) };
  },
  'socket.auth'() {
    return { auth: renewed('alice'), set: (next) => (api.getSocket().auth = next) };
  },
  'a token in localStorage'(t) {
    const storage = fakeStorage(t, { token: renewed('alice').token });
    return { auth: undefined, set: ({ token }) => storage.setItem('token', token) };
  },
};

/** Told once, the queue kept, nothing asked of the server any more. */
async function assertStopped({ server, errors, links, waiting }) {
  await until(() => errors.length > 0 && !api.getSocket().active, 'stopped', 3000);
  assert.deepEqual(codesOf(errors), ['AUTH_FAILED']);
  assert.equal(api.getMessageQueueLength(), waiting);
  assert.equal(server.handshakes.length, links, 'the credentials did not reach the server');
  assert.ok(server.handshakes.every((auth) => OWNERS[ownerOf({ auth })] !== 'bob'));
}

for (const [name, make] of Object.entries(WAYS)) {
  for (const [again, connect] of [
    ['initializeSocket(alice)', () => api.initializeSocket('alice')],
    ['initializeSocket()', () => api.initializeSocket()],
    ['socket.connect()', () => api.getSocket().connect()],
  ]) {
    test(`a token of another user, by ${name}, stops alice; ${again} with hers sends all`, async (t) => {
      const way = make(t);
      const { errors, options } = observed({ auth: way.auth });
      const server = await start(t, options, { user: 'alice' });
      way.set(renewed('bob'));
      await lose(server);
      const sent = [1, 2].map((n) => send({ recipientId: 'carol', text: `${n}`, by: 'alice' }));
      await assertStopped({ server, errors, links: 1, waiting: 2 });
      sent.push(send({ recipientId: 'carol', text: '3', by: 'alice' }));
      await turn();
      await assertStopped({ server, errors, links: 1, waiting: 3 });
      way.set(renewed('alice'));
      connect();
      for (const result of await Promise.all(sent.map(settled))) {
        assert.equal(result.success, true);
      }
      await roundTrip(server);
      assert.deepEqual(textsOf(server), ['1', '2', '3']);
      assert.deepEqual(codesOf(errors), ['AUTH_FAILED']);
      assert.deepEqual(server.joins, ['alice', 'alice']);
      assertEachOverItsOwn(server, OWNERS);
    });
  }

  // What a component assigned ends with a change of user: then the option is asked.
  if (name === 'socket.auth') continue;
  test(`a token of another user, by ${name}; initializeSocket(bob) makes it his, and hers are LOGGED_OUT`, async (t) => {
    const way = make(t);
    const { errors, options } = observed({ auth: way.auth });
    const server = await start(t, options, { user: 'alice' });
    way.set(renewed('bob'));
    await lose(server);
    const hers = [1, 2].map((n) => send({ recipientId: 'carol', text: `${n}`, by: 'alice' }));
    await assertStopped({ server, errors, links: 1, waiting: 2 });
    api.initializeSocket('bob');
    for (const one of hers) assert.equal((await settled(one)).error, 'LOGGED_OUT');
    const his = send({ recipientId: 'carol', text: 'his', by: 'bob' });
    assert.equal((await settled(his)).success, true);
    await roundTrip(server);
    assert.deepEqual(textsOf(server), ['his']);
    assert.deepEqual(server.joins, ['alice', 'bob']);
    assert.deepEqual(codesOf(errors), ['AUTH_FAILED']);
    assertEachOverItsOwn(server, OWNERS);
  });
}

test('a token of another user stops alice before her first link too', async (t) => {
  let now = renewed('alice');
  const { errors, options } = observed({ auth: () => now });
  const server = await start(t, options);
  await server.stop();
  api.initializeSocket('alice');
  const hers = send({ recipientId: 'carol', text: 'hers', by: 'alice' });
  await until(() => errors.length > 0, 'a failed attempt');
  assert.equal(errors[0].code, 'CONNECT_FAILED');
  now = renewed('bob');
  await until(() => codesOf(errors).includes('AUTH_FAILED'), 'told', 3000);
  await server.listen();
  await until(() => !api.getSocket().active, 'stopped', 3000);
  assert.deepEqual(server.handshakes, []);
  assert.equal(codesOf(errors).filter((code) => code === 'AUTH_FAILED').length, 1);
  assert.equal(api.getMessageQueueLength(), 1);
  now = renewed('alice');
  api.initializeSocket('alice');
  assert.equal((await settled(hers)).success, true);
  assertEachOverItsOwn(server, OWNERS);
});

test('an opaque token between two readable ones does not make the client forget the subject of alice', async (t) => {
  let now = renewed('alice');
  const { errors, options } = observed({ auth: () => now });
  const server = await start(t, options, { user: 'alice' });
  now = { ...opaqueOf('x'), of: SUBJECT.alice };
  server.dropAll();
  await until(() => server.handshakes.length === 2, 'the link with the opaque token');
  await ready();
  now = renewed('bob');
  await lose(server);
  const hers = send({ recipientId: 'carol', text: 'hers', by: 'alice' });
  await assertStopped({ server, errors, links: 2, waiting: 1 });
  now = renewed('alice');
  api.initializeSocket('alice');
  assert.equal((await settled(hers)).success, true);
  assertEachOverItsOwn(server, OWNERS);
});

test('after a logout the subject of alice may differ', async (t) => {
  let now = renewed('alice');
  const { errors, options } = observed({ auth: () => now });
  const server = await start(t, options, { user: 'alice' });
  api.disconnectSocketForLogout();
  api.resetLogoutFlag();
  now = tokenOf('another provider', { of: 'alice' });
  api.initializeSocket('alice');
  const sent = send({ recipientId: 'carol', text: 'a' });
  assert.equal((await settled(sent)).success, true);
  assert.deepEqual(codesOf(errors), []);
  assert.equal(server.handshakes.length, 2);
});

test('two alternating users each have their own subject', async (t) => {
  let who = 'alice';
  const { errors, options } = observed({ auth: () => renewed(who) });
  const server = await start(t, options);
  for (const user of ['alice', 'bob', 'alice', 'bob']) {
    who = user;
    api.initializeSocket(user);
    const sent = send({ recipientId: 'carol', text: user, by: user });
    assert.equal((await settled(sent)).success, true);
  }
  assert.deepEqual(codesOf(errors), []);
  assert.deepEqual(textsOf(server), ['alice', 'bob', 'alice', 'bob']);
  assertEachOverItsOwn(server, OWNERS);
});

test('a client of createClient is stopped by a token of another user, and reports it once', async (t) => {
  freshModule(t);
  const server = await startChatServer(t);
  let now = renewed('alice');
  const errors = [];
  const made = client(t, server, {
    userId: 'alice',
    auth: () => now,
    onError: (error) => errors.push(error),
  });
  made.connect();
  await until(() => made.getState().isReady, 'ready');
  now = renewed('bob');
  await lose(server, made.socket);
  const hers = made.send('send_message', { text: 'hers', by: 'alice' });
  await until(() => errors.length > 0 && made.getState().phase === 'idle', 'stopped', 3000);
  assert.equal(made.getState().nextAttemptAt, null);
  assert.equal(made.getState().error.code, 'AUTH_FAILED');
  now = renewed('alice');
  made.connect();
  assert.equal((await hers).success, true);
  assert.deepEqual(codesOf(errors), ['AUTH_FAILED']);
  assert.equal(server.handshakes.length, 2);
  assertEachOverItsOwn(server, OWNERS);
});

// Nobody is named: the token says who the user is, and another subject is another user.
for (const [name, make] of Object.entries(WAYS)) {
  for (const when of ['while it waits', 'while it is out']) {
    test(`nobody is named: another subject, by ${name}, is another user; a message ${when} is not his`, async (t) => {
      const way = make(t);
      const { errors, options } = observed({ auth: way.auth });
      const server = await start(t, options);
      api.initializeSocket();
      await ready();
      server.hooks.message = () => {};
      const isOut = when === 'while it is out';
      const message = { recipientId: 'carol', text: 'hers', by: SUBJECT.alice };
      let hers;
      if (isOut) {
        hers = send(message);
        await until(() => server.received.length === 1, 'it left');
      }
      server.hooks.message = ({ ack, save }) => ack(save());
      server.hooks.admit = () => new Error('later');
      await lose(server);
      hers ??= send(message);
      way.set(renewed('bob'));
      server.hooks.admit = () => undefined;
      const { error, maybeDelivered } = await settled(hers);
      assert.deepEqual([error, maybeDelivered], ['LOGGED_OUT', isOut]);
      await ready();
      const his = send({ recipientId: 'carol', text: 'his', by: SUBJECT.bob });
      assert.equal((await settled(his)).success, true);
      await roundTrip(server);
      assert.deepEqual(textsOf(server), isOut ? ['hers', 'his'] : ['his']);
      assert.equal(codesOf(errors).includes('AUTH_FAILED'), false);
      assertEachOverItsOwn(server);
    });
  }
}

test('without a name, a different subject before the first link is another user', async (t) => {
  let now = renewed('alice');
  const server = await start(t, { auth: () => now, onError() {} });
  await server.stop();
  api.initializeSocket();
  const hers = send({ recipientId: 'carol', text: 'hers', by: SUBJECT.alice });
  api.getSocket().emit('raw', { by: SUBJECT.alice });
  await turn();
  now = renewed('bob');
  assert.equal((await settled(hers)).error, 'LOGGED_OUT');
  await server.listen();
  await ready();
  await roundTrip(server);
  assert.deepEqual(textsOf(server), []);
  assert.deepEqual(cameAs(server, 'raw'), []);
  assertEachOverItsOwn(server);
});
