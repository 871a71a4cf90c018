// The rate limits of the demo's server.

import assert from 'node:assert/strict';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { createLimits } from '../../../js-demo/server/limits.js';
import { atEnd } from '../../support/at-end.mjs';
import { readMessages } from '../../support/database.mjs';
import { join, request } from '../../support/demo-client.mjs';
import { pkg } from '../../support/paths.mjs';
import { startDemo } from '../../support/server.mjs';
import { until } from '../../support/until.mjs';

const { createClient } = await import(pathToFileURL(`${pkg}/esm/index.mjs`).href);

test('with the default limits, 200 messages at once are accepted', async (t) => {
  const demo = await startDemo(t);
  const alice = await join(t, demo, 'alice');
  const replies = await Promise.all(Array.from({ length: 200 }, (_, n) => alice.send(message(n))));
  assert.equal(replies.filter(({ success }) => success).length, 200);
});

test('beyond the limit, messages, events and requests of a user are refused with a delay, and those of others are not', async (t) => {
  const demo = await startDemo(t, { env: { RATE_LIMIT: '10', RATE_WINDOW_S: '3600' } });
  const [alice, bob] = [await join(t, demo, 'alice'), await join(t, demo, 'bob')];
  const token = await demo.login('alice');
  const replies = await Promise.all(Array.from({ length: 12 }, (_, n) => alice.send(message(n))));
  assert.equal(replies.filter(({ success }) => success).length, 10);
  for (const reply of replies.slice(10)) assertLimited(reply);
  assert.equal(readMessages(demo.database).length, 10);

  const posted = await request(demo, '/messages', {
    method: 'POST',
    token,
    body: { recipient: 'bob', content: 'x' },
  });
  assert.equal(posted.status, 429);
  assertLimited(posted.body);
  assert.ok(Number(posted.headers.get('retry-after')) > 3000);

  const pongs = await Promise.all(Array.from({ length: 12 }, () => alice.emitWithAck('ping')));
  assertLimited(pongs.at(-1));
  const gets = [];
  for (let n = 0; n < 12; n += 1) gets.push(await request(demo, '/messages/bob', { token }));
  assert.deepEqual([gets[5].status, gets.at(-1).status], [200, 429]);

  assert.equal((await bob.send({ recipientId: 'alice', content: 'still free' })).success, true);
  assert.equal(await bob.emitWithAck('ping'), 'pong');
  for (let n = 0; n < 10; n += 1) {
    await request(demo, '/login', { method: 'POST', body: { userId: 'carol' } });
  }
  const login = await request(demo, '/login', { method: 'POST', body: { userId: 'carol' } });
  assertLimited(login.body);
});

test('a refused user stays refused for a whole window, so that no later message overtakes an earlier one', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const take = createLimits({ points: 5, windowS: 10 });
  const isTaken = () =>
    take('messages', 'alice').then(
      () => true,
      ({ code }) => code !== 'RATE_LIMITED',
    );
  for (let n = 0; n < 5; n += 1) assert.equal(await isTaken(), true);
  t.mock.timers.tick(9_999);
  assert.equal(await isTaken(), false);
  // The first window ends here, between messages that were sent together.
  t.mock.timers.tick(2);
  assert.equal(await isTaken(), false);
  t.mock.timers.tick(9_990);
  assert.equal(await isTaken(), false);
  t.mock.timers.tick(10);
  assert.equal(await isTaken(), true);
});

test('a holdfast client that sends more than the limit gets all of it through, in order', async (t) => {
  const env = { RATE_LIMIT: '50', RATE_WINDOW_S: '1' };
  const demo = await startDemo(t, { env });
  const token = await demo.login('alice');
  const client = createClient({ url: demo.url, auth: { token }, userId: 'alice' });
  atEnd(t, () => client.destroy());
  client.connect();
  const count = 200;
  await Promise.all(
    Array.from({ length: count }, (_, n) => client.send('send_message', message(n))),
  );
  assert.deepEqual(
    readMessages(demo.database).map(({ content }) => content),
    Array.from({ length: count }, (_, n) => message(n).content),
  );
  await until(() => client.getState().queueLength === 0, 'nothing is left');
});

function message(n) {
  return { recipientId: 'bob', content: `text ${n}` };
}

function assertLimited(reply) {
  assert.equal(reply.code, 'RATE_LIMITED');
  assert.equal(typeof reply.error, 'string');
  assert.ok(reply.retryAfterMs > 3_000_000 && reply.retryAfterMs <= 3_600_000, reply.retryAfterMs);
}
