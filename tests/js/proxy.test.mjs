// Tests of the proxy that breaks connections for the other tests, with plain TCP and HTTP.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import test from 'node:test';
import { createProxy } from '../support/proxy.mjs';
import { until } from '../support/until.mjs';

test('bytes and the end of a stream pass both ways', async (t) => {
  const { proxy } = await echoBehindProxy(t);
  const client = await dial(proxy);
  const big = Buffer.alloc(3_000_000, 'x');
  client.end(big);
  await once(client, 'end');
  assert.equal(client.seen.length, big.length);
  assert.deepEqual(
    { ...proxy.counters, active: 0 },
    {
      connections: 1,
      refused: 0,
      upgradesHung: 0,
      bytesUp: big.length,
      bytesDown: big.length,
      active: 0,
    },
  );
  await until(() => proxy.counters.active === 0, 'the pair is forgotten');
});

test('cut resets open connections and lets new ones pass', async (t) => {
  const { proxy, echo } = await echoBehindProxy(t);
  const client = await dial(proxy);
  await say(client, 'before');
  const atServer = new Promise((resolve) => [...echo.open][0].once('close', resolve));
  proxy.cut();
  const [error] = await once(client, 'error');
  assert.equal(error.code, 'ECONNRESET');
  await atServer;
  await say(await dial(proxy), 'after');
});

test('refuse resets new connections only, and keeps the port', async (t) => {
  const { proxy } = await echoBehindProxy(t);
  const old = await dial(proxy);
  await say(old, 'before');
  proxy.refuse();
  const refused = net.connect(proxy.port, proxy.host);
  const [error] = await once(refused, 'error');
  assert.equal(error.code, 'ECONNRESET');
  await say(old, 'the old one lives');
  assert.equal(proxy.counters.refused, 1);
  proxy.refuse(false);
  await say(await dial(proxy), 'again');
});

test('a hanging connection passes neither bytes nor the end until it is resumed', async (t) => {
  const { proxy, echo } = await echoBehindProxy(t);
  const client = await dial(proxy);
  await say(client, 'one');
  proxy.hang();
  client.end('two');
  const fresh = await dial(proxy);
  fresh.write('three');
  await quiet();
  assert.equal(client.seen.toString(), 'one');
  assert.equal(echo.open.size, 1, 'the target knows nothing of a connection that hangs');
  assert.equal(echo.ended, 0);
  proxy.resume();
  await until(() => client.seen.toString() === 'onetwo', 'held bytes pass');
  await until(() => echo.ended === 1, 'the end passes');
  await until(() => fresh.seen.toString() === 'three', 'the new connection passes');
});

test('a reset during a hang passes only when the connection is resumed', async (t) => {
  const { proxy, echo } = await echoBehindProxy(t);
  const client = await dial(proxy);
  await say(client, 'one');
  proxy.hang();
  client.resetAndDestroy();
  await quiet();
  assert.equal(echo.open.size, 1);
  proxy.resume();
  await until(() => echo.open.size === 0, 'the reset passes');
});

test('with newToo false, open connections hang while new ones pass', async (t) => {
  const { proxy } = await echoBehindProxy(t);
  const old = await dial(proxy);
  await say(old, 'before');
  proxy.hang({ newToo: false });
  old.write('lost');
  await say(await dial(proxy), 'passes');
  assert.equal(old.seen.toString(), 'before');
});

test('delay adds latency each way, keeps order and does not limit throughput', async (t) => {
  const { proxy } = await echoBehindProxy(t);
  const client = await dial(proxy);
  proxy.delay(40);
  const started = performance.now();
  const expected = [];
  for (let i = 0; i < 4_000; i += 1) {
    expected.push(`${i};`);
    client.write(`${i};`);
    if (i % 50 === 0) await new Promise(setImmediate);
    // Chunks that came before the delay was lowered still leave first.
    if (i === 3_000) proxy.delay(20);
  }
  const written = performance.now();
  await until(() => client.seen.toString() === expected.join(''), 'everything came back in order');
  const took = performance.now() - started;
  // 40 ms there, and 20 ms back once the delay was lowered.
  assert.ok(took >= 40 + 20, `a round trip under the delay: ${took} ms`);
  // A delay paid per chunk would take 4,000 times as long.
  assert.ok(took - (written - started) < 2_000, `took ${took} ms`);
});

