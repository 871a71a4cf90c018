// Which user a message belongs to, if the user changes before the server has admitted a connection: no message of one user is
// sent over a link of another, and no credentials of one open the link of another.

import assert from 'node:assert/strict';
import test from 'node:test';
import { startChatServer } from '../support/chat-server.mjs';
import {
  askedAuth,
  assertEachOverItsOwn,
  cameAs,
  logOutAndIn,
  settled,
  textsOf,
  tokenOf,
  turn,
} from './identity-kit.mjs';
import {
  api,
  client,
  freshModule,
  quick,
  ready,
  roundTrip,
  send,
  start,
  until,
} from './shell-kit.mjs';

/**
 * Why alice has no link yet. Each answers the options, and what to do once bob is named: what was pending for alice
 * is answered then.
 * @type {Record<string, () => { auth: () => unknown, server?: 'refuses' | 'is off', isHeld?: boolean, late?: () => void }>}
 */
const NO_LINK = {
  'her credentials are pending, and come late'() {
    const pending = [];
    return {
      auth: (user) =>
        user === 'alice' ? new Promise((resolve) => pending.push(resolve)) : tokenOf(user),
      late() {
        for (const resolve of pending) resolve(tokenOf('alice'));
      },
    };
  },
  'her credentials are pending, and fail late'() {
    const pending = [];
    return {
      auth: (user) =>
        user === 'alice' ? new Promise((_, reject) => pending.push(reject)) : tokenOf(user),
      late() {
        for (const reject of pending) reject(new Error('signed out'));
      },
    };
  },
  'her credentials never come': () => ({
    auth: (user) => (user === 'alice' ? new Promise(() => {}) : tokenOf(user)),
  }),
  'her credentials are given up in time': () => ({
    auth: (user) => (user === 'alice' ? new Promise(() => {}) : tokenOf(user)),
    options: { authTimeoutMs: 1 },
  }),
  'auth rejects': () => ({
    auth: async (user) => {
      if (user === 'alice') throw new Error('offline');
      return tokenOf(user);
    },
  }),
  'auth throws': () => ({
    auth(user) {
      if (user === 'alice') throw new Error('no token');
      return tokenOf(user);
    },
  }),
  'auth says that nobody is logged in': () => ({
    auth: (user) => (user === 'alice' ? null : tokenOf(user)),
  }),
  'the server refuses her': () => ({ auth: tokenOf, server: 'refuses' }),
  'the server is off': () => ({ auth: tokenOf, server: 'is off' }),
  'her login is not ready': () => ({ auth: tokenOf, isHeld: true }),
};

/** How an app names the next user. */
const SWITCHES = {
  'initializeSocket(bob)': () => api.initializeSocket('bob'),
  'connectSocket(bob)': () => api.connectSocket('bob', { isAuthReady: true }),
  'a disconnect, then initializeSocket(bob)'() {
    api.disconnectSocket();
    api.initializeSocket('bob');
  },
  'a hold for bob, then his login'() {
    api.disconnectSocket();
    api.initializeSocket('bob', { isAuthReady: false });
    api.initializeSocket('bob', { isAuthReady: true });
  },
  'a provider that configures and connects again'({ options }) {
    api.disconnectSocket();
    api.configureSocket({ ...options });
    api.connectSocket('bob');
  },
  'a logout and a login': () => logOutAndIn('bob'),
};

for (const [why, make] of Object.entries(NO_LINK)) {
  for (const [how, change] of Object.entries(SWITCHES)) {
    test(`alice has no link because ${why}; ${how}: nothing of hers is sent as bob`, async (t) => {
      let who = 'alice';
      const { auth, isHeld, late, server: trouble, options: more } = make();
      const options = { auth: () => auth(who), onError() {}, ...more };
      const server = await start(t, options);
      if (trouble === 'is off') await server.stop();
      if (trouble === 'refuses') server.hooks.admit = () => new Error('not you');
      api.initializeSocket('alice', isHeld ? { isAuthReady: false } : undefined);
      const hers = [1, 2].map(() => send({ recipientId: 'carol', text: 'hers', by: 'alice' }));
      api.emitFriendRequestSent({ by: 'alice' });
      api.getSocket().emit('raw', { by: 'alice' });
      await turn();
      who = 'bob';
      change({ options: quick(server.url, options) });
      // A hold outlives the calls that say nothing of it.
      if (isHeld) api.initializeSocket('bob', { isAuthReady: true });
      const his = send({ recipientId: 'carol', text: 'his', by: 'bob' });
      api.getSocket().emit('raw', { by: 'bob' });
      late?.();
      await turn();
      if (trouble === 'is off') await server.listen();
      server.hooks.admit = () => undefined;
      assert.equal((await settled(his)).success, true);
      for (const one of hers) {
        const { error, maybeDelivered } = await settled(one);
        assert.deepEqual([error, maybeDelivered], ['LOGGED_OUT', false]);
      }
      await roundTrip(server);
      assertEachOverItsOwn(server);
      assert.deepEqual(textsOf(server), ['his']);
      assert.deepEqual(cameAs(server, 'raw'), [{ by: 'bob' }]);
      assert.deepEqual(cameAs(server, 'friend_request_sent'), []);
      assert.deepEqual(server.joins, ['bob']);
      assert.equal(api.getMessageQueueLength(), 0);
    });
  }
}

