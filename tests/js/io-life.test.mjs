// `holdfast/io` leaves no more behind than socket.io-client does. Without a module, its Sockets are plain ones.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import test from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { TOLD } from '../../pkg-template/shell/numbers.js';
import { pkg } from '../support/paths.mjs';
import { connected, io, start, until } from './io-kit.mjs';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');

/** The module's exports, which a test can replace. */
let exported;
let isForbidden = false;
WebAssembly.Module = new Proxy(WebAssembly.Module, {
  construct(target, args) {
    if (isForbidden) throw new WebAssembly.CompileError('unsafe-eval is not allowed');
    return new target(...args);
  },
});
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, args) {
    const made = { ...new target(...args).exports };
    if (made.driver_tell) exported = made;
    return { exports: made };
  },
});

/** Objects that one collection finalizes can be freed by the next one only. */
async function collect() {
  for (let n = 0; n < 4; n += 1) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return process.memoryUsage().heapUsed;
}

/** Runs a program in a process of its own. */
const run = (program) =>
  spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    timeout: 20_000,
    encoding: 'utf8',
  });

test('a thousand Sockets that were opened and closed leave nothing, whatever waits in them', async (t) => {
  const { server } = await start(t);
  const dropped = [];
  const open = async () => {
    const socket = io(server.url, {
      forceNew: true,
      transports: ['websocket'],
      holdfast: { logger: null },
    });
    socket.emit('note', 'x'.repeat(1_000));
    socket.emit('join_room', 'a');
    await once(socket, 'connect');
    socket.disconnect();
    socket.emit('note', 'y'.repeat(1_000));
    dropped.push(new WeakRef(socket));
  };
  const openAll = async (count) => {
    for (let n = 0; n < count; n += 20) await Promise.all(Array.from({ length: 20 }, open));
    server.came.length = server.handshakes.length = server.links.length = 0;
    server.namespacePackets.length = 0;
  };
  await openAll(200);
  const before = await collect();
  await openAll(1_000);
  const after = await collect();
  await until(
    async () => {
      await collect();
      // A frame of the last call may still hold the last one.
      return dropped.filter((one) => one.deref()).length <= 1;
    },
    () => `${dropped.filter((one) => one.deref()).length} are left`,
  );
  assert.ok(after - before < 3_000_000, `${after - before} bytes more`);
});

test('listeners on a Manager that is shared go with the connection of each Socket', async (t) => {
  const { server, open } = await start(t);
  server.io.of('/other').on('connection', () => {});
  const socket = await connected(open());
  const { engine, decoder } = socket.io;
  const counts = () =>
    ['packet', 'drain', 'upgrade', 'close'].map((event) => engine.listeners(event).length);
  const [before, decoded] = [counts(), decoder.listeners('decoded').length];
  const other = socket.io.socket('/other', { holdfast: false });
  await connected(other);
  for (let n = 0; n < 20; n += 1) {
    socket.disconnect();
    // A server ends the connection of a namespace that is asked for again before it was left.
    await until(() => server.clients.length === 0, 'left', 10_000, 1);
    assert.equal(counts()[0], before[0] - 1, 'nobody hears of it');
    socket.connect();
    await connected(socket);
  }
  assert.deepEqual([counts(), decoder.listeners('decoded').length], [before, decoded]);
});

const program = (options, more) => `
  import { Server } from 'socket.io';
  import { io } from '${pkg}/esm/io.mjs';
  const server = new Server(0);
  await new Promise((resolve) => server.httpServer.once('listening', resolve));
  const socket = io('http://127.0.0.1:' + server.httpServer.address().port, ${options});
  socket.emit('note', 1);
  socket.on('connect', () => {
    ${more}
  });
`;

test('a process ends once its Socket is closed, with what waits', () => {
  const { status, stderr } = run(
    program('{}', `socket.disconnect(); socket.emit('note', 2); server.close();`),
  );
  assert.equal(status, 0, stderr);
});

test('with autoUnref a process ends though it is connected', () => {
  const { status, stderr } = run(`
    import { io } from '${pkg}/esm/io.mjs';
    const socket = io('http://127.0.0.1:9', { autoUnref: true });
    socket.emit('note', 1);
  `);
  assert.equal(status, 0, stderr);
});

test('a module that dies leaves a plain Socket, which emits what waits', async (t) => {
  const { server, open, cameOf } = await start(t);
  const warnings = [];
  const logger = { warn: (...said) => warnings.push(said.join(' ')), debug() {} };
  const socket = await connected(open({ holdfast: { logger } }));
  t.mock.method(console, 'error', () => {});
  server.dropAll();
  await once(socket, 'disconnect');
  socket.emit('note', 1);
  socket.emit('join_room', 'a');
  const tell = exported.driver_tell;
  exported.driver_tell = (...args) => {
    if (args[1] !== TOLD.begun) return tell(...args);
    throw new WebAssembly.RuntimeError('unreachable');
  };
  await until(() => cameOf('note').length === 1 && cameOf('join_room').length === 1, 'both');
  assert.equal(Object.hasOwn(socket, 'emit'), false);
  assert.equal(warnings.length, 1);
  socket.emit('note', 2);
  await until(() => cameOf('note').length === 2, 'by itself');
  exported.driver_tell = tell;
});

test('where WebAssembly cannot run Sockets are plain ones, and one warning says so', async (t) => {
  const { open, cameOf } = await start(t);
  const warnings = [];
  const logger = { warn: (...said) => warnings.push(said.join(' ')), debug() {} };
  isForbidden = true;
  for (let n = 0; n < 3; n += 1) {
    const socket = open({ holdfast: { logger } });
    assert.equal(Object.hasOwn(socket, 'emit'), false);
    socket.emit('note', n);
  }
  await until(() => cameOf('note').length === 3, 'all');
  assert.equal(warnings.length, 1);
  assert.match(warnings[0], /no delivery guarantee.*Content-Security-Policy.*'wasm-unsafe-eval'/);
});
