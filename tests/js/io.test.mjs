// `holdfast/io` in place of socket.io-client: emits arrive reliably, and everything else works as before.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import test from 'node:test';
import { Manager as PlainManager, Socket as PlainSocket } from 'socket.io-client';
import { atEnd } from '../support/at-end.mjs';
import { pkg } from '../support/paths.mjs';
import { createProxy } from '../support/proxy.mjs';
import { closing, connected, entry, io, Manager, QUICK, start, until } from './io-kit.mjs';

const numbers = (count) => Array.from({ length: count }, (_, n) => [n]);

test('the entry has what socket.io-client has', async (t) => {
  const { open } = await start(t);
  for (const one of [io.connect, io.io, entry.default, entry.connect]) assert.equal(one, io);
  assert.equal(io.Manager, Manager);
  assert.equal(io.Socket, PlainSocket);
  assert.equal(entry.protocol, 5);
  const socket = open();
  assert.ok(socket instanceof PlainSocket);
  assert.ok(socket.io instanceof Manager);
  assert.ok(socket.io instanceof PlainManager);
  class Own extends Manager {}
  assert.ok(!(socket.io instanceof Own));
  assert.ok(new Own('http://127.0.0.1:1', { autoConnect: false }) instanceof Own);
  assert.equal(socket.io.opts.holdfast, undefined);
});

test('io can be called with new, and asked for a connection of another namespace', async (t) => {
  const { server, open } = await start(t);
  const came = [];
  server.io.of('/other').on('connection', (socket) => socket.on('note', (n) => came.push(n)));
  const one = open({ forceNew: false });
  const other = new io(`${server.url}/other`, { transports: ['websocket'], ...QUICK });
  closing(t, other);
  assert.equal(other.io, one.io, 'they share a Manager');
  other.emit('note', 1);
  one.emit('note', 2);
  await until(() => came.length === 1 && server.came.length === 1, 'both');
});

test('plain emits are sent in the same turn if the link is ready', async (t) => {
  const { open, server, cameOf } = await start(t);
  const socket = await connected(open());
  const left = [];
  socket.io.engine.on('packetCreate', ({ data }) => left.push(data));
  socket.emit('note', 1, 'two', { three: 3 });
  assert.ok(left.includes('2["note",1,"two",{"three":3}]'), left.join());
  await until(() => cameOf('note').length === 1, 'it came');
  assert.deepEqual(cameOf('note'), [[1, 'two', { three: 3 }]]);
  assert.equal(server.came.length, 1, 'nothing else was emitted');
});

test('any arguments arrive as socket.io-client sends them', async (t) => {
  const { open, cameOf } = await start(t);
  const socket = open();
  socket.emit('none');
  socket.emit('undefined', undefined);
  socket.emit('several', undefined, null, [1], new Date(0));
  socket.emit('binary', new Uint8Array([1, 2]));
  socket.send('hello', 1);
  await until(() => cameOf('message').length === 1, 'all');
  assert.deepEqual(cameOf('none'), [[]]);
  assert.deepEqual(cameOf('undefined'), [[null]]);
  assert.deepEqual(cameOf('several'), [[null, null, [1], '1970-01-01T00:00:00.000Z']]);
  assert.deepEqual([...cameOf('binary')[0][0]], [1, 2]);
  assert.deepEqual(cameOf('message'), [['hello', 1]]);
});

test('a value that cannot be copied throws where socket.io-client throws', async (t) => {
  const { open, errors } = await start(t);
  const socket = await connected(open());
  const circular = {};
  circular.self = circular;
  assert.throws(() => socket.emit('note', circular), RangeError);
  assert.throws(() => socket.emit('note', 1n), TypeError);
  assert.throws(() => socket.emit('connect'), /reserved/);
  assert.deepEqual(errors, []);
});

