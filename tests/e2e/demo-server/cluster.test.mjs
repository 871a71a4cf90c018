// Two processes of the demo's server, with one database and one Redis.

import assert from 'node:assert/strict';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { io } from 'socket.io-client';
import { openStore } from '../../../js-demo/server/store/index.js';
import { atEnd } from '../../support/at-end.mjs';
import { countMessages, readMessages } from '../../support/database.mjs';
import { join, request } from '../../support/demo-client.mjs';
import { pkg, requireFromDemo } from '../../support/paths.mjs';
import { createProxy } from '../../support/proxy.mjs';
import { startRedis, withoutRedis } from '../../support/redis.mjs';
import { DemoServer, startDemo } from '../../support/server.mjs';
import { until } from '../../support/until.mjs';

const { createClient } = await import(pathToFileURL(`${pkg}/esm/index.mjs`).href);
const needsRedis = { skip: withoutRedis };

test('messages sent at one process reach all users of the other', needsRedis, async (t) => {
  const [one, two] = await startBoth(t);
  const alice = await join(t, one, 'alice');
  const phone = await join(t, two, 'alice');
  const bob = await join(t, two, 'bob');
  const count = 50;
  for (let n = 0; n < count; n += 1) {
    const reply = await alice.send({ recipientId: 'bob', content: `text ${n}`, _tempId: `id${n}` });
    assert.equal(reply.success, true);
  }
  await until(
    () =>
      bob.seen['notification:new']?.length >= count && phone.seen['message:sent']?.length >= count,
    'all clients have all messages',
  );
  const expected = Array.from({ length: count }, (_, n) => `text ${n}`);
  for (const list of [bob.seen['message:new'], phone.seen['message:sent']]) {
    assert.deepEqual(
      list.map(({ content }) => content),
      expected,
    );
  }
  alice.emit('typing', { recipientId: 'bob' });
  await until(() => bob.seen.user_typing, 'typing passes as well');
  // Both processes accept each other's tokens.
  const token = await one.login('bob');
  await request(two, '/messages/alice/read', { method: 'PUT', token });
  await until(() => alice.seen['message:read'], 'read marks pass as well');
});

test('a repeated message at the other process is answered and not saved', needsRedis, async (t) => {
  const [one, two] = await startBoth(t);
  const first = await join(t, one, 'alice');
  const second = await join(t, two, 'alice');
  const bob = await join(t, two, 'bob');
  const data = { recipientId: 'bob', content: 'hello', _tempId: 'a' };
  const replies = await Promise.all([first, second, first, second].map((link) => link.send(data)));
  for (const reply of replies) assert.deepEqual(reply, replies[0]);
  assert.equal(replies[0].duplicate, undefined);
  await second.send({ ...data, content: 'next', _tempId: 'b' });
  await until(() => bob.seen['message:new']?.length >= 2, 'both arrive');
  assert.deepEqual(
    bob.seen['message:new'].map(({ content }) => content),
    ['hello', 'next'],
  );
  assert.equal(countMessages(one.database), 2);
});

test(
  'a message that a process saved before it died is published by its repeat',
  needsRedis,
  async (t) => {
    const [, two] = await startBoth(t);
    const bob = await join(t, two, 'bob');
    const phone = await join(t, two, 'alice');
    const alice = await join(t, two, 'alice');
    const store = await openStore({ MONGODB_URL: null, DATABASE: two.database });
    atEnd(t, () => store.close());
    const draft = { sender: 'alice', recipient: 'bob', content: 'hello', tempId: 'a' };
    await store.append(draft);
    const reply = await alice.send({ recipientId: 'bob', content: 'hello', _tempId: 'a' });
    assert.deepEqual(reply, { success: true, messageId: '1', _tempId: 'a', duplicate: true });
    await until(() => bob.seen['notification:new'] && phone.seen['message:sent'], 'all are told');
    assert.equal(bob.seen['message:new'][0].content, 'hello');
  },
);

