// Published items reach the app's listeners once and in order, whatever happens to the link. A server without feeds gets no
// requests for them.

import assert from 'node:assert/strict';
import test from 'node:test';
import { createFeed, memoryFeeds } from '../../pkg/esm/server.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import { installStorage } from '../support/storage.mjs';
import {
  api,
  awayAndBack,
  client,
  collectReports,
  freshModule,
  observed,
  quick,
  ready,
  roundTrip,
  start,
  until,
} from './shell-kit.mjs';

const named = (socket) => socket.handshake.auth.userId;

/** Feeds on a server of the kit. */
const feedOf = (server, options) =>
  createFeed(server.io, {
    userId: named,
    authorize: (_, room) => room.startsWith('open'),
    ...options,
  });

/** `holdfast/socket` as u1, whose server has feeds, and what its listeners were called with. */
async function setUp(t, options = {}, feeds = {}) {
  freshModule(t);
  const server = await startChatServer(t);
  const feed = feedOf(server, feeds);
  api.configureSocket(quick(server.url, { auth: { userId: 'u1' }, ...options }));
  const heard = [];
  api.initializeSocket('u1').on('note', (n) => heard.push(n));
  await ready();
  await hasRead(server);
  return { server, feed, heard, me: feed.user('u1') };
}

/** The client of a user is in the feed's room by now. */
const hasRead = (server, room = 'holdfast:feed:u:u1') =>
  until(() => [...server.io.sockets.adapter.rooms.keys()].includes(room), `somebody reads ${room}`);

const upTo = (n, from = 1) => Array.from({ length: n - from + 1 }, (_, index) => from + index);

async function publish(feed, ...values) {
  for (const value of values) await feed.publish('note', value);
}

test('items published while the link was down arrive once and in order, before later items', async (t) => {
  const { server, me, heard } = await setUp(t);
  await publish(me, 1, 2);
  await awayAndBack(server, () => publish(me, 3, 4, 5));
  await publish(me, 6);
  await until(() => heard.length >= 6, 'all came');
  await roundTrip(server);
  assert.deepEqual(heard, upTo(6));
});

test('more items than fit a page are read page by page', async (t) => {
  const { server, me, heard } = await setUp(t, {}, { pageSize: 100 });
  await awayAndBack(server, () => publish(me, ...upTo(950)));
  await until(() => heard.length >= 950, 'all came');
  await publish(me, 951);
  await until(() => heard.length >= 951, 'the next came');
  assert.deepEqual(heard, upTo(951));
});

test("nothing of the protocol reaches the app's listeners, and helpers hear of items as of events", async (t) => {
  const { server, me } = await setUp(t);
  const [any, messages] = [[], []];
  api.getSocket().onAny((event) => any.push(event));
  api.onNewMessage(({ _id }) => messages.push(_id));
  await me.publish('message:new', { _id: 'a' });
  await awayAndBack(server, () => me.publish('message:new', { _id: 'b' }));
  await until(() => messages.length >= 2, 'both came');
  assert.deepEqual(messages, ['a', 'b']);
  assert.deepEqual(
    any.filter((event) => event.startsWith('holdfast:')),
    [],
  );
});

test('a server without feeds gets no read requests', async (t) => {
  const server = await start(t, { auth: { userId: 'u1' } }, { user: 'u1' });
  await awayAndBack(server);
  await roundTrip(server);
  const asked = server.came.filter(({ event }) => event.startsWith('holdfast:'));
  assert.deepEqual(asked, []);
});

