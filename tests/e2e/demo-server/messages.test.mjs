// The way of a message through the demo's server: saved, published and acknowledged once.

import assert from 'node:assert/strict';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { openStore } from '../../../js-demo/server/store/index.js';
import { atEnd } from '../../support/at-end.mjs';
import { countMessages, readMessages } from '../../support/database.mjs';
import { join, request } from '../../support/demo-client.mjs';
import { pkg } from '../../support/paths.mjs';
import { startDemo } from '../../support/server.mjs';
import { until } from '../../support/until.mjs';

const { createClient } = await import(pathToFileURL(`${pkg}/esm/index.mjs`).href);

test('a message is saved, reaches the recipient and the sender’s devices, and is acknowledged', async (t) => {
  const demo = await startDemo(t);
  const [alice, phone, bob, tablet, carol] = await Promise.all(
    ['alice', 'alice', 'bob', 'bob', 'carol'].map((userId) => join(t, demo, userId)),
  );
  const reply = await alice.send({ recipientId: 'bob', content: 'hello', _tempId: 'a' });
  assert.deepEqual(reply, { success: true, messageId: '1', _tempId: 'a' });
  await until(
    () =>
      [bob, tablet].every(({ seen }) => seen['notification:new']) &&
      [alice, phone].every(({ seen }) => seen['message:sent']),
    'all devices are told',
  );
  const [message] = bob.seen['message:new'];
  const { createdAt, ...rest } = message;
  assert.ok(Date.parse(createdAt));
  assert.deepEqual(rest, {
    _id: '1',
    seq: 1,
    sender: { _id: 'alice', username: 'Alice' },
    recipient: { _id: 'bob', username: 'Bob' },
    content: 'hello',
    read: false,
    _tempId: 'a',
  });
  const notification = {
    _id: '1',
    type: 'message',
    from: { _id: 'alice', username: 'Alice' },
    messageId: '1',
    text: 'hello',
    createdAt,
    read: false,
  };
  for (const device of [bob, tablet]) {
    assert.deepEqual(device.seen['message:new'], [message]);
    assert.deepEqual(device.seen['notification:new'], [{ notification }]);
  }
  // A user's feed is the same on all devices, including the sending one.
  for (const device of [alice, phone]) {
    assert.deepEqual(device.seen['message:sent'], [{ ...message, messageId: '1' }]);
  }
  for (const [client, silent] of [
    [alice, ['message:new', 'notification:new']],
    [phone, ['message:new', 'notification:new']],
    [bob, ['message:sent']],
    [carol, ['message:sent', 'message:new', 'notification:new']],
  ]) {
    // A later event on the same connection shows that nothing arrived before it.
    await client.emitWithAck('ping');
    for (const event of silent) assert.equal(client.seen[event], undefined);
  }
  for (const [me, other] of [
    ['alice', 'bob'],
    ['bob', 'alice'],
  ]) {
    const { body } = await request(demo, `/messages/${other}`, { token: await demo.login(me) });
    assert.deepEqual(body, [message]);
  }
});

test('a message over REST reaches the same devices, and all devices of the sender', async (t) => {
  const demo = await startDemo(t);
  const [alice, bob] = await Promise.all(['alice', 'bob'].map((userId) => join(t, demo, userId)));
  const token = await demo.login('alice');
  const body = { recipient: 'bob', content: 'hello', _tempId: 'a' };
  const { status, body: message } = await request(demo, '/messages', {
    method: 'POST',
    token,
    body,
  });
  assert.deepEqual([status, message._id, message.content], [201, '1', 'hello']);
  await until(() => bob.seen['notification:new'] && alice.seen['message:sent'], 'both are told');
  assert.deepEqual(bob.seen['message:new'], [message]);
  const again = await request(demo, '/messages', { method: 'POST', token, body });
  assert.deepEqual([again.status, again.body], [200, message]);
  const overSocket = await alice.send({ recipientId: 'bob', content: 'hello', _tempId: 'a' });
  assert.deepEqual(overSocket, { success: true, messageId: '1', _tempId: 'a', duplicate: true });
});

