// Rules that apps have broken in their own socket modules: the components and the page use a Socket as before.

import assert from 'node:assert/strict';
import test from 'node:test';
import { io } from 'socket.io-client';
import { deferred } from '../../support/until.mjs';
import {
  api,
  awayAndBack,
  client,
  down,
  quick,
  ready,
  roundTrip,
  send,
  settled,
  start,
  until,
} from '../shell-kit.mjs';

/** What components do with a Socket; answers what they saw of it. */
async function useAsComponentsDo(socket, server) {
  const saw = [];
  const note = (...what) => saw.push(what);
  const event = (name) => new Promise((resolve) => socket.once(name, resolve));
  note('before', socket.connected, socket.id, socket.disconnected, socket.io.opts.query);

  socket.on('connect', () => note('connect', socket.connected, socket.id === socket.io.engine.id));
  socket.on('disconnect', (reason) => note('disconnect', reason, socket.connected, socket.id));
  const connected = event('connect');
  const transports = [];
  const upgraded = new Promise((resolve) => {
    socket.io.once('open', () => {
      transports.push(socket.io.engine.transport.name);
      socket.io.engine.on('upgrade', resolve);
    });
  });
  note('connect answers the socket', socket.connect() === socket);
  await Promise.all([connected, upgraded]);
  note('transports', ...transports, socket.io.engine.transport.name);
  note('id', typeof socket.id, socket.id.length, socket.auth);

  const removed = (text) => note('removed', text);
  const kept = (...args) => note('kept', ...args);
  socket.on('chat', removed);
  socket.on('chat', kept);
  socket.once('chat', (text) => note('once', text));
  note('listeners', socket.listeners('chat').length, socket.hasListeners('chat'));
  socket.off('chat', removed);
  note('listeners', socket.listeners('chat').length, socket.listeners('chat')[0] === kept);
  const [peer] = server.clients.filter(({ id }) => id === socket.id);
  peer.emit('chat', 'one', { n: 1 });
  peer.emit('chat', 'two');
  await roundTrip(server, socket);
  socket.off('chat');
  note('listeners', socket.listeners('chat').length, socket.hasListeners('chat'));
  peer.emit('chat', 'three');

  peer.onAny((name, ...args) => {
    const ack = args.at(-1);
    if (typeof ack === 'function') ack(`ack of ${name}`, args.length);
    if (/^form/.test(name)) note(name, ...args.filter((arg) => typeof arg !== 'function'));
  });
  note('emit answers the socket', socket.emit('form 1') === socket);
  socket.emit('form 2', { a: 1 }, [2], 'three', Uint8Array.of(4));
  await new Promise((resolve) => {
    socket.emit('form 3', 'data', (...answer) => resolve(note('answer', ...answer)));
  });
  note('answer', await socket.emitWithAck('form 4', 'data'));
  await new Promise((resolve) => {
    const waiting = socket.timeout(60_000);
    waiting.emit('form 5', (...answer) => resolve(note('answer', ...answer)));
  });
  socket.volatile.emit('form 6', 1);
  socket.compress(false).emit('form 7');
  await roundTrip(server, socket);

  note('disconnect answers the socket', socket.disconnect() === socket);
  socket.emit('form 8', 'buffered until there is a connection');
  const again = event('connect');
  socket.auth = { token: 'assigned' };
  socket.connect();
  await again;
  await until(() => server.clients.some(({ id }) => id === socket.id), 'the server has it');
  await roundTrip(server, socket);
  note('auth', server.handshakes.at(-1));
  socket.disconnect();
  return saw;
}

test('everything that components do with a Socket works as with a plain one', async (t) => {
  const server = await start(t);
  const opts = { transports: ['polling', 'websocket'], query: { a: '1' } };
  const plain = io(server.url, { ...opts, autoConnect: false, forceNew: true, auth: {} });
  t.after(() => plain.disconnect());
  const ours = client(t, server, { io: opts, join: false, health: false }).socket;
  assert.deepEqual(await useAsComponentsDo(ours, server), await useAsComponentsDo(plain, server));
});