test(
  'after a process is killed, its clients continue at the other one, and nothing is lost or duplicated',
  needsRedis,
  async (t) => {
    const [one, two] = await startBoth(t, { RATE_LIMIT: '100000' });
    const heard = [];
    const bob = holdfast(t, two, 'bob', await two.login('bob'));
    bob.on('message:new', ({ content }) => heard.push(content));
    bob.connect();
    await until(() => bob.getState().isReady, 'bob is there');
    // As behind a load balancer: one address, whose processes change.
    const balancer = await createProxy({ target: { port: one.port } });
    atEnd(t, () => balancer.close());
    const alice = holdfast(t, balancer, 'alice', await one.login('alice'));
    alice.connect();
    const count = 300;
    const content = (n) => `text ${n}`;
    let acknowledged = 0;
    const send = async (n) => {
      await alice.send('send_message', {
        recipientId: 'bob',
        content: content(n),
        _tempId: `id${n}`,
      });
      acknowledged += 1;
    };
    const sendFrom = (first, end) => Array.from({ length: end - first }, (_, n) => send(first + n));
    await Promise.all(sendFrom(0, 20));
    // In one turn, so that the server cannot have answered all of them before it is killed.
    const sent = [...sendFrom(20, 160)];
    const killed = one.kill();
    sent.push(...sendFrom(160, count));
    await killed;
    const unsettled = count - acknowledged;
    t.diagnostic(`killed with ${acknowledged} of ${count} acknowledged`);
    balancer.retarget(two.port);
    await Promise.all(sent);
    assert.ok(unsettled > 0, 'all was over before the kill: the test proved nothing');
    const expected = Array.from({ length: count }, (_, n) => content(n));
    assert.deepEqual(
      readMessages(two.database).map(({ content }) => content),
      expected,
    );
    // Bob's link never broke, so only the server can publish to him what the dead process had saved.
    await until(
      () => new Set(heard).size === count,
      () => `bob has ${new Set(heard).size} of ${count}`,
    );
    assert.equal(heard.length, count, 'none twice');
  },
);

test('a user is online while any process has one of their tabs', needsRedis, async (t) => {
  const [one, two] = await startBoth(t);
  const bob = await join(t, one, 'bob');
  const tabs = [await join(t, one, 'alice'), await join(t, two, 'alice')];
  await until(() => bob.seen.user_online, 'bob is told');
  await until(
    async () => (await bob.emitWithAck('get_online_users')).length === 2,
    'both are listed',
  );
  const carol = await join(t, two, 'carol');
  assert.deepEqual([...(await carol.emitWithAck('get_online_users'))].sort(), [
    'alice',
    'bob',
    'carol',
  ]);
  tabs[0].disconnect();
  // A later change of another user shows that nothing arrived before it.
  carol.disconnect();
  await until(() => bob.seen.user_offline, 'carol went');
  assert.deepEqual(bob.seen.user_offline, [{ userId: 'carol' }]);
  tabs[1].disconnect();
  await until(() => bob.seen.user_offline.length === 2, 'alice went with her last tab');
  assert.deepEqual(bob.seen.user_offline[1], { userId: 'alice' });
  assert.deepEqual(bob.seen.user_online.map(({ userId }) => userId).sort(), ['alice', 'carol']);
  assert.deepEqual(await bob.emitWithAck('get_online_users'), ['bob']);
});

test('a link that ends right after its join leaves no user online', needsRedis, async (t) => {
  const [one, two, url] = await startBoth(t);
  const redis = requireFromDemo('redis').createClient({ url });
  redis.on('error', () => {});
  await redis.connect();
  atEnd(t, () => redis.destroy());
  const bob = await join(t, two, 'bob');
  const alice = await join(t, one, 'alice', { reconnection: false });
  await until(() => bob.seen.user_online, 'alice is online');
  alice.disconnect();
  await until(() => bob.seen.user_offline, 'and offline');
  const auth = { token: await one.login('alice') };
  const hasty = io(one.url, { auth, forceNew: true, transports: ['websocket'] });
  atEnd(t, () => hasty.disconnect());
  await new Promise((resolve) => hasty.once('connect', resolve));
  // Redis delays the join, and the link ends meanwhile.
  await redis.sendCommand(['CLIENT', 'PAUSE', '500', 'ALL']);
  hasty.emit('join', 'alice');
  assert.equal((await request(one, '/people')).status, 200);
  hasty.disconnect();
  // Carol's join at the same process is handled after it.
  const carol = await join(t, one, 'carol');
  await until(
    () => bob.seen.user_online.some(({ userId }) => userId === 'carol'),
    'carol is online',
  );
  assert.deepEqual([...(await carol.emitWithAck('get_online_users'))].sort(), ['bob', 'carol']);
});

