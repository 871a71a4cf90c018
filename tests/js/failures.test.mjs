// Failures before there is a link: late or invalid credentials, refusals and failed transports, and how often the app and
// the log are told.

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  api,
  client,
  collectReports,
  jwt,
  observed,
  ready,
  refuse,
  roundTrip,
  send,
  settled,
  start,
  until,
} from './shell-kit.mjs';

/** An `auth` whose answers are in the test's hands, one for each time that it was asked. */
function askedAuth() {
  const answers = [];
  const auth = () => new Promise((resolve, reject) => answers.push({ resolve, reject }));
  return { answers, auth };
}

/** Callbacks that were waiting for a promise have run. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function anotherLink(server) {
  const before = server.handshakes.length;
  server.dropAll();
  await until(() => server.handshakes.length > before && api.isConnectionReady(), 'ready again');
}

function logOutAndIn() {
  api.disconnectSocketForLogout();
  api.resetLogoutFlag();
}

const LATE = { token: jwt({ userId: 'u1' }) };
const NEXT = { token: jwt({ userId: 'u2' }) };

for (const [name, leave] of [
  ['a disconnect', () => api.disconnectSocket()],
  ['a logout', logOutAndIn],
]) {
  test(`credentials that arrive after ${name} change nothing, and the next user can connect`, async (t) => {
    const { answers, auth } = askedAuth();
    const server = await start(t, { auth });
    api.initializeSocket();
    leave();
    const before = api.getSocket().auth;
    const waiting = send({ text: 'of u2' });
    assert.equal(waiting.calls[0].queued, true);
    const asked = answers.length;
    answers[0].resolve(LATE);
    await turn();
    assert.equal(api.getSocket().auth, before);
    assert.equal(api.getMessageQueueLength(), 1);
    assert.equal(answers.length, asked, 'nobody is asked because of the late answer');

    api.initializeSocket();
    answers.at(-1).resolve(NEXT);
    assert.equal((await settled(waiting)).success, true);
    await roundTrip(server);
    assert.deepEqual(server.handshakes, [NEXT]);
    assert.deepEqual(server.joins, ['u2']);
  });
}

test('an auth that ends the attempt and then answers changes nothing', async (t) => {
  let ends = true;
  const auth = () => {
    if (ends) api.disconnectSocket();
    return ends ? LATE : NEXT;
  };
  const server = await start(t, { auth });
  api.initializeSocket();
  assert.equal(api.getSocket().auth, undefined);
  const waiting = send({ text: 'of u2' });
  ends = false;
  api.initializeSocket();
  assert.equal((await settled(waiting)).success, true);
  await roundTrip(server);
  assert.deepEqual(server.handshakes, [NEXT]);
  assert.deepEqual(server.joins, ['u2']);
});

test('credentials after their deadline change nothing, whether new ones were requested or not', async (t) => {
  const { answers, auth } = askedAuth();
  const reconnect = { minMs: 200, maxMs: 200 };
  const { warned, errors, options } = observed({ auth, authTimeoutMs: 20, reconnect });
  const server = await start(t, options);
  api.initializeSocket();
  const waiting = send({ text: 'of u2' });
  await until(() => warned.length > 0, 'the time is up');
  const nobody = () => {
    assert.equal(api.getSocket().auth, undefined);
    assert.equal(api.getMessageQueueLength(), 1);
    assert.deepEqual(errors, []);
    assert.deepEqual(server.handshakes, []);
  };
  answers[0].resolve(LATE);
  await turn();
  nobody();
  await until(() => answers.length > 1, 'asked again');
  const [, second] = answers;
  await until(() => answers.length > 2, 'and again, with the second unanswered', 10_000, 1);
  second.resolve(LATE);
  await turn();
  nobody();
  await until(() => {
    answers.at(-1).resolve(NEXT);
    return api.isConnectionReady();
  }, 'ready');
  assert.equal((await settled(waiting)).success, true);
  await roundTrip(server);
  assert.deepEqual(server.joins, ['u2']);
  assert.deepEqual(server.handshakes, [NEXT]);
  assert.deepEqual(warned, ['auth did not answer in time: trying again'], 'logged once');
});

test('credentials that were requested for the previous user are not used for the next one', async (t) => {
  const { answers, auth } = askedAuth();
  const server = await start(t, { auth });
  api.initializeSocket('u1');
  api.disconnectSocketForLogout();
  api.resetLogoutFlag();
  api.initializeSocket('u2');
  assert.equal(answers.length, 2);
  answers[0].resolve({ token: 'of u1' });
  await turn();
  assert.equal(api.getSocket().auth, undefined);
  answers[1].resolve({ token: 'of u2' });
  await ready();
  assert.deepEqual(server.handshakes, [{ token: 'of u2' }]);
  assert.deepEqual(server.joins, ['u2']);
});

for (const [name, answer] of [
  ['a text', 'token'],
  ['a list', ['token']],
  ['a number', 5],
  ['true', true],
]) {
  test(`an auth that answers ${name} fails the attempt, is reported each time, and logged once per outage`, async (t) => {
    const answers = [answer, answer, answer];
    const { warned, errors, options } = observed({
      auth: () => (answers.length ? answers.shift() : { token: 'right' }),
    });
    const server = await start(t, options, { user: 'u1' });
    assert.deepEqual(server.handshakes, [{ token: 'right' }]);
    assert.deepEqual(
      errors.map(({ name: type, code }) => [type, code]),
      Array(3).fill(['HoldfastError', 'AUTH_FAILED']),
    );
    assert.equal(warned.length, 1);
    assert.match(warned[0], /auth .*\{ token \}/);

    answers.push(answer, answer);
    await anotherLink(server);
    assert.equal(errors.length, 5);
    assert.equal(warned.length, 2, 'the next outage is logged again');
  });
}

test('a refused handshake is REJECTED with its cause, reported each time, and logged once per outage', async (t) => {
  const { warned, errors, options } = observed();
  const server = await start(t, options);
  refuse(server, 3, 'no seat');
  api.initializeSocket('u1');
  await ready();
  assert.deepEqual(
    errors.map(({ code, cause }) => [code, cause.message, cause.data]),
    [2, 1, 0].map((left) => ['REJECTED', 'no seat', { left }]),
  );
  assert.deepEqual(warned, ['The server refused the connection: no seat']);
  refuse(server, 1, 'no seat');
  server.dropAll();
  await until(() => errors.length === 4, 'refused again');
  await ready();
  assert.equal(warned.length, 2, 'the next outage is logged again');
});

test('a failed transport is CONNECT_FAILED with its cause, and a different failure is logged too', async (t) => {
  const { warned, errors, options } = observed();
  const server = await start(t, options, { user: 'u1' });
  await server.stop();
  await until(() => errors.length >= 3, 'three attempts');
  refuse(server, 2, 'not yet');
  await server.listen();
  await ready();
  const failed = errors.slice(0, -2);
  for (const { code, cause, message } of failed) {
    assert.equal(code, 'CONNECT_FAILED');
    assert.ok(cause instanceof Error);
    assert.equal(message, `Connecting failed: ${cause.message}`);
  }
  assert.deepEqual(
    errors.slice(-2).map(({ code }) => code),
    ['REJECTED', 'REJECTED'],
  );
  assert.deepEqual(warned, [failed[0].message, 'The server refused the connection: not yet']);
});

test('attempts without an answer are logged once per outage', async (t) => {
  const { warned, options } = observed({ reconnect: { connectTimeoutMs: 30 } });
  const server = await start(t, options);
  let hanging = 3;
  server.hooks.admit = () => {
    hanging -= 1;
    return hanging < 0 ? undefined : new Promise(() => {});
  };
  api.initializeSocket('u1');
  await ready();
  assert.deepEqual(warned, ['no connection in time: trying again']);
});

test('the error of an outage stays in the state until the link is up again', async (t) => {
  const server = await start(t);
  const made = client(t, server, { userId: 'u1' });
  refuse(server, 1, 'once');
  const seen = [];
  made.subscribe(() => seen.push(made.getState().error?.code));
  made.connect();
  await until(() => made.getState().isReady, 'ready');
  assert.ok(seen.includes('REJECTED'));
  assert.equal(made.getState().error, null);
});

test('io.auth is used if the option auth is not set, in all of its forms', async (t) => {
  const forms = {
    'a value': { token: 'a value' },
    'a function': () => ({ token: 'a function' }),
    'a promise': async () => ({ token: 'a promise' }),
    'a callback': (done) => done({ token: 'a callback' }),
  };
  for (const [token, auth] of Object.entries(forms)) {
    const server = await start(t, { auth: undefined, io: { auth } }, { user: 'u1' });
    assert.deepEqual(server.handshakes, [{ token }]);
    assert.equal(api.getSocket().io.opts.auth, undefined, 'not handed on as well');
  }
  const option = { token: 'the option' };
  const server = await start(t, { auth: option, io: { auth: { token: 'of io' } } }, { user: 'u1' });
  assert.deepEqual(server.handshakes, [option]);
});

test('an async auth with a parameter answers by its promise or its callback, and the first answer counts', async (t) => {
  const forms = [
    async (_done) => ({ token: 'promised' }),
    async (done) => {
      await turn();
      done({ token: 'called back' });
    },
    async (done) => {
      done({ token: 'first' });
      return { token: 'second' };
    },
    async (_done) => {
      throw new Error('no token');
    },
    async (done) => {
      done({ token: 'before it failed' });
      throw new Error('no longer asked');
    },
  ];
  const { errors, options } = observed({ auth: (done) => forms.shift()(done) });
  const server = await start(t, options, { user: 'u1' });
  while (forms.length > 0) await anotherLink(server);
  assert.deepEqual(
    server.handshakes.map(({ token }) => token),
    ['promised', 'called back', 'first', 'before it failed'],
  );
  assert.deepEqual(
    errors.map(({ code, cause }) => [code, cause.message]),
    [['AUTH_FAILED', 'no token']],
  );
});

for (const [name, leave] of [
  ['a logout', logOutAndIn],
  ['a change of the user', () => api.disconnectSocket()],
]) {
  for (const isUsed of [true, false]) {
    const used = isUsed ? 'were used' : 'were not used yet';
    test(`credentials that a component assigned and that ${used} end with ${name}`, async (t) => {
      const option = { token: 'of the option' };
      const server = await start(t, { auth: () => option }, { user: 'u1' });
      const assigned = { token: 'of u1' };
      api.getSocket().auth = assigned;
      if (isUsed) {
        await anotherLink(server);
        await anotherLink(server);
        assert.deepEqual(server.handshakes.slice(1), [assigned, assigned]);
      }
      server.handshakes.length = 0;
      leave();
      if (name === 'a logout') assert.equal(api.getSocket().auth, undefined);
      api.initializeSocket('u2');
      await ready();
      await anotherLink(server);
      assert.deepEqual(server.handshakes, [option, option]);
    });
  }
}

test('a logger that throws is reported, and affects nothing else', async (t) => {
  const reported = collectReports(t);
  const fail = () => {
    throw new Error('the log is full');
  };
  // At this option, at the refusal and at the logout that nobody handles.
  const server = await start(t, { logger: { warn: fail, debug: fail }, io: { timeout: 5 } });
  refuse(server, 2, 'no');
  api.initializeSocket('u1');
  await ready();
  assert.equal((await settled(send({ text: 'a' }))).success, true);
  server.io.emit('force_logout', {});
  await until(() => !api.isSocketConnected(), 'forced out');
  assert.deepEqual(
    reported.map(({ message }) => message),
    Array(3).fill('the log is full'),
  );
});

test('an onError that throws is reported, and affects nothing else', async (t) => {
  const reported = collectReports(t);
  const onError = ({ code }) => {
    throw new Error(`no handler for ${code}`);
  };
  const server = await start(t, { onError });
  refuse(server, 2, 'no');
  api.initializeSocket('u1');
  assert.equal((await settled(send({ text: 'a' }))).success, true);
  assert.deepEqual(
    reported.map(({ message }) => message),
    Array(2).fill('no handler for REJECTED'),
  );
});
