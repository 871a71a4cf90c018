// Presence at the demo's server.

import assert from 'node:assert/strict';
import test from 'node:test';
import { io } from 'socket.io-client';
import { atEnd } from '../../support/at-end.mjs';
import { join } from '../../support/demo-client.mjs';
import { startDemo } from '../../support/server.mjs';
import { until } from '../../support/until.mjs';

test('a user is online as long as one of their devices is', async (t) => {
  const demo = await startDemo(t);
  const bob = await join(t, demo, 'bob');
  await until(() => bob.seen.online_users, 'bob is told who is there');
  assert.deepEqual(bob.seen.online_users, [['bob']]);
  const tab = await join(t, demo, 'alice');
  const second = await join(t, demo, 'alice');
  second.emit('join', 'alice');
  await until(() => bob.seen.user_online, 'bob is told');
  assert.deepEqual(await bob.emitWithAck('get_online_users', {}), ['bob', 'alice']);
  tab.disconnect();
  await second.emitWithAck('ping');
  assert.deepEqual(await bob.emitWithAck('get_online_users', {}), ['bob', 'alice']);
  second.disconnect();
  await until(() => bob.seen.user_offline, 'bob is told of the last one');
  assert.deepEqual(await bob.emitWithAck('get_online_users', {}), ['bob']);
  assert.deepEqual(bob.seen.user_online, [{ userId: 'alice' }]);
  assert.deepEqual(bob.seen.user_offline, [{ userId: 'alice' }]);
  assert.deepEqual(bob.seen['presence:update'], [
    { userId: 'alice', online: true },
    { userId: 'alice', online: false },
  ]);
});

test('a link that never joined sets no user online, and its end sets none offline', async (t) => {
  const demo = await startDemo(t);
  const bob = await join(t, demo, 'bob');
  const alice = await join(t, demo, 'alice');
  const auth = { token: await demo.login('alice') };
  const mute = io(demo.url, { auth, forceNew: true, transports: ['websocket'] });
  atEnd(t, () => mute.disconnect());
  assert.equal(await mute.emitWithAck('ping'), 'pong');
  mute.disconnect();
  await alice.emitWithAck('ping');
  assert.deepEqual(await bob.emitWithAck('get_online_users'), ['bob', 'alice']);
  assert.equal(bob.seen.user_offline, undefined);
});