test('a server that is killed under a burst gets all of it, in order', async (t) => {
  const { server, open, cameOf } = await start(t);
  const socket = await connected(open());
  for (let n = 0; n < 300; n += 1) {
    socket.emit('note', n);
    if (n === 100) await server.stop();
    if (n === 200) await server.listen();
  }
  await until(() => new Set(cameOf('note').flat()).size === 300, 'all of them');
  const firsts = [...new Set(cameOf('note').flat())];
  assert.deepEqual(firsts, [...numbers(300).flat()]);
});

test('emits on a link that hangs arrive after the link was found dead', async (t) => {
  const { server, cameOf } = await start(t);
  const proxy = await createProxy({ target: { port: server.port } });
  atEnd(t, () => proxy.close());
  const socket = closing(
    t,
    io(proxy.url, {
      forceNew: true,
      transports: ['websocket'],
      ...QUICK,
      holdfast: { logger: null, health: { intervalMs: 200, timeoutMs: 400, probeMs: 200 } },
    }),
  );
  await connected(socket);
  socket.emit('note', 0);
  await until(() => cameOf('note').length === 1, 'the first one');
  const reasons = [];
  socket.on('disconnect', (reason) => reasons.push(reason));
  proxy.hang();
  for (let n = 1; n < 20; n += 1) socket.emit('note', n);
  await once(socket, 'disconnect');
  // What was on its way is lost.
  proxy.cut();
  proxy.resume();
  await until(() => new Set(cameOf('note').flat()).size === 20, 'all of them');
  assert.deepEqual(reasons, ['transport close'], 'the Manager reconnects by itself');
});

test('joins before the first connection keep their order, and are replayed before the queue after each reconnect', async (t) => {
  const { server, open } = await start(t);
  const socket = open();
  socket.emit('note', 1);
  socket.emit('join_room', 'a');
  socket.emit('joinRoom', 'b', 'name');
  await until(() => server.came.length === 3, 'all');
  assert.deepEqual(
    server.came.map(({ event }) => event),
    ['note', 'join_room', 'joinRoom'],
  );
  socket.emit('leaveRoom', 'b');
  await until(() => server.came.length === 4, 'left');
  server.came.length = 0;
  server.dropAll();
  await once(socket, 'disconnect');
  socket.emit('note', 2);
  await until(() => server.came.length === 2, 'the return');
  assert.deepEqual(
    server.came.map(({ event, args }) => [event, ...args]),
    [
      ['join_room', 'a'],
      ['note', 2],
    ],
  );
});

test('a join that the app emits itself on connect is sent once', async (t) => {
  const { server, open } = await start(t);
  const socket = open();
  socket.on('connect', () => socket.emit('join_room', 'a'));
  await until(() => server.came.length === 1, 'joined');
  server.dropAll();
  await once(socket, 'connect');
  socket.emit('note');
  await until(() => server.came.length === 3, 'joined again');
  assert.deepEqual(
    server.came.map(({ event }) => event),
    ['join_room', 'join_room', 'note'],
  );
});

test('a room that was left while disconnected is not joined again', async (t) => {
  const { server, open } = await start(t);
  const socket = await connected(open());
  socket.emit('join_room', 'a');
  socket.emit('join_room', 'b');
  await until(() => server.came.length === 2, 'joined');
  server.came.length = 0;
  server.dropAll();
  await once(socket, 'disconnect');
  socket.emit('leave_room', 'a');
  socket.emit('leave_room', 'b');
  socket.emit('join_room', 'b');
  await until(() => server.came.length === 2, 'the return');
  assert.deepEqual(
    server.came.map(({ event, args }) => [event, ...args]),
    [
      ['join_room', 'b'],
      ['leave_room', 'a'],
    ],
  );
});

test('typing and cursors are dropped while disconnected, and sent while connected', async (t) => {
  const { server, open, cameOf } = await start(t);
  const socket = open();
  for (const name of ['stop typing', 'cursor-move', 'mousemove', 'isTyping']) socket.emit(name, 1);
  socket.emit('drawing', 1);
  await until(() => cameOf('drawing').length === 1, 'what is data');
  assert.equal(server.came.length, 1);
  socket.emit('note');
  socket.emit('stop typing', 2);
  await until(() => server.came.length === 3, 'also right after another one');
});

