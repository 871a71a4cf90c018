// Connecting, being refused and being disconnected by the server: how often, as which user, and with what retries.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launchBrowser } from '../../support/browser.mjs';
import {
  assertEachDeliveredOnce,
  configure,
  QUICK,
  untilReady,
  untilSettled,
} from '../../support/lab.mjs';
import { until } from '../../support/until.mjs';
import { connectOurs, connectPlain, openPlain, oursSend, twoWorlds, untilPlain } from './kit.mjs';

const browser = await launchBrowser();
const io = { transports: ['websocket'] };

test('a component that mounts twice, or after an unmount, shares the one connection', async (t) => {
  const { page, plain, ours } = await twoWorlds(t, browser);
  const isSame = await page.evaluate(
    ([url, options]) => {
      const [first, second] = [0, 1].map(() => window.io(url, options));
      return first === second;
    },
    [plain.proxy.url, io],
  );
  assert.equal(isSame, false);
  await until(() => plain.server.clients.length === 2, 'a connection for each');
  assert.equal(plain.proxy.counters.active, 2);

  await configure(page, { url: ours.proxy.url, io, ...QUICK });
  const areSame = await page.evaluate(() => {
    const { initializeSocket, disconnectSocket, getSocket } = window.holdfast;
    const mount = () => initializeSocket('alice');
    const sockets = [mount(), mount()];
    disconnectSocket();
    return [...sockets, mount(), getSocket()].every((socket) => socket === sockets[0]);
  });
  assert.equal(areSame, true);
  await untilReady(page);
  await oursSend(page, 'A');
  await untilSettled(page, 1);
  await until(() => ours.server.clients.length === 1, 'of those that were begun one is left');
  await until(() => ours.proxy.counters.active === 1, 'with its one link');
});

test('connecting again while the handshake is pending makes one connection', async (t) => {
  const { page, plain, ours } = await twoWorlds(t, browser);
  const [byPlain, byOurs] = [plain, ours].map(({ server }) => {
    const seen = { asked: [], connections: 0 };
    server.hooks.admit = () => new Promise((resolve) => seen.asked.push(resolve));
    server.io.on('connection', () => {
      seen.connections += 1;
    });
    return seen;
  });
  await openPlain(page, plain, io);
  await configure(page, { url: ours.proxy.url, io, ...QUICK }, 'alice');
  await until(() => byPlain.asked.length + byOurs.asked.length === 2, 'both ask to be let in');
  await page.evaluate(() => {
    for (let i = 0; i < 2; i += 1) {
      window.plain.connect();
      window.holdfast.getSocket().connect();
      window.holdfast.initializeSocket('alice');
    }
  });
  await until(() => byPlain.asked.length === 3, 'the plain client asks with every call');
  for (const admit of [...byPlain.asked, ...byOurs.asked]) admit();
  await until(() => byPlain.connections === 3, 'and is there three times');
  await untilReady(page);
  await oursSend(page, 'A');
  assertEachDeliveredOnce(await untilSettled(page, 1));
  assert.deepEqual([byOurs.asked.length, byOurs.connections], [1, 1]);
  assert.deepEqual(ours.server.joins, ['alice']);
});

test('after a disconnect by the server, the client reconnects', async (t) => {
  const { page, plain, ours } = await twoWorlds(t, browser);
  await connectPlain(page, plain, io);
  await connectOurs(page, ours, { io });
  for (const { server } of [plain, ours]) server.io.disconnectSockets();
  await untilPlain(page, false);
  assert.equal(await page.evaluate(() => window.plain.active), false, 'it will not try again');
  await until(() => ours.server.handshakes.length === 2, 'the package is back');
  await oursSend(page, 'A');
  assertEachDeliveredOnce(await untilSettled(page, 1));
  assert.equal(plain.server.handshakes.length, 1);
});

test('a refused handshake is tried again', async (t) => {
  const hooks = () => {
    let count = 0;
    const admit = () => {
      count += 1;
      return count === 1 ? new Error('not now') : undefined;
    };
    return { admit };
  };
  const { page, plain, ours } = await twoWorlds(t, browser, { hooks });
  await openPlain(page, plain, { ...io, autoConnect: false });
  await page.evaluate(
    () =>
      new Promise((resolve) => {
        window.plain.on('connect_error', resolve);
        window.plain.connect();
      }),
  );
  assert.equal(await page.evaluate(() => window.plain.active), false, 'it will not try again');
  await connectOurs(page, ours, { io });
  await oursSend(page, 'A');
  assertEachDeliveredOnce(await untilSettled(page, 1));
  assert.equal(ours.server.handshakes.length, 2);
  assert.equal(plain.server.handshakes.length, 1);
});

test('late credentials are not used, and missing ones are requested again', async (t) => {
  const { page, plain, ours } = await twoWorlds(t, browser);
  // The server ends an admitted link when a second handshake arrives, so neither could be used.
  const admitted = [];
  plain.server.hooks.admit = () => new Promise((resolve) => admitted.push(resolve));
  await page.evaluate(
    ([url, options]) => {
      window.asked = [];
      window.plain = window.io(url, {
        ...options,
        forceNew: true,
        reconnectionDelay: 50,
        auth: (answer) => window.asked.push(answer),
      });
    },
    [plain.proxy.url, io],
  );
  const asked = () => page.evaluate(() => window.asked.length);
  await until(async () => (await asked()) === 1, 'asked for credentials');
  // Only the end of the link makes the plain client request credentials again.
  plain.proxy.cut();
  await until(async () => (await asked()) === 2, 'asked again');
  await page.evaluate(() => {
    for (const [n, answer] of window.asked.entries()) answer({ token: `token ${n}` });
  });
  await until(() => admitted.length === 2, 'it asks to be let in twice');
  for (const admit of admitted) admit();
  await until(() => plain.server.clients.length === 2, 'two connections of one client');
  assert.deepEqual(plain.server.handshakes, [{ token: 'token 0' }, { token: 'token 1' }]);

  await page.evaluate(
    (options) => {
      window.asked = [];
      const auth = () =>
        new Promise((answer) => {
          window.asked.push(answer);
          if (window.asked.length === 1) return;
          // The late answer arrives first, while this one is awaited.
          window.asked[0]({ token: 'token 0' });
          setTimeout(answer, 150, { token: 'token 1' });
        });
      window.holdfast.configureSocket({ ...options, auth });
      window.holdfast.initializeSocket('alice');
    },
    { url: ours.proxy.url, io, ...QUICK, authTimeoutMs: 300 },
  );
  await untilReady(page);
  assert.ok((await asked()) >= 2);
  await oursSend(page, 'A');
  assertEachDeliveredOnce(await untilSettled(page, 1));
  assert.deepEqual(ours.server.handshakes, [{ token: 'token 1' }]);
  assert.equal(ours.server.clients.length, 1);
});
