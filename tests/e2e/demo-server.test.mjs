// The demo's server by itself, spoken to with plain socket.io-client and fetch.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { connect } from 'node:net';
import test from 'node:test';
import { io } from 'socket.io-client';
import { countMessages, readMessages } from '../support/database.mjs';
import { startDemo } from '../support/server.mjs';
import { until } from '../support/until.mjs';

test('a message is saved, reaches the recipient and the other devices, and is acknowledged', async (t) => {
  const demo = await startDemo(t);
  const [alice, phone, bob] = await Promise.all([
    join(t, demo, 'alice'),
    join(t, demo, 'alice'),
    join(t, demo, 'bob'),
  ]);
  const reply = await alice.send({ recipientId: 'bob', content: 'hello', _tempId: 'a' });
  assert.deepEqual(reply, { success: true, messageId: '1', _tempId: 'a' });
  await until(() => bob.seen['message:new'] && phone.seen['message:sent'], 'both are told');
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
  assert.deepEqual(phone.seen['message:sent'], [{ ...message, messageId: '1' }]);
  assert.equal(alice.seen['message:sent'], undefined);
  assert.equal(alice.seen['message:new'], undefined);
  for (const [me, other] of [
    ['alice', 'bob'],
    ['bob', 'alice'],
  ]) {
    const { body } = await get(demo, `/messages/${other}`, await demo.login(me));
    assert.deepEqual(body, [message]);
  }
});

test('a repeat is answered and not sent out again, before and after a crash of the server', async (t) => {
  const demo = await startDemo(t);
  const data = { recipientId: 'bob', content: 'hello', _tempId: 'a' };
  const before = await join(t, demo, 'alice');
  const bob = await join(t, demo, 'bob');
  const first = await before.send(data);
  assert.deepEqual(await before.send(data), first);
  const again = await join(t, demo, 'alice');
  assert.deepEqual(await again.send(data), first);
  for (const client of [before, again, bob]) client.disconnect();

  await demo.restart();
  const after = await join(t, demo, 'alice');
  const late = await join(t, demo, 'bob');
  assert.deepEqual(await after.send(data), { ...first, duplicate: true });
  // What follows on the same link shows that nothing came before it.
  await after.send({ recipientId: 'bob', content: 'next', _tempId: 'b' });
  await until(() => late.seen['message:new'], 'bob hears of the next one');
  assert.deepEqual(
    late.seen['message:new'].map(({ content }) => content),
    ['next'],
  );
  assert.equal(bob.seen['message:new'].length, 1);
  assert.equal(countMessages(demo.database), 2);
});

test('killed in the middle of a burst, the server has kept everything it acknowledged, in order', async (t) => {
  const demo = await startDemo(t, { env: { RATE_LIMIT: '10000' } });
  const alice = await join(t, demo, 'alice');
  const count = 2000;
  const acknowledged = [];
  for (let n = 0; n < count; n += 1) {
    const data = { recipientId: 'bob', content: `text ${n}`, _tempId: `id${n}` };
    alice.emit('send_message', data, ({ _tempId }) => acknowledged.push(_tempId));
  }
  await until(() => acknowledged.length > 0, 'something is acknowledged');
  await demo.kill();
  const before = [...acknowledged];
  const saved = readMessages(demo.database).map(({ tempId }) => tempId);
  t.diagnostic(`killed with ${before.length} acknowledged, ${saved.length} saved, ${count} sent`);
  assert.deepEqual(before, saved.slice(0, before.length));

  await demo.start();
  const again = await join(t, demo, 'alice');
  const replies = await Promise.all(
    Array.from({ length: count }, (_, n) =>
      again.send({ recipientId: 'bob', content: `text ${n}`, _tempId: `id${n}` }),
    ),
  );
  assert.equal(replies.filter(({ duplicate }) => duplicate).length, saved.length);
  const contents = readMessages(demo.database).map(({ content }) => content);
  assert.deepEqual(
    contents,
    Array.from({ length: count }, (_, n) => `text ${n}`),
  );
});