test('a logout flag that is reset only after the login still lets the user connect', async (t) => {
  const server = await start(t, {}, { user: 'u1' });
  api.disconnectSocketForLogout();
  assert.equal(api.initializeSocket('u2'), null);
  api.resetLogoutFlag();
  await ready();
  assert.equal((await settled(send({ text: 'of u2' }))).success, true);
  assert.deepEqual(server.joins, ['u1', 'u2']);
});

test('an app that falls back to REST while offline can see that a send was accepted', async (t) => {
  const server = await start(t, { connectedMeans: 'accepting' });
  let byRest = 0;
  const submit = (text) => {
    if (api.isSocketConnected()) return send({ recipientId: 'bob', text });
    byRest += 1;
    return null;
  };
  const sent = [submit('before connecting')];
  api.initializeSocket('u1');
  await ready();
  sent.push(submit('connected'));
  await awayAndBack(server, () => {
    sent.push(submit('while away'));
  });
  for (const result of await Promise.all(sent.map(settled))) assert.equal(result.success, true);
  assert.deepEqual(
    server.saved.map(({ text }) => text),
    ['before connecting', 'connected', 'while away'],
  );
  assert.equal(byRest, 0);
  api.disconnectSocketForLogout();
  assert.equal(api.isSocketConnected(), false, 'after a logout nothing is taken');
});

test('a component that fetches nothing receives the missed messages before the new ones', async (t) => {
  const stored = [];
  const answered = deferred();
  const onResync = async ({ since, deliver }) => {
    await answered.promise;
    deliver(stored.slice(stored.findIndex(({ _id }) => _id === since.id)));
  };
  const server = await start(t, { onResync }, { user: 'u1' });
  const shown = [];
  api.onNewMessage(({ _id }) => shown.push(_id));
  const post = (_id) => {
    stored.push({ _id });
    server.io.emit('message:new', { _id });
  };
  post('a');
  await roundTrip(server);
  await awayAndBack(server, () => ['b', 'c'].map(post));
  post('d');
  await roundTrip(server);
  assert.deepEqual(shown, ['a']);
  answered.resolve();
  await until(() => shown.length >= 4, 'all are shown');
  assert.deepEqual(shown, ['a', 'b', 'c', 'd']);
});

/** What `watchPage` and socket.io-client need of a page. Answers what listens on it. */
function openPage() {
  const listening = new Set();
  const pageOf = (target) => {
    for (const name of ['addEventListener', 'removeEventListener']) {
      const method = target[name].bind(target);
      target[name] = (event, listener, ...more) => {
        const key = `${event} ${idOf(listener)}`;
        if (name === 'addEventListener') listening.add(key);
        else listening.delete(key);
        method(event, listener, ...more);
      };
    }
    return target;
  };
  const ids = new Map();
  const idOf = (listener) => ids.get(listener) ?? ids.set(listener, ids.size).get(listener);
  const window = pageOf(new EventTarget());
  globalThis.document = pageOf(Object.assign(new EventTarget(), { visibilityState: 'visible' }));
  globalThis.addEventListener = window.addEventListener;
  globalThis.removeEventListener = window.removeEventListener;
  const close = () => {
    for (const name of ['document', 'addEventListener', 'removeEventListener']) {
      delete globalThis[name];
    }
  };
  const tell = (event, persisted) =>
    window.dispatchEvent(Object.assign(new Event(event), { persisted }));
  return { listening, tell, close };
}

test('a page keeps its link after a plain pagehide, and its listeners on the page do not accumulate', async (t) => {
  const { listening, tell, close } = openPage();
  const server = await start(t, {}, { user: 'u1' });
  const ofOne = listening.size;
  const other = client(t, server);
  // After what these two have to clean up.
  t.after(close);
  assert.ok(listening.size > ofOne);
  other.destroy();
  assert.equal(listening.size, ofOne);

  const { engine } = api.getSocket().io;
  tell('pagehide', false);
  await roundTrip(server);
  assert.equal(api.getSocket().io.engine, engine);
  assert.equal((await settled(send({ text: 'still here' }))).success, true);

  for (let time = 0; time < 3; time += 1) {
    tell('pagehide', true);
    await down();
    tell('pageshow', true);
    await ready();
    await awayAndBack(server);
    api.configureSocket(quick(server.url));
    assert.equal(listening.size, ofOne);
  }
});
