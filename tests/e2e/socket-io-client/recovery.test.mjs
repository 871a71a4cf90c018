// Events that the server sent while the client was away, with connection state recovery. Where the client fails to recover
// them, the package lets the app fetch them.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launchBrowser } from '../../support/browser.mjs';
import { QUICK, untilReady } from '../../support/lab.mjs';
import { until } from '../../support/until.mjs';
import { connectPlain, twoWorlds, untilPlain } from './kit.mjs';

const browser = await launchBrowser();
const io = { transports: ['websocket'] };

/** Connects both clients. `window.heard` records the events of each; the package is the second one. */
async function setUp(t, { onResync, ...options }) {
  const worlds = await twoWorlds(t, browser, {
    io: { connectionStateRecovery: { maxDisconnectionDuration: 60_000 } },
  });
  const { page, plain, ours } = worlds;
  await connectPlain(page, plain, io);
  await page.evaluate(
    ([options, isAsked]) => {
      const { holdfast } = window;
      window.heard = [[], []];
      window.extras = [];
      window.resyncs = [];
      const onResync = ({ since, deliver }) => {
        window.resyncs.push(since.id);
        deliver([{ _id: 'missed', content: 'missed' }]);
      };
      holdfast.configureSocket({ ...options, onResync: isAsked ? onResync : undefined });
      holdfast.initializeSocket('alice');
      window.plain.on('message:new', ({ content }) => window.heard[0].push(content));
      holdfast.onNewMessage(({ content }, ...extra) => {
        window.heard[1].push(content);
        window.extras.push(...extra);
      });
    },
    [{ url: ours.proxy.url, io, ...QUICK, ...options }, onResync],
  );
  await untilReady(page);
  const say = (content) => {
    for (const { server } of [plain, ours]) {
      server.io.emit('message:new', { _id: content, content });
    }
  };
  const untilHeard = (content, worldsThatDo) =>
    until(
      async () => {
        const heard = await page.evaluate(() => window.heard);
        return worldsThatDo.every((n) => heard[n].includes(content));
      },
      async () => `${content} is heard: ${JSON.stringify(await page.evaluate(() => window.heard))}`,
    );
  /** Cuts both links, sends a message, and waits until both are connected again. */
  const missOne = async () => {
    for (const { proxy } of [plain, ours]) {
      proxy.refuse();
      proxy.cut();
    }
    await until(
      () => plain.server.clients.length + ours.server.clients.length === 0,
      'both are away',
    );
    await untilPlain(page, false);
    say('missed');
    for (const { proxy } of [plain, ours]) proxy.refuse(false);
    await untilPlain(page, true);
    await until(() => ours.server.clients.length === 1, 'the package is back');
    await untilReady(page);
    say('next');
    await untilHeard('next', [0, 1]);
  };
  const state = () =>
    page.evaluate(() => ({
      heard: window.heard,
      recovered: [window.plain, window.holdfast.getSocket()].map(({ recovered }) => recovered),
      resyncs: window.resyncs,
      extras: window.extras,
    }));
  return { ...worlds, say, untilHeard, missOne, state };
}

/** Sends an event without an offset, because it is volatile, and then an event that shows that the first has arrived. */
async function sayVolatile({ page, plain, ours }, ...event) {
  await page.evaluate((name) => {
    window.came = 0;
    for (const socket of [window.plain, window.holdfast.getSocket()]) {
      socket.on(name, () => {
        window.came += 1;
      });
    }
  }, event[0]);
  for (const { server } of [plain, ours]) server.io.volatile.emit(...event);
  await until(() => page.evaluate(() => window.came === 2), 'both have heard it');
}

test('a volatile event without arguments does not prevent the recovery of missed events', async (t) => {
  const scene = await setUp(t, { onResync: false });
  scene.say('first');
  await scene.untilHeard('first', [0, 1]);
  await sayVolatile(scene, 'tick');
  await scene.missOne();
  const { heard, recovered } = await scene.state();
  assert.deepEqual(recovered, [false, true]);
  assert.deepEqual(heard, [
    ['first', 'next'],
    ['first', 'missed', 'next'],
  ]);
});

test('after a volatile event that ends with a string, the app is asked for missed events', async (t) => {
  const scene = await setUp(t, { onResync: true });
  scene.say('first');
  await scene.untilHeard('first', [0, 1]);
  await sayVolatile(scene, 'rate', 'EUR');
  await scene.missOne();
  const { heard, resyncs, recovered } = await scene.state();
  assert.equal(recovered[0], false);
  assert.deepEqual(heard, [
    ['first', 'next'],
    ['first', 'missed', 'next'],
  ]);
  assert.deepEqual(resyncs, ['first']);
});

test('before the first message, missed events are still recovered', async (t) => {
  const scene = await setUp(t, { onResync: true });
  await scene.missOne();
  const { heard, resyncs, recovered } = await scene.state();
  assert.deepEqual(recovered, [false, true], 'from the answer to the join on');
  assert.deepEqual(heard, [['next'], ['missed', 'next']]);
  assert.deepEqual(resyncs, []);
});

test('before the first event of any kind, the app is asked for missed events', async (t) => {
  const presence = { request: 'nobody answers this' };
  const scene = await setUp(t, { onResync: true, join: false, presence });
  await scene.missOne();
  const { heard, resyncs, recovered } = await scene.state();
  assert.deepEqual(recovered, [false, false]);
  assert.deepEqual(heard, [['next'], ['missed', 'next']]);
  assert.deepEqual(resyncs, [null]);
});

test("the server's number of an event reaches no callback of the helpers", async (t) => {
  const scene = await setUp(t, { onResync: false });
  await scene.page.evaluate(() =>
    window.plain.onAny((...args) => window.heard[0].push(args.length)),
  );
  scene.say('first');
  await scene.untilHeard('first', [0, 1]);
  const { heard, extras } = await scene.state();
  assert.deepEqual(heard[0], [3, 'first'], 'an event, its data, and a number that nobody sent');
  assert.deepEqual(extras, []);
});