test('what is wrong with a message is refused with a final code, and nothing is saved', async (t) => {
  const demo = await startDemo(t);
  const alice = await join(t, demo, 'alice');
  const good = { recipientId: 'bob', content: 'hello' };
  const cases = [
    [null, 'INVALID_MESSAGE'],
    ['text', 'INVALID_MESSAGE'],
    [{ content: 'x' }, 'MISSING_RECIPIENT'],
    [{ ...good, recipientId: 5 }, 'INVALID_RECIPIENT'],
    [{ ...good, recipientId: 'alice' }, 'INVALID_RECIPIENT'],
    [{ ...good, recipientId: 'mallory' }, 'NOT_FOUND'],
    [{ ...good, recipientId: '__proto__' }, 'NOT_FOUND'],
    [{ recipientId: 'bob' }, 'EMPTY_CONTENT'],
    [{ ...good, content: { toString: 'x' } }, 'INVALID_CONTENT'],
    [{ ...good, content: ' \n ' }, 'EMPTY_CONTENT'],
    [{ ...good, content: 'x'.repeat(4001) }, 'INVALID_CONTENT'],
    [{ ...good, content: 'zero \0 byte' }, 'INVALID_CONTENT'],
    [{ ...good, content: 'half a pair \ud83d' }, 'INVALID_CONTENT'],
    [{ ...good, content: Buffer.from('x') }, 'INVALID_CONTENT'],
    [{ ...good, _tempId: 5 }, 'INVALID_MESSAGE_ID'],
    [{ ...good, _tempId: 'x'.repeat(201) }, 'INVALID_MESSAGE_ID'],
    [{ ...good, _tempId: 'zero \0 byte' }, 'INVALID_MESSAGE_ID'],
  ];
  for (const [data, code] of cases) {
    const reply = await alice.send(data);
    assert.equal(reply.code, code, JSON.stringify(data));
    assert.equal(typeof reply.error, 'string');
    assert.ok(Date.parse(reply.timestamp));
  }
  assert.equal(countMessages(demo.database), 0);
  assert.equal((await alice.send({ ...good, content: 'x'.repeat(4000) })).success, true);
  assert.equal((await alice.send({ ...good, content: "Robert'); DROP TABLE 🦀" })).success, true);
  assert.equal(readMessages(demo.database)[1].content, "Robert'); DROP TABLE 🦀");
});

test('malformed events and requests end with themselves', async (t) => {
  const demo = await startDemo(t);
  const alice = await join(t, demo, 'alice');
  const shapes = [[], [null], [5], [[]], [{}], ['x', 'y', 'z'], [Buffer.from('x')], [{ a: {} }]];
  for (const event of ['join', 'send_message', 'typing', 'get_online_users', 'ping', 'unknown']) {
    for (const shape of shapes) {
      alice.emit(event, ...shape);
      alice.emit(event, ...shape, () => {});
    }
  }
  for (const path of [
    '/messages/%',
    '/%00',
    '//',
    '/..%2f..%2fpackage.json',
    '/assets/%2e%2e/x.js',
  ]) {
    assert.ok([400, 401, 404, 200].includes((await get(demo, path)).status), path);
  }
  for (const request of [
    'GET / HTTP/1.1\r\n\r\n',
    'BOGUS\r\n\r\n',
    'GET http://[ HTTP/1.0\r\n\r\n',
  ]) {
    await raw(demo, request);
  }
  assert.equal((await alice.send({ recipientId: 'bob', content: 'x' })).success, true);
  assert.equal(await alice.emitWithAck('ping'), 'pong');
  assert.doesNotMatch(demo.output, /Error/);
  assert.equal(demo.starts, 1);
});

test('nobody speaks or reads as another', async (t) => {
  const demo = await startDemo(t);
  const token = await demo.login('alice');
  const [header, , signature] = token.split('.');
  const payload = (claims) => Buffer.from(JSON.stringify(claims)).toString('base64url');
  const asBob = payload({ sub: 'bob', exp: 1e12 });
  const none = Buffer.from('{"alg":"none"}').toString('base64url');
  const ownKey = createHmac('sha256', 'guess').update(`${header}.${asBob}`).digest('base64url');
  const forged = [
    undefined,
    5,
    '',
    'a.b.c',
    `${header}.${asBob}.${signature}`,
    `${header}.${asBob}.${ownKey}`,
    `${none}.${asBob}.`,
    `${token}.`,
    `${token}x`,
  ];
  for (const bad of forged) {
    const client = io(demo.url, { auth: { token: bad }, forceNew: true, reconnection: false });
    t.after(() => client.disconnect());
    const error = await new Promise((resolve) => client.once('connect_error', resolve));
    assert.equal(error.data.code, 'UNAUTHORIZED');
    const { status, body } = await get(demo, '/messages/bob', bad);
    assert.deepEqual([status, body.code], [401, 'UNAUTHORIZED']);
  }
  const alice = await join(t, demo, 'alice');
  const refused = new Promise((resolve) => alice.once('room:error', resolve));
  assert.equal((await alice.emitWithAck('join', 'bob')).code, 'FORBIDDEN');
  assert.deepEqual(await refused, { message: 'That is not your room' });
  const data = { recipientId: 'carol', content: 'x', sender: 'bob', userId: 'bob' };
  assert.equal((await alice.send(data)).success, true);
  assert.equal(readMessages(demo.database)[0].sender, 'alice');
  const carol = await join(t, demo, 'carol');
  alice.emit('typing', { recipientId: 'carol', isTyping: true, userId: 'bob' });
  await until(() => carol.seen.user_typing, 'carol is told');
  assert.deepEqual(carol.seen.user_typing, [{ userId: 'alice', isTyping: true }]);
});