test('modes by name: the latest of a key, at most once, and excluded events', async (t) => {
  const ways = {
    cursor: { way: 'latest', key: (data) => data.id },
    bid: { way: 'received', repeat: false },
    flash: 'volatile',
    joined_late: 'received',
  };
  const { server, open, cameOf, errors } = await start(t);
  const socket = open({ holdfast: { ways } });
  for (let n = 0; n < 5; n += 1) socket.emit('cursor', { id: n % 2, n });
  socket.emit('flash');
  socket.emit('bid', 1);
  await until(() => cameOf('bid').length === 1, 'the bid');
  assert.deepEqual(
    cameOf('cursor').map(([{ n }]) => n),
    [3, 4],
  );
  assert.deepEqual(cameOf('flash'), []);
  assert.deepEqual(errors, []);
  // Nobody answers receipts, and then the link is lost.
  server.hooks.connect = () => {};
  socket.emit('bid', 2);
  await until(() => cameOf('bid').length === 2, 'the second');
  server.dropAll();
  await once(socket, 'disconnect');
  const ofSecond = () => errors.filter(({ args }) => args[0] === 2);
  await until(() => ofSecond().length === 1, 'told');
  const [{ code, maybeDelivered, event, args }] = ofSecond();
  assert.deepEqual(
    { code, maybeDelivered, event, args },
    {
      code: 'LINK_LOST',
      maybeDelivered: true,
      event: 'bid',
      args: [2],
    },
  );
  await once(socket, 'connect');
  assert.equal(cameOf('bid').length, 2, 'at most once');
});

test('an emit with an acknowledgement, volatile and timeout are as in socket.io-client', async (t) => {
  const { server, open, cameOf } = await start(t);
  const socket = open();
  socket.volatile.emit('lost');
  assert.equal(socket.sendBuffer.length, 0);
  socket.emit('ping', () => {});
  assert.equal(socket.sendBuffer.length, 1, 'buffered by the Socket itself');
  socket.timeout(5_000).emit('note', 1);
  assert.equal(socket.sendBuffer.length, 2);
  await connected(socket);
  await socket.timeout(5_000).emitWithAck('ping');
  assert.equal(server.pings, 2);
  assert.deepEqual(cameOf('note'), [[1]]);
  assert.deepEqual(cameOf('lost'), []);
});

test('disconnect is final until connect, and waiting emits are kept', async (t) => {
  const { server, open, cameOf } = await start(t);
  const socket = await connected(open());
  const reasons = [];
  socket.on('disconnect', (reason) => reasons.push(reason));
  socket.disconnect();
  assert.equal(socket.active, false);
  socket.emit('note', 1);
  socket.connect();
  await until(() => cameOf('note').length === 1, 'it came');
  for (const one of server.clients) one.disconnect();
  await once(socket, 'disconnect');
  socket.emit('note', 2);
  assert.equal(socket.active, false);
  socket.connect();
  await until(() => cameOf('note').length === 2, 'it came');
  assert.deepEqual(reasons, ['io client disconnect', 'io server disconnect']);
});

test('two namespaces over one Manager keep their receipts apart', async (t) => {
  const { server } = await start(t);
  const came = { '/a': [], '/b': [] };
  for (const nsp of ['/a', '/b']) {
    server.io.of(nsp).on('connection', (socket) => socket.on('note', (n) => came[nsp].push(n)));
  }
  const options = { transports: ['websocket'], ...QUICK, holdfast: { logger: null } };
  const manager = new Manager(server.url, options);
  const [a, b] = ['/a', '/b'].map((nsp) => closing(t, manager.socket(nsp)));
  assert.ok(a.io instanceof Manager);
  for (let n = 0; n < 200; n += 1) {
    a.emit('note', n);
    b.emit('note', n);
    if (n === 60) await connected(a);
    if (n === 60) await connected(b);
    if (n === 90) b.disconnect();
    if (n === 95) b.connect();
    if (n === 120) for (const one of server.io.of('/a').sockets.values()) one.conn.close(true);
    if (n % 40 === 0) await new Promise(setImmediate);
  }
  for (const nsp of ['/a', '/b']) {
    await until(
      () => new Set(came[nsp]).size === 200,
      () => `${nsp}: ${new Set(came[nsp]).size}`,
    );
    assert.deepEqual([...new Set(came[nsp])], numbers(200).flat());
  }
});

