// Identity at the demo's server: its tokens, and that no user can act as another one.

import assert from 'node:assert/strict';
import test from 'node:test';
import { io } from 'socket.io-client';
import { atEnd } from '../../support/at-end.mjs';
import { countMessages, readMessages } from '../../support/database.mjs';
import { join, request } from '../../support/demo-client.mjs';
import { startDemo } from '../../support/server.mjs';
import { badTokens, secretOf, signed } from '../../support/tokens.mjs';
import { until } from '../../support/until.mjs';

const ROUTES = [
  ['GET', '/messages/bob'],
  ['GET', '/messages/unread/counts'],
  ['POST', '/messages'],
  ['PUT', '/messages/bob/read'],
  ['GET', '/missed'],
  ['GET', '/notifications'],
  ['PUT', '/notifications/read-all'],
  ['PUT', '/notifications/1/read'],
  ['DELETE', '/notifications/1'],
];

test('a forged, expired or foreign token opens neither a link nor a route', async (t) => {
  const demo = await startDemo(t);
  const forged = badTokens(await demo.login('alice'), secretOf(demo.database));
  for (const [what, token] of Object.entries(forged)) {
    const error = await refusalOf(t, demo, token);
    assert.equal(error.data?.code, 'UNAUTHORIZED', what);
    assert.equal(error.data.final, undefined);
    for (const [method, path] of ROUTES) {
      const { status, body } = await request(demo, path, {
        method,
        token,
        body: method === 'POST' ? { recipient: 'bob', content: 'x' } : undefined,
      });
      assert.deepEqual([status, body.code], [401, 'UNAUTHORIZED'], `${what}: ${method} ${path}`);
      assert.equal(typeof body.error, 'string');
      assert.ok(Date.parse(body.timestamp));
    }
    const refreshed = await request(demo, '/token/refresh', { method: 'POST', token });
    assert.equal(refreshed.status, 401, what);
  }
  assert.equal(countMessages(demo.database), 0);
  assert.doesNotMatch(demo.output, /Error|Failed/);
});

test('a token expires, and for one more day it can be exchanged for a new one', async (t) => {
  const demo = await startDemo(t, { env: { TOKEN_TTL_S: '60' } });
  const { body } = await request(demo, '/login', { method: 'POST', body: { userId: 'alice' } });
  const { exp, iat } = claimsOf(body.token);
  assert.equal(exp - iat, 60);
  assert.equal(Date.parse(body.expiresAt), exp * 1000);
  const now = Math.floor(Date.now() / 1000);
  const key = secretOf(demo.database);
  const expired = (s) => signed(key, { sub: 'alice', iat: now - s - 60, exp: now - s });

  for (const [token, status] of [
    [body.token, 200],
    [expired(5), 401],
    [expired(86_000), 401],
  ]) {
    assert.equal((await request(demo, '/messages/bob', { token })).status, status);
    const refreshed = await request(demo, '/token/refresh', { method: 'POST', token });
    assert.equal(refreshed.status, 200);
    assert.ok(claimsOf(refreshed.body.token).exp >= now + 60);
    assert.ok(Date.parse(refreshed.body.expiresAt) > Date.now());
    const { status: known } = await request(demo, '/messages/bob', { token: refreshed.body.token });
    assert.equal(known, 200);
  }
  assert.equal((await refusalOf(t, demo, expired(5))).data.code, 'UNAUTHORIZED');
  const late = await request(demo, '/token/refresh', { method: 'POST', token: expired(86_500) });
  assert.deepEqual([late.status, late.body.code], [401, 'UNAUTHORIZED']);
});

test('a token stays valid across a restart of the server', async (t) => {
  const demo = await startDemo(t);
  const token = await demo.login('alice');
  await demo.restart();
  assert.equal((await request(demo, '/messages/bob', { token })).status, 200);
});

test('no user can join the room of another', async (t) => {
  const demo = await startDemo(t);
  const carol = await join(t, demo, 'carol');
  for (const room of [
    'bob',
    'user_bob',
    '',
    null,
    undefined,
    5,
    {},
    ['carol'],
    '__proto__',
    'Carol',
  ]) {
    carol.seen['room:error'] = [];
    const reply = await carol.emitWithAck('join', room);
    assert.equal(reply.code, 'FORBIDDEN', String(room));
    assert.deepEqual(carol.seen['room:error'], [{ message: 'That is not your room' }]);
  }
  const alice = await join(t, demo, 'alice');
  await alice.send({ recipientId: 'bob', content: 'for bob alone' });
  alice.emit('typing', { recipientId: 'bob', isTyping: true });
  await alice.send({ recipientId: 'carol', content: 'for carol' });
  await until(() => carol.seen['notification:new'], 'carol has hers');
  assert.deepEqual(
    carol.seen['message:new'].map(({ content }) => content),
    ['for carol'],
  );
  assert.equal(carol.seen.user_typing, undefined);
});

test('no user can send, type or mark as another, or read the data of others', async (t) => {
  const demo = await startDemo(t);
  const alice = await join(t, demo, 'alice');
  const carol = await join(t, demo, 'carol');
  const claims = { sender: 'bob', senderId: 'bob', userId: 'bob', _id: '77', read: true };
  assert.equal((await alice.send({ recipientId: 'carol', content: 'x', ...claims })).success, true);
  const body = { recipient: 'carol', content: 'y', ...claims };
  const token = await demo.login('alice');
  await request(demo, '/messages', { method: 'POST', token, body });
  assert.deepEqual(
    readMessages(demo.database).map(({ sender, recipient }) => [sender, recipient]),
    [
      ['alice', 'carol'],
      ['alice', 'carol'],
    ],
  );
  alice.emit('typing', { recipientId: 'carol', isTyping: true, userId: 'bob' });
  await until(() => carol.seen.user_typing, 'carol is told');
  assert.deepEqual(carol.seen.user_typing, [{ userId: 'alice', isTyping: true }]);

  const asBob = { token: await demo.login('bob') };
  const read = async (path) => (await request(demo, path, asBob)).body;
  assert.deepEqual(await read('/messages/alice'), []);
  assert.deepEqual(await read('/messages/carol'), []);
  assert.deepEqual(await read('/missed'), []);
  assert.deepEqual(await read('/notifications'), []);
  assert.deepEqual(await read('/messages/unread/counts'), {});
  for (const [method, path, status] of [
    ['PUT', '/notifications/1/read', 404],
    ['DELETE', '/notifications/1', 404],
    ['PUT', '/notifications/read-all', 200],
    ['PUT', '/messages/alice/read', 200],
    ['PUT', '/messages/carol/read', 200],
  ]) {
    assert.equal((await request(demo, path, { method, ...asBob })).status, status, path);
  }
  const hers = await request(demo, '/notifications', { token: await demo.login('carol') });
  assert.deepEqual(
    hers.body.map(({ read }) => read),
    [false, false],
  );
  assert.equal(carol.seen['notification:deleted'], undefined);
});

/** The error with which a connection with this token is refused. */
function refusalOf(t, demo, token) {
  const options = { auth: { token }, forceNew: true, reconnection: false };
  const client = io(demo.url, { ...options, transports: ['websocket'] });
  atEnd(t, () => client.disconnect());
  return new Promise((resolve, reject) => {
    client.once('connect_error', resolve);
    client.once('connect', () => reject(new Error('it got in')));
  });
}

function claimsOf(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
}
