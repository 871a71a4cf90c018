// The health check on a server without a ping handler. Receipts show whether a link is alive, and on a server that never
// answered a probe, silence proves nothing. The page is simulated, as in page.test.mjs.

import assert from 'node:assert/strict';
import test from 'node:test';
import { io as connect } from 'socket.io-client';
import { freezeTime } from '../support/frozen-time.mjs';
import { createProxy } from '../support/proxy.mjs';
import { settled } from './identity-kit.mjs';
import {
  api,
  down,
  NO_HEARTBEAT,
  quick,
  ready,
  roundTrip,
  send,
  start,
  until,
} from './shell-kit.mjs';

const window = new EventTarget();
const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
Object.assign(globalThis, {
  document,
  addEventListener: window.addEventListener.bind(window),
  removeEventListener: window.removeEventListener.bind(window),
});
const wake = () => document.dispatchEvent(new Event('visibilitychange'));

/** A server without a ping handler, whose transport's heartbeat is as far away as can be: only ours ends a link. */
async function setUp(t, options, prepare = () => {}) {
  const clock = freezeTime(t);
  const server = await start(t, { auth: { of: 'u1' }, ...options }, { server: NO_HEARTBEAT });
  server.hooks.ping = () => {};
  server.io.on('connection', (socket) => socket.on('breath', (ack) => ack()));
  prepare(server);
  api.initializeSocket('u1');
  await ready();
  const aside = connect(server.url, { transports: ['websocket'], forceNew: true });
  t.after(() => aside.disconnect());
  /** Time for what is on its way to arrive, without a word over the link that is looked at. */
  const breathe = async () => {
    for (let n = 0; n < 3; n += 1) await aside.emitWithAck('breath');
  };
  const links = () => server.links.filter(({ auth }) => auth.of === 'u1').length;
  return { clock, server, breathe, links };
}

for (const [name, options, prepare] of [
  ['with receipts', {}],
  ['without receipts', { receipts: false }],
  ['that takes any namespace', {}, (server) => server.io.of(/.*/)],
]) {
  for (const shown of [6, 20]) {
    test(`a page that is shown ${shown} times at a server ${name} and without a ping handler keeps its link`, async (t) => {
      const { clock, breathe, links } = await setUp(t, options, prepare);
      for (let n = 1; n <= shown; n += 1) {
        wake();
        for (let second = 0; second < 15; second += 1) {
          clock.advance(1000);
          await breathe();
        }
        assert.equal(links(), 1, `shown ${n} times`);
      }
      assert.equal(api.isConnectionReady(), true);
      const sent = send({ text: 'a' });
      assert.equal((await settled(sent)).success, true);
    });
  }

  test(`an idle link at a server ${name} and without a ping handler stays, however slow its own heartbeat is`, async (t) => {
    const { clock, breathe, links } = await setUp(t, options, prepare);
    for (let second = 0; second < 240; second += 5) {
      clock.advance(5000);
      await breathe();
      assert.equal(links(), 1, `after ${second} s`);
    }
  });
}

test('an acknowledgement after 20 s ends no link and causes no repeat', async (t) => {
  const { clock, server, breathe, links } = await setUp(t, {});
  let answer;
  server.hooks.message = ({ ack, save }) => {
    answer = () => ack(save());
  };
  const sent = send({ text: 'slow' });
  await until(() => answer, 'it left');
  for (let second = 0; second < 20; second += 1) {
    clock.advance(1000);
    await breathe();
  }
  answer();
  assert.equal((await settled(sent)).success, true);
  await roundTrip(server);
  assert.equal(server.received.length, 1);
  assert.equal(links(), 1);
});

test('on a server that answers receipts, a link that stops answering is replaced when the page is shown', async (t) => {
  const clock = freezeTime(t);
  const server = await start(t, { send: { ack: false } }, { server: NO_HEARTBEAT });
  server.hooks.ping = () => {};
  const proxy = await createProxy({ target: { port: server.port } });
  t.after(() => proxy.close());
  api.configureSocket(quick(proxy.url, { send: { ack: false } }));
  api.initializeSocket('u1');
  await ready();
  let result;
  settled(send({ text: 'a' })).then((one) => {
    result = one;
  });
  await until(() => {
    clock.advance(1);
    return result;
  }, 'settled');
  assert.equal(result.confirmedBy, 'receipt');
  proxy.hang({ newToo: false });
  wake();
  clock.advance(5100);
  await down();
  await until(() => {
    clock.advance(100);
    return api.isConnectionReady();
  }, 'ready');
  assert.equal(server.handshakes.length, 2);
  // The end of the hung connection is waited for by a timer that stands still.
  await proxy.close();
  clock.advance(60_000);
});
