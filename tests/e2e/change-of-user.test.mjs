// One user's link is lost, and another user logs in, on a server that recovers sessions. Nothing of the first user is
// received, sent or joined as the second one.

import assert from 'node:assert/strict';
import test from 'node:test';
import { atEnd } from '../support/at-end.mjs';
import { launchBrowser } from '../support/browser.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import { jwt } from '../support/jwt.mjs';
import { openLab, QUICK, untilDown, untilReady, untilSettled } from '../support/lab.mjs';
import { createProxy } from '../support/proxy.mjs';
import { until } from '../support/until.mjs';

const TOKENS = { u1: jwt({ userId: 'u1' }), u2: jwt({ userId: 'u2' }) };

const browser = await launchBrowser();

/** A server that recovers sessions. It records for each connection the events that arrived. */
async function setUp(t) {
  const server = await startChatServer(t, { io: { connectionStateRecovery: {} } });
  const proxy = await createProxy({ target: { port: server.port } });
  atEnd(t, () => proxy.close());
  const connections = [];
  server.io.on('connection', (socket) => {
    const connection = { socket, sent: [] };
    connections.push(connection);
    socket.onAny((event, data) =>
      connection.sent.push(typeof data === 'function' ? [event] : [event, data?.content ?? data]),
    );
  });
  const page = await openLab(t, browser, server.url);
  await page.evaluate(() => {
    window.heard = [];
    window.listen = (socket) => socket.onAny((event) => window.heard.push(event));
  });
  return { server, proxy, page, connections };
}

const heard = (page) => page.evaluate(() => window.heard);

/** On the server: puts u1 into a room and sends an event, because a session is recovered only after an event. */
async function settleIn({ server, page, connections }) {
  connections[0].socket.join('room of u1');
  server.io.to('room of u1').emit('greeting');
  await until(async () => (await heard(page)).includes('greeting'), 'u1 is greeted');
}

/** Cuts the link. Resolves when the server has noticed. */
async function lose({ server, proxy }) {
  proxy.refuse();
  proxy.cut();
  await until(() => server.clients.length === 0, 'the server knows');
}

function tellU1({ server }) {
  server.io.to('room of u1').emit('secret');
  server.io.to('user_u1').emit('message:new', { _id: 'm', content: 'for u1' });
}

for (const [name, login] of [
  ['named by initializeSocket', () => window.holdfast.initializeSocket('u2')],
  [
    'after a logout',
    () => {
      window.holdfast.disconnectSocketForLogout();
      window.holdfast.resetLogoutFlag();
      window.holdfast.initializeSocket('u2');
    },
  ],
  ['named by the token', () => {}],
]) {
  test(`the next user, ${name}, gets nothing of the first`, async (t) => {
    const world = await setUp(t);
    const { server, proxy, page, connections } = world;
    const isNamed = name !== 'named by the token';
    await page.evaluate(
      ([options, tokens, user]) => {
        const { holdfast } = window;
        window.tokens = tokens;
        window.user = 'u1';
        const auth = () => ({ token: tokens[window.user] });
        holdfast.configureSocket({ ...options, auth, onForceLogout: () => {} });
        holdfast.onNewMessage((message) => window.heard.push(message.content));
        window.listen(holdfast.getSocket());
        holdfast.initializeSocket(user);
      },
      [
        { url: proxy.url, ...QUICK, io: { transports: ['websocket'] } },
        TOKENS,
        isNamed ? 'u1' : null,
      ],
    );
    await untilReady(page);
    await settleIn(world);
    server.hooks.message = () => {};
    await page.evaluate(() => window.recorder.sendMany(3, 'bob'));
    await until(() => server.received.length === 3, 'all have left, unanswered');

    await lose(world);
    await untilDown(page);
    await page.evaluate(() => {
      window.recorder.sendMany(2, 'bob');
      window.holdfast.emitFriendRequestSent({ to: 'bob' });
      window.holdfast.getSocket().emit('component', 'of u1');
    });
    tellU1(world);
    server.hooks.message = ({ ack, save }) => ack(save());
    const before = await page.evaluate(() => window.heard.splice(0));
    assert.ok(!before.includes('secret'));

    await page.evaluate(() => {
      window.user = 'u2';
    });
    await page.evaluate(login);
    proxy.refuse(false);
    await until(() => server.joins.includes('u2'), 'u2 has joined');
    await untilReady(page);
    const gone = await untilSettled(page, 5);
    for (const { content, calls } of gone) {
      const codes = calls.filter(({ queued }) => !queued).map(({ error }) => error);
      assert.deepEqual(codes, ['LOGGED_OUT'], content);
    }

    // An event of u2 in each direction. Everything earlier would have arrived before it.
    await page.evaluate(() => window.recorder.send({ recipientId: 'u2', content: 'of u2' }));
    await untilSettled(page, 6);
    await until(async () => (await heard(page)).includes('of u2'), 'u2 hears of it');
    assert.equal(connections.length, 2);
    const { socket, sent } = connections[1];
    assert.equal(socket.recovered, false);
    assert.deepEqual([...socket.rooms].sort(), [socket.id, 'user_u2'].sort());
    assert.deepEqual(socket.handshake.auth, { token: TOKENS.u2 });
    assert.deepEqual(sent.sort(), [
      ['get_online_users'],
      ['join', 'u2'],
      ['send_message', 'of u2'],
    ]);
    assert.deepEqual((await heard(page)).sort(), [
      'message:new',
      'of u2',
      'online_users',
      'room:joined',
    ]);
  });
}

test('a plain Socket carries all of it over to the next user, so the tests above prove something', async (t) => {
  const world = await setUp(t);
  const { proxy, page, connections } = world;
  await page.evaluate((url) => {
    window.plain = window.io(url, {
      transports: ['websocket'],
      auth: { user: 'u1' },
      reconnectionDelay: 50,
      reconnectionDelayMax: 100,
    });
    window.listen(window.plain);
    window.plain.emit('join', 'u1');
  }, proxy.url);
  await until(async () => (await heard(page)).includes('room:joined'), 'joined');
  await settleIn(world);
  await lose(world);
  await until(() => page.evaluate(() => !window.plain.connected), 'the page knows');
  await page.evaluate(() => window.plain.emit('component', 'of u1'));
  tellU1(world);
  await page.evaluate(() => {
    window.plain.auth = { user: 'u2' };
  });
  proxy.refuse(false);
  await until(() => connections[1]?.sent.length > 0, 'what a component sent');
  const { socket, sent } = connections[1];
  assert.equal(socket.recovered, true);
  assert.ok(socket.rooms.has('room of u1') && socket.rooms.has('user_u1'));
  assert.deepEqual(sent, [['component', 'of u1']]);
  await until(async () => (await heard(page)).includes('secret'), 'what u1 missed');
});
