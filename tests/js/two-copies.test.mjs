// Two bundles of one page, each with a copy of the package: each app talks to its own server as its own user.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import test from 'node:test';
import { startChatServer } from '../support/chat-server.mjs';
import { pkg } from '../support/paths.mjs';
import { freshModule, api as one, quick, until } from './shell-kit.mjs';

/** Another copy: what CommonJS loads shares no module with what ESM loads. */
const two = createRequire(import.meta.url)(`${pkg}/socket.js`);

const texts = (server) => server.received.map(({ data }) => data.text);
const isReady = (api) => until(() => api.isConnectionReady(), 'it is ready');

/** Nothing is configured; what the second copy has of its own ends with the test. */
function fresh(t) {
  t.after(() => two.disconnectSocket());
  freshModule(t);
}

/** Both configured and connected, as different bundles of a page do. */
async function startBoth(servers, [first, second] = [{}, {}]) {
  one.configureSocket(quick(servers[0].url, first));
  one.initializeSocket('alice');
  two.configureSocket(quick(servers[1].url, second));
  two.initializeSocket('alice');
  await isReady(one);
  await isReady(two);
}

test('a copy that configures another server has a client of its own', async (t) => {
  const servers = [await startChatServer(t), await startChatServer(t)];
  const heard = [];
  fresh(t);
  // Registered before anything is configured, as modules do.
  t.after(two.onNewMessage((message) => heard.push(['two', message.text])));
  t.after(one.onNewMessage((message) => heard.push(['one', message.text])));
  await startBoth(servers);
  assert.notEqual(one.getSocket(), two.getSocket());
  one.sendMessage({ text: 'to the first' });
  two.sendMessage({ text: 'to the second' });
  await until(() => servers.every((server) => texts(server).length === 1), 'both have arrived');
  assert.deepEqual(servers.map(texts), [['to the first'], ['to the second']]);
  for (const [index, server] of servers.entries()) server.io.emit('message:new', { text: index });
  await until(() => heard.length === 2, 'both have heard');
  assert.deepEqual(heard.sort(), [
    ['one', 0],
    ['two', 1],
  ]);
});

test('a copy that configures another user has a client of its own', async (t) => {
  fresh(t);
  const server = await startChatServer(t);
  await startBoth([server, server], [{ userId: 'alice' }, { userId: 'bob' }]);
  assert.notEqual(one.getSocket(), two.getSocket());
});

test('copies that configure the same server and user share one client', async (t) => {
  fresh(t);
  const server = await startChatServer(t);
  await startBoth([server, server]);
  assert.equal(one.getSocket(), two.getSocket());
});