test('a Socket that is created through the Manager of io is reliable like the first one', async (t) => {
  const { server } = await start(t);
  const came = [];
  server.io.of('/b').on('connection', (socket) => {
    for (const event of ['note', 'beat']) socket.on(event, (n) => came.push(n));
  });
  const holdfast = { logger: null, volatile: ['beat'] };
  const options = { transports: ['websocket'], ...QUICK, holdfast };
  const first = await connected(closing(t, io(server.url, options)));
  const second = closing(t, first.io.socket('/b'));
  assert.equal(first.io.socket('/b'), second, 'there is one');
  second.emit('beat', 'dropped by the option');
  await connected(second);
  for (let n = 0; n < 20; n += 1) second.emit('note', n);
  server.dropAll();
  await once(second, 'connect');
  second.emit('note', 20);
  await until(() => came.includes(20), 'all of them');
  assert.deepEqual([...new Set(came)], numbers(21).flat());
  // Unless it is given its own.
  const asked = first.io.socket('/c', { holdfast: false });
  const lookedUp = io(`${server.url}/d`, { holdfast: false });
  assert.equal(lookedUp.io, first.io);
  for (const plain of [asked, lookedUp]) {
    assert.equal(Object.hasOwn(plain, 'emit'), false);
    plain.disconnect();
  }
});

test('waiting emits of one user are never sent as another', async (t) => {
  const { server, open, cameOf, errors } = await start(t);
  let user = 'alice';
  const auth = (answer) => answer({ userId: user });
  const socket = await connected(open({ auth }));
  socket.disconnect();
  socket.emit('note', 'hers');
  socket.emit('join_room', 'hers');
  user = 'bob';
  socket.connect();
  await connected(socket);
  socket.emit('note', 'his');
  await until(() => cameOf('note').length === 1, 'his');
  assert.deepEqual(cameOf('note'), [['his']]);
  assert.deepEqual(cameOf('join_room'), []);
  assert.deepEqual(
    errors.map(({ code, event, maybeDelivered }) => [code, event, maybeDelivered]),
    [
      ['LOGGED_OUT', 'note', false],
      ['LOGGED_OUT', 'join_room', false],
    ],
  );
  assert.deepEqual(
    server.handshakes.map(({ userId }) => userId),
    ['alice', 'bob'],
  );
});

test('a server that accepts any namespace is asked for one receipt, and each event is sent once', async (t) => {
  const { server, open, cameOf } = await start(t);
  server.io.of(/.*/).on('connection', () => {});
  const socket = open();
  for (let n = 0; n < 50; n += 1) socket.emit('note', n);
  await until(() => cameOf('note').length === 50, 'all');
  await until(() => server.namespacePackets.length === 2, 'asked, and left');
  for (let n = 50; n < 60; n += 1) socket.emit('note', n);
  await until(() => cameOf('note').length === 60, 'the others');
  assert.ok(socket.connected);
  server.dropAll();
  await once(socket, 'connect');
  socket.emit('note', 60);
  await until(() => cameOf('note').length === 61, 'one more');
  assert.deepEqual(cameOf('note'), numbers(61));
});

test('holdfast: false, and retries, leave a Socket as it is', async (t) => {
  const { server, open } = await start(t);
  const plain = await connected(open({ holdfast: false }));
  assert.equal(Object.hasOwn(plain, 'emit'), false);
  const retrying = await connected(open({ retries: 3, ackTimeout: 1_000 }));
  retrying.emit('ping');
  await until(() => server.pings === 1, 'it came');
  assert.deepEqual(server.namespacePackets, [], 'nothing is asked');
});