test('users of a killed process go offline after a while, once', needsRedis, async (t) => {
  const [one, two] = await startBoth(t, { PRESENCE_LEASE_S: '1' });
  const bob = await join(t, two, 'bob');
  await join(t, one, 'alice', { reconnection: false });
  await join(t, one, 'carol', { reconnection: false });
  const second = await join(t, two, 'carol');
  await until(() => bob.seen.user_online?.length === 2, 'both are online');
  await one.kill();
  await until(() => bob.seen.user_offline, 'alice is found out');
  assert.deepEqual(bob.seen.user_offline, [{ userId: 'alice' }]);
  assert.deepEqual([...(await bob.emitWithAck('get_online_users'))].sort(), ['bob', 'carol']);
  second.disconnect();
  await until(() => bob.seen.user_offline.length === 2, 'carol goes with her last tab');
  assert.equal(bob.seen.user_online.length, 2);
});

test('a process that is stopped sets its users offline at once', needsRedis, async (t) => {
  const [one, two] = await startBoth(t, { PRESENCE_LEASE_S: '3600' });
  const bob = await join(t, two, 'bob');
  await join(t, one, 'alice', { reconnection: false });
  await until(() => bob.seen.user_online, 'alice is online');
  await one.stop();
  assert.deepEqual(one.exit, { code: 0, signal: null });
  await until(() => bob.seen.user_offline, 'bob is told');
});

test('the rate limit counts a user’s messages over all processes', needsRedis, async (t) => {
  const [one, two] = await startBoth(t, { RATE_LIMIT: '10', RATE_WINDOW_S: '3600' });
  const links = [await join(t, one, 'alice'), await join(t, two, 'alice')];
  const replies = [];
  for (let n = 0; n < 14; n += 1) {
    replies.push(await links[n % 2].send({ recipientId: 'bob', content: `text ${n}` }));
  }
  assert.equal(replies.filter(({ success }) => success).length, 10);
  for (const reply of replies.slice(10)) {
    assert.equal(reply.code, 'RATE_LIMITED');
    assert.ok(reply.retryAfterMs > 3_000_000);
  }
  assert.equal(countMessages(one.database), 10);
});

test(
  'a process keeps working during an outage of Redis, and recovers afterwards',
  needsRedis,
  async (t) => {
    const redis = await startRedis(t);
    const demo = await startDemo(t, { env: { REDIS_URL: redis.url } });
    const alice = await join(t, demo, 'alice');
    const bob = await join(t, demo, 'bob');
    await redis.stop();
    const data = { recipientId: 'bob', content: 'hello', _tempId: 'a' };
    const sent = alice.emitWithAck('send_message', data);
    assert.equal((await request(demo, '/people')).status, 200);
    const posted = await request(demo, '/messages', {
      method: 'POST',
      token: await demo.login('alice'),
      body: { recipient: 'bob', content: 'posted' },
    });
    assert.equal(posted.status, 201);
    await redis.start();
    // Depending on whether the outage was noticed in time, the message is accepted or may be tried again.
    const first = await sent;
    assert.ok(first.success || first.code === 'INTERNAL_ERROR', JSON.stringify(first));
    await until(async () => (await alice.send(data)).success, 'the repeat is accepted');
    const heard = () => new Set(bob.seen['message:new']?.map(({ content }) => content));
    await until(() => heard().size === 2, 'bob has both', 30_000);
    assert.equal(countMessages(demo.database), 2);
    assert.equal(demo.starts, 1);
    assert.ok(demo.running);
  },
);

/** Two processes, and the URL of their Redis. All of them end with the test. */
async function startBoth(t, env = {}) {
  const { url } = await startRedis(t);
  const one = await startDemo(t, { env: { ...env, REDIS_URL: url } });
  const two = new DemoServer('js-demo/server/main.js', {
    ...env,
    REDIS_URL: url,
    DATABASE: one.database,
  });
  atEnd(t, () => two.kill());
  await two.start();
  return [one, two, url];
}

function holdfast(t, demo, userId, token) {
  const client = createClient({
    url: demo.url,
    auth: { token },
    userId,
    join: {},
    reconnect: { minMs: 50, maxMs: 500, spreadMs: 50 },
    send: { backoffMs: 50, ackTimeoutMs: 2000 },
  });
  atEnd(t, () => client.destroy());
  return client;
}