test('a token outlives a restart of the server', async (t) => {
  const demo = await startDemo(t);
  const token = await demo.login('alice');
  await demo.restart();
  assert.equal((await get(demo, '/messages/bob', token)).status, 200);
});

test('a person is online as long as one of their devices is', async (t) => {
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

test('the REST interface saves, refuses and pages', async (t) => {
  const demo = await startDemo(t);
  const token = await demo.login('alice');
  const bob = await join(t, demo, 'bob');
  const post = (body) => request(demo, '/messages', { method: 'POST', token, body });
  for (let n = 1; n <= 5; n += 1) {
    const { status, body } = await post(JSON.stringify({ recipient: 'bob', content: `text ${n}` }));
    assert.deepEqual([status, body.content], [201, `text ${n}`]);
  }
  await until(() => bob.seen['message:new']?.length === 5, 'bob has got all');
  const once = JSON.stringify({ recipient: 'bob', content: 'once', _tempId: 'a' });
  assert.equal((await post(once)).status, 201);
  assert.equal((await post(once)).status, 200);
  assert.equal((await post('{')).body.code, 'INVALID_JSON');
  assert.equal((await post('null')).body.code, 'INVALID_MESSAGE');
  assert.equal((await post('{}')).body.code, 'MISSING_RECIPIENT');
  assert.equal((await post(`"${'x'.repeat(70_000)}"`)).status, 413);

  const ids = async (query) =>
    (await get(demo, `/messages/bob${query}`, token)).body.map(({ _id }) => _id);
  assert.deepEqual(await ids(''), ['1', '2', '3', '4', '5', '6']);
  assert.deepEqual(await ids('?limit=2'), ['5', '6']);
  assert.deepEqual(await ids('?limit=2&before=5'), ['3', '4']);
  assert.equal((await get(demo, '/messages/bob?limit=0', token)).body.code, 'INVALID_QUERY');
  assert.equal((await get(demo, '/messages/nobody', token)).status, 404);
  assert.deepEqual((await get(demo, '/people')).body[1], { _id: 'bob', username: 'Bob' });
  const stranger = { method: 'POST', body: '{"userId":"mallory"}' };
  assert.equal((await request(demo, '/login', stranger)).status, 404);
});

test('the page comes with a policy that allows nothing from elsewhere', async (t) => {
  const demo = await startDemo(t);
  for (const path of ['/', '/login', '/?user=alice', '/lab.html']) {
    const response = await fetch(demo.url + path);
    assert.equal(response.status, 200, path);
    assert.match(response.headers.get('content-type'), /^text\/html/);
    assert.match(response.headers.get('content-security-policy'), /^default-src 'self';/);
    await response.text();
  }
  const page = await (await fetch(demo.url)).text();
  const [script] = page.match(/\/assets\/[^"]+\.js/);
  const response = await fetch(demo.url + script);
  assert.match(response.headers.get('content-type'), /^text\/javascript/);
  assert.match(response.headers.get('cache-control'), /immutable/);
  await response.text();
  assert.equal((await fetch(`${demo.url}/none.js`)).status, 404);
  assert.equal((await fetch(demo.url, { method: 'DELETE' })).status, 405);
});

test('told to stop, it saves what it has, ends every link and exits cleanly', async (t) => {
  const demo = await startDemo(t);
  const links = await Promise.all([
    join(t, demo, 'alice'),
    join(t, demo, 'bob', { transports: ['polling'] }),
  ]);
  await fetch(`${demo.url}/people`).then((response) => response.text());
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

/** A connected client in its own room, which notes what it is told in `seen`. */
async function join(t, demo, userId, options = {}) {
  const auth = { token: await demo.login(userId) };
  const client = io(demo.url, { auth, forceNew: true, transports: ['websocket'], ...options });
  t.after(() => client.disconnect());
  client.seen = {};
  client.onAny((event, data) => {
    client.seen[event] ??= [];
    client.seen[event].push(data);
  });
  client.send = (data) => client.timeout(10_000).emitWithAck('send_message', data);
  const joined = new Promise((resolve) => client.once('room:joined', resolve));
  client.emit('join', userId);
  assert.deepEqual(await joined, { room: `user_${userId}`, userId, socketId: client.id });
  return client;
}

function get(demo, path, token) {
  return request(demo, path, { token });
}

async function request(demo, path, { method = 'GET', token, body } = {}) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(demo.url + path, { method, headers, body });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  return { status: response.status, body: isJson ? JSON.parse(text) : text };
}

/** Sends bytes and resolves when the server has ended the connection. */
function raw(demo, bytes) {
  return new Promise((resolve) => {
    const socket = connect(demo.port, '127.0.0.1', () => socket.end(bytes));
    socket.on('error', resolve).on('close', resolve).resume();
  });
}