for (const [how, change] of Object.entries(SWITCHES)) {
  for (const first of ['alice', 'bob']) {
    test(`${how}, while auth is pending for alice: bob's are asked for anew, ${first}'s come first`, async (t) => {
      const { answers, auth } = askedAuth();
      const options = { auth };
      const server = await start(t, options);
      api.initializeSocket('alice');
      assert.equal(answers.length, 1);
      change({ options: quick(server.url, options) });
      await until(() => answers.length > 1, 'asked for bob', 2000);
      const his = send({ recipientId: 'carol', text: 'his', by: 'bob' });
      const say = {
        alice: () => answers[0].resolve(tokenOf('alice')),
        bob: () => answers.at(-1).resolve(tokenOf('bob')),
      };
      say[first]();
      await turn();
      say[first === 'alice' ? 'bob' : 'alice']();
      assert.equal((await settled(his)).success, true);
      await roundTrip(server);
      assertEachOverItsOwn(server);
      assert.deepEqual(
        server.handshakes.map(({ of }) => of),
        ['bob'],
      );
      assert.deepEqual(server.joins, ['bob']);
    });
  }
}

test('an auth in the form of a callback that is answered after bob was named opens no link of his', async (t) => {
  const answers = [];
  const server = await start(t, { auth: (done) => answers.push(done) });
  api.initializeSocket('alice');
  api.initializeSocket('bob');
  await until(() => answers.length === 2, 'asked for bob', 2000);
  answers[0](tokenOf('alice'));
  await turn();
  assert.deepEqual(server.handshakes, []);
  answers[1](tokenOf('bob'));
  await ready();
  assertEachOverItsOwn(server);
});

test('after logins of alice, bob and alice without credentials, only the last one opens a link', async (t) => {
  const { answers, auth } = askedAuth();
  const server = await start(t, { auth });
  const sends = [];
  for (const [n, by] of ['alice', 'bob', 'alice'].entries()) {
    api.initializeSocket(by);
    sends.push(send({ recipientId: 'carol', text: `${n}`, by }));
  }
  await until(() => answers.length === 3, 'asked for each', 2000);
  for (const [n, { resolve }] of answers.entries()) {
    resolve(tokenOf(['alice', 'bob', 'alice'][n], { n }));
  }
  const results = await Promise.all(sends.map(settled));
  assert.deepEqual(
    results.map(({ success, error }) => (success ? 'sent' : error)),
    ['LOGGED_OUT', 'LOGGED_OUT', 'sent'],
  );
  await roundTrip(server);
  assert.deepEqual(textsOf(server), ['2']);
  assert.deepEqual(server.handshakes, [tokenOf('alice', { n: 2 })]);
});

test('a pending handshake of alice when bob is named passes no message of either', async (t) => {
  let who = 'alice';
  const server = await start(t, { auth: () => tokenOf(who) });
  let admit;
  server.hooks.admit = () =>
    new Promise((resolve) => {
      admit = resolve;
    });
  api.initializeSocket('alice');
  const hers = send({ recipientId: 'carol', text: 'hers', by: 'alice' });
  await until(() => admit, 'the handshake is under way');
  who = 'bob';
  api.initializeSocket('bob');
  const his = send({ recipientId: 'carol', text: 'his', by: 'bob' });
  server.hooks.admit = () => undefined;
  admit();
  assert.equal((await settled(his)).success, true);
  assert.equal((await settled(hers)).error, 'LOGGED_OUT');
  await roundTrip(server);
  assertEachOverItsOwn(server);
  assert.deepEqual(textsOf(server), ['his']);
});

for (const state of ['ready', 'waiting for the next link', 'disconnected by the app']) {
  test(`alice is ${state} when bob is named: messages in flight may be delivered, waiting ones are not`, async (t) => {
    let who = 'alice';
    const server = await start(t, { auth: () => tokenOf(who) }, { user: 'alice' });
    server.hooks.message = () => {};
    const out = send({ recipientId: 'carol', text: 'out', by: 'alice' });
    await until(() => server.received.length === 1, 'it left');
    if (state === 'disconnected by the app') api.disconnectSocket();
    if (state === 'waiting for the next link') {
      server.hooks.admit = () => new Error('later');
      server.dropAll();
      await until(() => !api.isSocketConnected(), 'down');
    }
    const waiting = send({ recipientId: 'carol', text: 'waiting', by: 'alice' });
    server.hooks.message = ({ ack, save }) => ack(save());
    server.hooks.admit = () => undefined;
    who = 'bob';
    api.initializeSocket('bob');
    const his = send({ recipientId: 'carol', text: 'his', by: 'bob' });
    const results = await Promise.all([out, waiting, his].map(settled));
    assert.equal(results[2].success, true);
    assert.deepEqual([results[0].error, results[0].maybeDelivered], ['LOGGED_OUT', true]);
    assert.equal(results[1].error, 'LOGGED_OUT');
    await roundTrip(server);
    assertEachOverItsOwn(server);
    assert.deepEqual(server.joins, ['alice', 'bob']);
  });
}

