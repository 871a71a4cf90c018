// The REST interface of the demo's server, route by route.

import assert from 'node:assert/strict';
import test from 'node:test';
import { join, request } from '../../support/demo-client.mjs';
import { startDemo } from '../../support/server.mjs';
import { until } from '../../support/until.mjs';

test('conversations are paged backwards, and missed messages are returned in order', async (t) => {
  const demo = await startDemo(t);
  const as = await people(demo, 'alice', 'bob', 'carol');
  for (let n = 1; n <= 6; n += 1) await as.alice.post({ recipient: 'bob', content: `text ${n}` });
  await as.carol.post({ recipient: 'bob', content: 'from carol' });
  const ids = async (who, path) => (await who.get(path)).body.map(({ _id }) => _id);
  assert.deepEqual(await ids(as.alice, '/messages/bob'), ['1', '2', '3', '4', '5', '6']);
  assert.deepEqual(await ids(as.bob, '/messages/alice?limit=2'), ['5', '6']);
  assert.deepEqual(await ids(as.bob, '/messages/alice?limit=2&before=5'), ['3', '4']);
  assert.deepEqual(await ids(as.bob, '/messages/alice?before=1'), []);
  assert.deepEqual(await ids(as.bob, '/messages/alice?limit=999999999999999'), [
    ...['1', '2', '3', '4', '5', '6'],
  ]);
  assert.deepEqual(await ids(as.bob, '/missed?after=5'), ['6', '7']);
  assert.deepEqual(await ids(as.alice, '/missed?after=0'), ['1', '2', '3', '4', '5', '6']);
  assert.deepEqual(await ids(as.bob, '/missed?after=7'), []);
  for (let n = 7; n <= 60; n += 1) await as.alice.post({ recipient: 'bob', content: `text ${n}` });
  assert.equal((await as.bob.get('/messages/alice')).body.length, 50);
  assert.equal((await as.bob.get('/messages/alice')).headers.get('cache-control'), 'no-store');
});

test('marking a conversation as read marks the messages of the peer, and both users are told', async (t) => {
  const demo = await startDemo(t);
  const as = await people(demo, 'alice', 'bob');
  const [alice, bob] = [await join(t, demo, 'alice'), await join(t, demo, 'bob')];
  for (const content of ['one', 'two']) await as.alice.post({ recipient: 'bob', content });
  await as.bob.post({ recipient: 'alice', content: 'three' });
  assert.deepEqual((await as.bob.get('/messages/unread/counts')).body, { alice: 2 });
  await as.bob.get('/messages/alice');
  assert.deepEqual((await as.bob.get('/messages/unread/counts')).body, { alice: 2 });
  assert.deepEqual((await as.bob.put('/messages/alice/read')).body, { read: 2 });
  await until(() => alice.seen['message:read'] && bob.seen['message:read'], 'both are told');
  assert.deepEqual((await as.bob.put('/messages/alice/read')).body, { read: 0 });
  await Promise.all([alice.emitWithAck('ping'), bob.emitWithAck('ping')]);
  for (const client of [alice, bob]) {
    assert.deepEqual(client.seen['message:read'], [{ by: 'bob', with: 'alice', upTo: 2 }]);
  }
  assert.deepEqual((await as.bob.get('/messages/unread/counts')).body, {});
  assert.deepEqual((await as.alice.get('/messages/unread/counts')).body, { bob: 1 });
  const marks = (await as.alice.get('/messages/bob')).body.map(({ read }) => read);
  assert.deepEqual(marks, [true, true, false]);
});

test('notifications can be listed, read and deleted, and every device is told', async (t) => {
  const demo = await startDemo(t);
  const as = await people(demo, 'alice', 'bob');
  const devices = [await join(t, demo, 'bob'), await join(t, demo, 'bob')];
  for (const content of ['one', 'two', 'three']) await as.alice.post({ recipient: 'bob', content });
  const list = async () =>
    (await as.bob.get('/notifications')).body.map(({ _id, text, read }) => [_id, text, read]);
  assert.deepEqual(await list(), [
    ['3', 'three', false],
    ['2', 'two', false],
    ['1', 'one', false],
  ]);
  for (const [method, path] of [
    ['put', '/notifications/2/read'],
    ['del', '/notifications/3'],
    ['put', '/notifications/read-all'],
  ]) {
    assert.deepEqual((await as.bob[method](path)).body, { success: true });
  }
  assert.deepEqual(await list(), [
    ['2', 'two', true],
    ['1', 'one', true],
  ]);
  for (const device of devices) {
    await until(() => device.seen['notification:read_all'], 'each device is told');
    assert.deepEqual(device.seen['notification:read'], [{ _id: '2' }]);
    assert.deepEqual(device.seen['notification:deleted'], [{ _id: '3' }]);
    assert.deepEqual(device.seen['notification:read_all'], [{}]);
  }
  assert.equal((await as.bob.del('/notifications/3')).status, 404);
  assert.equal((await as.bob.put('/notifications/3/read')).status, 404);
  assert.deepEqual((await as.alice.get('/notifications')).body, []);
  await demo.restart();
  assert.equal((await list()).length, 2);
});

test('the newest 100 notifications are listed at most', async (t) => {
  const demo = await startDemo(t);
  const as = await people(demo, 'alice', 'bob');
  await Promise.all(
    Array.from({ length: 101 }, (_, n) => as.alice.post({ recipient: 'bob', content: `${n}` })),
  );
  const { body } = await as.bob.get('/notifications');
  assert.equal(body.length, 100);
  assert.deepEqual([body[0]._id, body.at(-1)._id], ['101', '2']);
});

test('the list of users and the own user are returned', async (t) => {
  const demo = await startDemo(t);
  const { body } = await request(demo, '/people');
  assert.deepEqual(body[1], { _id: 'bob', username: 'Bob' });
  const login = { method: 'POST', body: { userId: 'bob' } };
  assert.deepEqual((await request(demo, '/login', login)).body.user, body[1]);
});

/** The REST interface, as each of these users. */
async function people(demo, ...ids) {
  const entries = ids.map(async (id) => {
    const token = await demo.login(id);
    const ask = (method) => (path, body) => request(demo, path, { method, token, body });
    const post = (body) => ask('POST')('/messages', body);
    return [id, { get: ask('GET'), put: ask('PUT'), del: ask('DELETE'), post }];
  });
  return Object.fromEntries(await Promise.all(entries));
}