test('createClient reads the feed only if the option is set, and receives plain events otherwise', async (t) => {
  freshModule(t);
  const server = await startChatServer(t);
  const feed = feedOf(server);
  const heard = {};
  for (const [name, option] of Object.entries({ plain: {}, reads: { feed: true } })) {
    heard[name] = [];
    const made = client(t, server, { auth: { userId: 'u1' }, userId: 'u1', ...option });
    made.on('note', (n) => heard[name].push(n));
    made.connect();
    await until(() => made.getState().isReady, `${name} is ready`);
  }
  await hasRead(server);
  await until(() => server.joins.length === 2, 'both have joined');
  await publish(feed.user('u1'), 1, 2);
  await until(() => heard.plain.length + heard.reads.length >= 4, 'all came');
  assert.deepEqual(heard, { plain: [1, 2], reads: [1, 2] });
});

test('a client that reads only the feed of a room receives plain events for its user at once, also after a reconnect', async (t) => {
  freshModule(t);
  const server = await startChatServer(t);
  const feed = feedOf(server);
  const made = client(t, server, { auth: { userId: 'u1' }, userId: 'u1' });
  const heard = [];
  made.on('note', (n) => heard.push(n));
  made.followRoom('open-1');
  made.connect();
  await hasRead(server, 'holdfast:feed:r:open-1');
  server.dropAll();
  await until(() => server.joins.length === 2 && made.getState().isReady, 'it is back');
  await hasRead(server, 'holdfast:feed:r:open-1');
  assert.equal(server.io.sockets.adapter.rooms.has('holdfast:pending:u:u1'), false);
  await publish(feed.user('u1'), 1);
  await until(() => heard.length === 1, 'the plain event');
});

test('if the store no longer has all missed items, the app is asked, and the feed continues from there', async (t) => {
  const asked = [];
  const onResync = ({ reason, room, since }) =>
    asked.push({ reason, room, hasSince: 'at' in since });
  const { server, me, heard } = await setUp(t, { onResync }, { store: memoryFeeds(), max: 3 });
  await publish(me, 1);
  await until(() => heard.length === 1, 'the first came');
  await awayAndBack(server, () => publish(me, ...upTo(9, 2)));
  await until(() => asked.some(({ reason }) => reason === 'trimmed'), 'the app is asked');
  await publish(me, 10);
  await until(() => heard.includes(10), 'the next came');
  assert.deepEqual(heard, [1, 10]);
  assert.deepEqual(asked, [
    { reason: 'returned', room: null, hasSince: true },
    { reason: 'trimmed', room: null, hasSince: true },
  ]);
});

test('the feed of a room is read if the server allows it, until no listener follows it', async (t) => {
  const { options, errors } = observed();
  const { server, feed, heard } = await setUp(t, options);
  const [off, again] = [api.followRoom('open-1'), api.followRoom('open-1')];
  api.followRoom('closed');
  await hasRead(server, 'holdfast:feed:r:open-1');
  await publish(feed.room('open-1'), 1);
  await awayAndBack(server, () => publish(feed.room('open-1'), 2, 3));
  await until(() => heard.length === 3, 'all came');
  off();
  off();
  await publish(feed.room('open-1'), 4);
  await until(() => heard.length === 4, 'one part of the app still follows it');
  again();
  await until(
    () => !server.io.sockets.adapter.rooms.has('holdfast:feed:r:open-1'),
    'the connection has left the feed',
  );
  await publish(feed.room('open-1'), 5);
  await roundTrip(server);
  assert.deepEqual(heard, upTo(4));
  assert.ok(errors.some(({ code }) => code === 'FEED_REFUSED'));
});

test('a listener that throws receives the later items, and so do the other listeners', async (t) => {
  const reported = collectReports(t);
  const { server, me, heard } = await setUp(t);
  api.getSocket().on('note', (n) => {
    if (n % 2 === 0) throw new Error(`of ${n}`);
  });
  await awayAndBack(server, () => publish(me, ...upTo(6)));
  await until(() => heard.length === 6, 'all came');
  assert.deepEqual(heard, upTo(6));
  assert.equal(reported.length, 3);
});