test('hangUpgrade leaves WebSocket requests unanswered and lets polling pass', async (t) => {
  const server = http.createServer((_request, response) => response.end('polled'));
  let upgrades = 0;
  server.on('upgrade', (_request, socket) => {
    upgrades += 1;
    socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
  });
  await listen(t, server);
  const proxy = await createProxy({ target: { port: server.address().port } });
  t.after(() => proxy.close());
  proxy.hangUpgrade();

  const polled = await fetch(proxy.url);
  assert.equal(await polled.text(), 'polled');

  const whole = await dial(proxy);
  whole.write(UPGRADE);
  const inPieces = await dial(proxy);
  inPieces.write(UPGRADE.slice(0, 50));
  await until(() => proxy.counters.upgradesHung === 1, 'the whole request is swallowed');
  inPieces.write(UPGRADE.slice(50));
  await until(() => proxy.counters.upgradesHung === 2, 'the request in pieces is swallowed');
  await quiet();
  assert.equal(upgrades, 0);
  assert.equal(whole.seen.length + inPieces.seen.length, 0);
  assert.equal(whole.closed || inPieces.closed, false);

  proxy.hangUpgrade(false);
  const passing = await dial(proxy);
  passing.write(UPGRADE);
  await until(() => passing.seen.toString().startsWith('HTTP/1.1 101'), 'a later one passes');
});

test('retarget sends new connections elsewhere', async (t) => {
  const { proxy } = await echoBehindProxy(t);
  const other = net.createServer((socket) => socket.end('other'));
  await listen(t, other);
  proxy.retarget(other.address().port);
  const client = await dial(proxy);
  await until(() => client.seen.toString() === 'other', 'the other server answers');
});

test('throttle limits the bits per second, in order, until it is removed', async (t) => {
  const { proxy } = await echoBehindProxy(t);
  const client = await dial(proxy);
  await say(client, 'before');
  // A minute for the first byte: nothing can come by accident.
  proxy.throttle(8 / 60);
  client.write('x');
  await quiet();
  assert.equal(client.seen.toString(), 'before');
  // A line of its own is as wide as it was made.
  proxy.throttle(8_000_000);
  const other = await dial(proxy);
  const text = 'abcdefgh'.repeat(5_000);
  const began = performance.now();
  await say(other, text);
  // 40 KB at 1 MB/s, there and back.
  assert.ok(performance.now() - began >= 79);
  proxy.throttle(Infinity);
  await say(await dial(proxy), 'wide again');
});

test('after a number of bytes, the connection that carries the last one is reset, once', async (t) => {
  const { proxy } = await echoBehindProxy(t);
  const [one, other] = [await dial(proxy), await dial(proxy)];
  proxy.dropAfter(10);
  await say(one, 'abcd');
  one.write('efgh');
  const [error] = await once(one, 'error');
  assert.equal(error.code, 'ECONNRESET');
  assert.ok('abcd'.length <= one.seen.length && one.seen.length < 'abcdefgh'.length);
  const { bytesUp, bytesDown } = proxy.counters;
  assert.equal(bytesUp + bytesDown, 10, 'not one byte more has passed');
  await say(other, 'the other one lives');
  proxy.dropAfter(10);
  proxy.dropAfter(Infinity);
  await say(other, 'and so it does once it is taken back');
});

test('a target that is down resets the client', async (t) => {
  const gone = net.createServer();
  await listen(t, gone);
  const { port } = gone.address();
  await new Promise((resolve) => gone.close(resolve));
  const proxy = await createProxy({ target: { port } });
  t.after(() => proxy.close());
  const client = net.connect(proxy.port, proxy.host);
  const [error] = await once(client, 'error');
  assert.equal(error.code, 'ECONNRESET');
  await until(() => proxy.counters.active === 0, 'the pair is forgotten');
});

const UPGRADE =
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\n' +
  'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

/** Gives a wrong implementation the time to let something pass; nothing is awaited by it. */
const quiet = () => new Promise((resolve) => setTimeout(resolve, 60));

async function listen(t, server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections?.();
    server.close();
  });
}

async function echoBehindProxy(t) {
  const echo = { open: new Set(), ended: 0 };
  const server = net.createServer((socket) => {
    echo.open.add(socket);
    socket.on('error', () => {});
    socket.on('end', () => (echo.ended += 1));
    socket.on('close', () => echo.open.delete(socket));
    socket.pipe(socket);
  });
  await listen(t, server);
  const proxy = await createProxy({ target: { port: server.address().port } });
  t.after(() => proxy.close());
  return { proxy, echo };
}

async function dial(proxy) {
  const client = net.connect(proxy.port, proxy.host);
  const chunks = [];
  client.on('error', () => {});
  client.on('data', (chunk) => chunks.push(chunk));
  Object.defineProperty(client, 'seen', { get: () => Buffer.concat(chunks) });
  await once(client, 'connect');
  return client;
}

async function say(client, text) {
  const before = client.seen.length;
  client.write(text);
  await until(
    () => client.seen.subarray(before).toString() === text,
    `${text} comes back`,
    5_000,
    2,
  );
}