test('a repeated message is answered and not published again, before and after a crash of the server', async (t) => {
  const demo = await startDemo(t);
  const data = { recipientId: 'bob', content: 'hello', _tempId: 'a' };
  const before = await join(t, demo, 'alice');
  const bob = await join(t, demo, 'bob');
  const first = await before.send(data);
  assert.deepEqual(await before.send(data), first);
  const again = await join(t, demo, 'alice');
  assert.deepEqual(await again.send(data), first);
  await until(() => bob.seen['message:new'], 'bob hears of it');
  for (const client of [before, again, bob]) client.disconnect();

  await demo.restart();
  const after = await join(t, demo, 'alice');
  const late = await join(t, demo, 'bob');
  assert.deepEqual(await after.send(data), { ...first, duplicate: true });
  // A later event on the same connection shows that nothing arrived before it.
  await after.send({ recipientId: 'bob', content: 'next', _tempId: 'b' });
  await until(() => late.seen['message:new'], 'bob hears of the next one');
  assert.deepEqual(
    late.seen['message:new'].map(({ content }) => content),
    ['next'],
  );
  assert.equal(bob.seen['message:new'].length, 1);
  assert.equal(countMessages(demo.database), 2);
});

test('a message that a process saved before it died is published by the next process', async (t) => {
  const demo = await startDemo(t);
  const told = [];
  const bob = createClient({
    url: demo.url,
    auth: { token: await demo.login('bob') },
    userId: 'bob',
    feed: true,
    reconnect: { minMs: 50, maxMs: 500, spreadMs: 50 },
  });
  atEnd(t, () => bob.destroy());
  for (const event of ['message:new', 'notification:new']) bob.on(event, () => told.push(event));
  bob.connect();
  await until(() => bob.getState().isReady, 'bob is there');
  // An item that he has received gives him a position in his feed.
  const alice = await join(t, demo, 'alice');
  await alice.send({ recipientId: 'bob', content: 'first', _tempId: 'a' });
  await until(() => told.length === 2, 'bob hears of it');
  await demo.kill();
  const store = await openStore({ MONGODB_URL: null, DATABASE: demo.database });
  await store.append({ sender: 'alice', recipient: 'bob', content: 'saved', tempId: 'b' });
  await store.close();
  await demo.start();
  await until(() => told.length === 4, 'bob hears of the second one');
  assert.deepEqual(told.slice(2).sort(), ['message:new', 'notification:new']);
});

test('any content is treated as text', async (t) => {
  const demo = await startDemo(t);
  const alice = await join(t, demo, 'alice');
  const bob = await join(t, demo, 'bob');
  const contents = [
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '"><svg/onload=alert(1)>',
    "Robert'); DROP TABLE messages; --",
    '{"$gt":""}',
    '#{7*7} {{7*7}} %s \\u0000',
    '\u202e right to left \u200b',
    '🦀'.repeat(2000),
    ' spaces around \n',
  ];
  for (const content of contents) {
    assert.equal((await alice.send({ recipientId: 'bob', content })).success, true);
  }
  await until(() => bob.seen['message:new']?.length === contents.length, 'bob has all');
  const shown = (list) => list.map(({ content }) => content);
  assert.deepEqual(shown(bob.seen['message:new']), contents);
  assert.deepEqual(shown(readMessages(demo.database)), contents);
  const answer = await fetch(`${demo.url}/messages/alice`, {
    headers: { authorization: `Bearer ${await demo.login('bob')}` },
  });
  assert.match(answer.headers.get('content-type'), /^application\/json/);
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  assert.deepEqual(shown(await answer.json()), contents);
  const long = bob.seen['notification:new'].at(-2).notification.text;
  assert.equal(long, `${'🦀'.repeat(140)}…`);
});

test('a server that is stopped saves everything, ends every link and exits cleanly', async (t) => {
  const demo = await startDemo(t);
  const links = await Promise.all([
    join(t, demo, 'alice'),
    join(t, demo, 'bob', { transports: ['polling'] }),
  ]);
  await request(demo, '/people');
  for (let n = 0; n < 100; n += 1) {
    links[0].emit('send_message', { recipientId: 'bob', content: `text ${n}`, _tempId: `id${n}` });
  }
  await links[0].send({ recipientId: 'bob', content: 'last' });
  await demo.stop();
  assert.deepEqual(demo.exit, { code: 0, signal: null });
  assert.equal(countMessages(demo.database), 101);
});

test('500 messages at once are saved within seconds', async (t) => {
  const demo = await startDemo(t);
  const alice = await join(t, demo, 'alice');
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: 500 }, (_, n) =>
      alice.send({ recipientId: 'bob', content: `text ${n}`, _tempId: `id${n}` }),
    ),
  );
  const tookMs = performance.now() - begun;
  t.diagnostic(`500 messages took ${Math.round(tookMs)} ms`);
  assert.ok(tookMs < 5_000, `${tookMs} ms`);
});