test('no item of one user reaches the next user, whose own feed is read', async (t) => {
  installStorage(t);
  let userId = 'u1';
  const { server, feed, heard } = await setUp(t, { auth: () => ({ userId }) });
  await publish(feed.user('u1'), 'u1 a');
  await until(() => heard.length === 1, 'the first user has something');
  await api.disconnectSocketForLogout();
  await publish(feed.user('u1'), 'u1 b');
  userId = 'u2';
  api.resetLogoutFlag();
  api.initializeSocket('u2');
  await ready();
  await hasRead(server, 'holdfast:feed:u:u2');
  await publish(feed.user('u1'), 'u1 c');
  await publish(feed.user('u2'), 'u2 a');
  await awayAndBack(server, () => publish(feed.user('u2'), 'u2 b'));
  await until(() => heard.length === 3, 'the second user has all of his');
  assert.deepEqual(heard, ['u1 a', 'u2 a', 'u2 b']);
});

test('a reloaded page continues from the last delivered item, and after a logout from the end', async (t) => {
  const { values } = installStorage(t);
  const { server, me, heard } = await setUp(t);
  await publish(me, 1, 2);
  await until(() => heard.length === 2, 'both came');
  const life = async () => {
    freshModule(t);
    api.configureSocket(quick(server.url, { auth: { userId: 'u1' } }));
    api.initializeSocket('u1').on('note', (n) => heard.push(n));
    await ready();
    await hasRead(server);
  };
  globalThis[Symbol.for('holdfast@1')].client.destroy();
  await publish(me, 3, 4);
  await life();
  await until(() => heard.length === 4, 'what was missed between two lives came');
  await publish(me, 5);
  await until(() => heard.length === 5, 'and the next');
  const kept = [...values].find(([key]) => key.endsWith(' f'))?.[1] ?? '';
  assert.match(kept, /^\[\d+,\{"r\d+":"\d+\.\w+"\}\]$/, 'numbers alone are on disk');
  await api.disconnectSocketForLogout();
  await publish(me, 6);
  await life();
  await publish(me, 7);
  await until(() => heard.includes(7), 'the next came');
  assert.deepEqual(heard, [1, 2, 3, 4, 5, 7]);
});

const GARBAGE = {
  nothing: [],
  null: [null],
  'a text': ['no'],
  'no end': [{ items: [] }],
  'an end that is no offset': [{ items: [], end: 'x' }],
  'items that are none': [{ items: [null, 1, 'x', {}, [], [1], ['1.a']], end: '1.a' }],
  'a code that is unknown': [{ error: 'x', code: 'WHATEVER' }],
  'an endless feed': [{ items: [], end: '900000000000000.a' }],
};

for (const [what, answer] of Object.entries(GARBAGE)) {
  test(`a server that answers a read with ${what} breaks nothing, and is not flooded with reads`, async (t) => {
    collectReports(t);
    freshModule(t);
    const server = await startChatServer(t);
    let reads = 0;
    server.io.on('connection', (socket) => {
      socket.on('holdfast:read', (_feed, _at, ack) => {
        reads += 1;
        ack(...answer);
      });
      socket.emit('holdfast:feeds', 1);
      socket.emit('holdfast:item', null, 5, {}, 'note', 1);
      socket.emit('holdfast:item', null);
      socket.emit('holdfast:item', null, '0.a', `${'9'.repeat(400)}.a`, 'note', 1);
    });
    api.configureSocket(quick(server.url, { auth: { userId: 'u1' } }));
    const heard = [];
    api.initializeSocket('u1').on('plain', (n) => heard.push(n));
    await ready();
    await until(() => reads > 0, 'the feed is read');
    await roundTrip(server);
    server.io.emit('plain', 1);
    await until(() => heard.length === 1, 'the link works');
    const { ok } = await api.sendMessage({ recipientId: 'u2', content: 'x' });
    assert.ok(ok ?? true);
    await roundTrip(server);
    assert.ok(reads <= 2, `${reads} reads`);
  });
}