for (const state of ['pending', 'rejecting', 'never answering', 'offline']) {
  test(`the option userId names somebody else while credentials are ${state}: nothing is sent as him`, async (t) => {
    let who = 'alice';
    let late;
    const auth = {
      pending: () => (who === 'alice' ? new Promise((resolve) => (late = resolve)) : tokenOf(who)),
      rejecting: async () => (who === 'alice' ? assert.fail('offline') : tokenOf(who)),
      'never answering': () => (who === 'alice' ? new Promise(() => {}) : tokenOf(who)),
      offline: () => tokenOf(who),
    }[state];
    const server = await start(t, { userId: () => who, auth, onError() {} });
    if (state === 'offline') await server.stop();
    api.initializeSocket();
    const hers = send({ recipientId: 'carol', text: 'hers', by: 'alice' });
    await turn();
    who = 'bob';
    api.initializeSocket();
    const his = send({ recipientId: 'carol', text: 'his', by: 'bob' });
    late?.(tokenOf('alice'));
    if (state === 'offline') await server.listen();
    assert.equal((await settled(his)).success, true);
    assert.equal((await settled(hers)).error, 'LOGGED_OUT');
    await roundTrip(server);
    assertEachOverItsOwn(server);
    assert.deepEqual(textsOf(server), ['his']);
  });
}

test('if the option userId names another user at a reconnect, the waiting messages are not his', async (t) => {
  let who = 'alice';
  const server = await start(t, { userId: () => who, auth: () => tokenOf(who) });
  api.initializeSocket();
  await ready();
  server.hooks.admit = () => new Error('later');
  server.dropAll();
  await until(() => !api.isSocketConnected(), 'down');
  const hers = send({ recipientId: 'carol', text: 'hers', by: 'alice' });
  who = 'bob';
  server.hooks.admit = () => undefined;
  assert.equal((await settled(hers)).error, 'LOGGED_OUT');
  await until(() => server.joins.includes('bob'), 'bob joined');
  await roundTrip(server);
  assertEachOverItsOwn(server);
  assert.deepEqual(textsOf(server), []);
});

test('each message of a client of createClient belongs to the user of that moment', async (t) => {
  freshModule(t);
  const server = await startChatServer(t);
  let who = 'alice';
  let late;
  const made = client(t, server, {
    userId: () => who,
    auth: () => (who === 'alice' ? new Promise((resolve) => (late = resolve)) : tokenOf(who)),
  });
  made.connect();
  const hers = made.send('send_message', { text: 'hers', by: 'alice' });
  const refused = assert.rejects(hers, { code: 'LOGGED_OUT', maybeDelivered: false });
  who = 'bob';
  made.connect();
  const his = made.send('send_message', { text: 'his', by: 'bob' });
  late(tokenOf('alice'));
  assert.equal((await his).success, true);
  await refused;
  assertEachOverItsOwn(server);
  assert.deepEqual(textsOf(server), ['his']);
});

test('statistics and state show the user of the moment', async (t) => {
  const server = await start(t, { auth: () => new Promise(() => {}) });
  api.initializeSocket('alice');
  for (let n = 0; n < 3; n += 1) send({ recipientId: 'carol', text: `${n}`, by: 'alice' });
  assert.equal(api.getMessageQueueLength(), 3);
  api.initializeSocket('bob');
  assert.equal(api.getMessageQueueLength(), 0);
  send({ recipientId: 'carol', text: 'his', by: 'bob' });
  assert.equal(api.getMessageQueueLength(), 1);
  assert.deepEqual(server.handshakes, []);
});

test('an id that alice has in use is free for bob', async (t) => {
  let who = 'alice';
  const server = await start(t, {
    auth: () => (who === 'alice' ? new Promise(() => {}) : tokenOf(who)),
  });
  api.initializeSocket('alice');
  const hers = send({ _tempId: '1', text: 'hers', by: 'alice' });
  who = 'bob';
  api.initializeSocket('bob');
  const his = send({ _tempId: '1', text: 'his', by: 'bob' });
  assert.equal((await settled(hers)).error, 'LOGGED_OUT');
  assert.equal((await settled(his)).success, true);
  assert.deepEqual(textsOf(server), ['his']);
});

test('naming the same user again, in any form, changes nothing', async (t) => {
  const { answers, auth } = askedAuth();
  const server = await start(t, { auth });
  api.initializeSocket(17);
  const sent = send({ recipientId: 'carol', text: 'mine', by: '17' });
  for (const id of ['17', 17, { toString: () => '17' }, undefined, null, '']) {
    api.initializeSocket(id);
  }
  api.disconnectSocket();
  api.initializeSocket('17');
  await turn();
  for (const { resolve } of answers) resolve(tokenOf('17'));
  assert.equal((await settled(sent)).success, true);
  assert.deepEqual(server.joins, ['17']);
});
