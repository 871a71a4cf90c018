// A background tab, whose timers the browser throttles, and a tab that the browser freezes.

import assert from 'node:assert/strict';
import test from 'node:test';
import { atEnd } from '../support/at-end.mjs';
import { bundle } from '../support/bundle.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import { startTabs } from '../support/devtools.mjs';
import { QUICK } from '../support/lab.mjs';
import { startPages } from '../support/pages.mjs';
import { createProxy } from '../support/proxy.mjs';
import { until } from '../support/until.mjs';

const PAGE = `
  import * as holdfast from 'holdfast/socket';
  Object.assign(window, { holdfast, seen: [], heard: [] });
  for (const name of ['freeze', 'resume', 'visibilitychange']) {
    document.addEventListener(name, () => seen.push(name + ' ' + document.visibilityState));
  }
  holdfast.onNewMessage(({ text }) => heard.push(text));
`;

/** A tab that is connected through a proxy, and then hidden by another tab. */
async function setUp(t) {
  let proxy;
  // Registered first, so that it runs last: the server waits for connections that hang.
  atEnd(t, () => proxy.close());
  const server = await startChatServer(t);
  proxy = await createProxy({ target: { port: server.port } });
  const pages = await startPages(t);
  const open = await startTabs(t);
  const tab = await open(`${pages}/tab`);
  await until(() => tab.evaluate("document.title === 'Page'"), 'the page is there');
  await tab.evaluate(await bundle(PAGE));
  const options = { ...QUICK, url: proxy.url, io: { transports: ['websocket'] } };
  await tab.evaluate(`holdfast.configureSocket(${JSON.stringify(options)})`);
  await tab.evaluate("holdfast.initializeSocket('alice') && null");
  const isReady = () => tab.evaluate('holdfast.isConnectionReady()');
  const sees = (event) =>
    until(() => tab.evaluate(`seen.includes(${JSON.stringify(event)})`), `the tab sees ${event}`);
  await until(isReady, 'the link is ready');
  await open(`${pages}/before-it`);
  await sees('visibilitychange hidden');
  return {
    server,
    proxy,
    tab,
    isReady,
    send: (text) => tab.evaluate(`holdfast.sendMessage({ recipientId: 'bob', text: '${text}' })`),
    async freeze() {
      await tab.order('Page.setWebLifecycleState', { state: 'frozen' });
      await sees('freeze hidden');
    },
    async wake() {
      await tab.order('Page.setWebLifecycleState', { state: 'active' });
      await sees('resume hidden');
    },
  };
}

test('a hidden tab keeps its link and receives events', async (t) => {
  const { server, tab, send } = await setUp(t);
  server.io.emit('message:new', { _id: '1', text: 'meanwhile' });
  await until(() => tab.evaluate('heard.length === 1'), 'it hears what is said');
  assert.equal((await send('hidden')).success, true);
  await tab.order('Page.bringToFront');
  await until(() => tab.evaluate("seen.at(-1) === 'visibilitychange visible'"), 'it is shown');
  assert.equal((await send('shown')).success, true);
  assert.equal(server.handshakes.length, 1);
  assert.equal(server.received.length, 2);
});

test('a tab that was frozen, whose WebSocket the browser then gives up, is ready again at once', async (t) => {
  const { server, tab, isReady, freeze, wake, send } = await setUp(t);
  await freeze();
  await wake();
  assert.equal((await send('after')).success, true);
  await until(isReady, 'the link is ready');
  assert.equal(await tab.evaluate('holdfast.getMessageQueueLength()'), 0);
  // Only the browser itself may have closed the link.
  assert.ok(server.handshakes.length <= 2);
  assert.equal(server.received.length, 1);
});

test('a tab whose link died while it was frozen notices, and sends the waiting message once', async (t) => {
  const { server, proxy, freeze, wake, send, isReady } = await setUp(t);
  await freeze();
  // Half-open: neither side gets a close.
  proxy.hang({ newToo: false });
  await wake();
  assert.equal((await send('after')).success, true);
  await until(isReady, 'the link is ready');
  assert.equal(server.handshakes.length, 2);
  assert.equal(server.received.length, 1);
});

test('a message from before the freeze is sent again once, when the tab wakes', async (t) => {
  const { server, tab, freeze, wake } = await setUp(t);
  server.hooks.message = () => {};
  await tab.evaluate("void holdfast.sendMessage({ recipientId: 'bob', _tempId: 'x' })");
  await until(() => server.received.length === 1, 'it left');
  await freeze();
  server.dropAll();
  server.hooks.message = ({ ack, save }) => ack(save());
  await wake();
  await until(() => server.saved.length === 1, 'it is saved');
  assert.deepEqual(
    server.received.map(({ id }) => id),
    ['x', 'x'],
    'repeated once with its id, because its answer was lost',
  );
});