test('an invalid option is refused before anything is opened', () => {
  const wrong = (holdfast) => () => io('http://127.0.0.1:1', { holdfast });
  assert.throws(wrong({ way: {} }), { code: 'INVALID_OPTION' });
  assert.throws(wrong({ volatile: 'typing' }), { code: 'INVALID_OPTION' });
  assert.throws(wrong({ ways: { bid: { way: 'received', repeat: 'no' } } }), {
    code: 'INVALID_OPTION',
  });
});

test('require returns io itself', () => {
  const required = createRequire(import.meta.url)(`${pkg}/io.js`);
  assert.equal(typeof required, 'function');
  for (const name of ['io', 'connect', 'default']) assert.equal(required[name], required);
});

test('over polling, and while it upgrades, nothing is lost when the server is killed', async (t) => {
  for (const transports of [['polling'], ['polling', 'websocket']]) {
    const { server, open, cameOf } = await start(t);
    const socket = open({ transports });
    for (let n = 0; n < 200; n += 1) {
      socket.emit('note', n);
      if (n === 20) await connected(socket);
      if (n === 90) await server.restart();
      if (n % 10 === 0) await new Promise(setImmediate);
    }
    await until(() => new Set(cameOf('note').flat()).size === 200, 'all of them');
    assert.deepEqual([...new Set(cameOf('note').flat())], numbers(200).flat());
    await server.close();
  }
});

test('the CONNECT that is sent while a Socket is created determines the user', async (t) => {
  const { server, open, errors } = await start(t);
  const came = [];
  server.io.of('/other').on('connection', (socket) => socket.on('note', (n) => came.push(n)));
  const one = await connected(open({ forceNew: false }));
  let user = 'alice';
  const auth = (answer) => answer({ userId: user });
  const onError = (error) => errors.push(error);
  const holdfast = { onError, logger: null };
  const other = closing(t, io(`${server.url}/other`, { ...QUICK, auth, holdfast }));
  assert.equal(other.io, one.io);
  other.emit('note', 'hers');
  await until(() => came.length === 1, 'hers');
  other.disconnect();
  other.emit('note', 'hers too');
  user = 'bob';
  await until(() => server.io.of('/other').sockets.size === 0, 'left');
  other.connect();
  await connected(other);
  other.emit('note', 'his');
  await until(() => came.length === 2, 'his');
  assert.deepEqual(came, ['hers', 'his']);
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['LOGGED_OUT'],
  );
});

test('a user named by a function applies from the emit on, and gets a new link', async (t) => {
  const { server, open, cameOf } = await start(t);
  let name = 'alice';
  const socket = await connected(open({ holdfast: { userId: () => name, logger: null } }));
  socket.emit('note', 'hers');
  await until(() => cameOf('note').length === 1, 'hers');
  name = 'bob';
  socket.emit('note', 'his');
  await until(() => cameOf('note').length === 2, 'his');
  assert.equal(server.links.length, 2);
  assert.notEqual(server.came[0].link, server.came[1].link);
});

test('compress works as before, and a listener that throws stops no other', async (t) => {
  const { open, cameOf } = await start(t);
  const socket = open();
  t.mock.method(console, 'error', () => {});
  const heard = [];
  socket.on('connect', () => {
    throw new Error('mine');
  });
  socket.on('connect', () => heard.push('connect'));
  socket.onAnyOutgoing(() => {
    throw new Error('mine too');
  });
  socket.compress(false).emit('note', 1);
  await connected(socket);
  const options = [];
  socket.io.engine.on('packetCreate', (packet) => options.push(packet.options?.compress));
  socket.compress(false).emit('note', 2);
  socket.emit('note', 3);
  await until(() => cameOf('note').length === 3, 'all');
  assert.deepEqual(options.slice(0, 2), [false, true]);
  assert.deepEqual(heard, ['connect']);
});
