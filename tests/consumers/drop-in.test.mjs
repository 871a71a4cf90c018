// An app in the style of existing apps: its own React context around `socket.js`, components that call `getSocket()` once,
// cleanups that remove everybody's listeners, a login that disconnects first. Only its `socket.js` refers to the package,
// and contains nothing but an import.

import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { launchBrowser, openPage } from '../support/browser.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import { until } from '../support/until.mjs';
import { install } from './consumer.mjs';

const sources = fileURLToPath(new URL('drop-in/src', import.meta.url));
const browser = await launchBrowser();

for (const version of ['18', '19']) {
  const bundled = bundle(version);

  test(`React ${version}: messages are sent and received once each, also across a lost link`, async (t) => {
    const { page, server } = await open(t, await bundled, version);
    await page.evaluate(() => window.login('alice'));
    await connected(page);
    assert.equal(server.handshakes.length, 1, 'StrictMode opens one connection');

    await page.evaluate(() => {
      window.send('first');
      window.sendMini('mini');
    });
    await shows(page, '#messages', 'first: sent');
    await until(() => server.saved.length === 2, 'both are saved');
    const alice = server.io.to('user_alice');
    alice.emit('message:new', { _id: 'x1', content: 'hello', sender: { _id: 'bob' } });
    server.io.emit('message:new', { _id: 'x1', content: 'hello', sender: { _id: 'bob' } });
    alice.emit('notification:new', { notification: { _id: 'n1' } });
    await shows(page, '#messages', 'first: sent|hello: received');
    await shows(page, '#bell', '1');

    const { port } = server;
    await server.stop();
    await until(
      async () => (await page.getAttribute('main', 'data-connected')) === 'false',
      'away',
    );
    await page.evaluate(() => {
      window.send('typed meanwhile');
      window.sendMini('mini meanwhile');
    });
    await shows(page, '#messages', 'first: sent|hello: received|typed meanwhile: queued');
    assert.equal(port, server.port);
    await server.listen();
    await shows(page, '#messages', 'first: sent|hello: received|typed meanwhile: sent');
    await until(() => server.saved.length === 4, 'the other one too');
    assert.deepEqual(
      server.saved.map(({ content }) => content),
      ['first', 'mini', 'typed meanwhile', 'mini meanwhile'],
    );
    assert.deepEqual(await page.evaluate(() => window.heardByMiniChat), ['hello']);
  });

  test(`React ${version}: a new user object, a token refresh and cleanups of other components break nothing`, async (t) => {
    const { page, server } = await open(t, await bundled, version);
    await page.evaluate(() => window.login('alice'));
    await connected(page);
    for (let i = 0; i < 3; i += 1) {
      await page.evaluate(() => window.refresh());
      await until(() => server.handshakes.length === i + 2, 'connected anew');
      await connected(page);
    }
    assert.equal(server.handshakes.at(-1).token, 'newer token of alice');
    // The server answers with its own list.
    const isLast = ({ event, link }) =>
      event === 'get_online_users' && link === server.links.at(-1);
    await until(() => server.came.some(isLast), 'the last link has asked who is online');
    server.io.emit('global_message:new', { text: 'once' });
    server.io.emit('online_users', ['alice', 'bob']);
    server.io.emit('user_typing', { userId: 'bob', isTyping: true });
    await shows(page, '#global', 'once');
    const attribute = (name) => page.getAttribute('#messages', name);
    await until(async () => (await attribute('data-online')) === 'alice,bob', 'who is online');
    await until(async () => (await attribute('data-typing')) === 'bob', 'who is typing');
    await page.evaluate(() => window.send('after all that'));
    await shows(page, '#messages', 'after all that: sent');
  });

  test(`React ${version}: a logout and a login as another user work without a reload`, async (t) => {
    const { page, server } = await open(t, await bundled, version);
    await page.evaluate(() => window.login('alice'));
    await connected(page);
    await page.evaluate(() => {
      window.logout();
      window.send('nobody sends this');
    });
    await shows(page, '#messages', 'nobody sends this: failed LOGGED_OUT');
    await until(() => server.clients.length === 0, 'gone');
    await page.evaluate(() => window.login('carol'));
    await connected(page);
    await page.evaluate(() => window.send('hi'));
    await shows(page, '#messages', 'nobody sends this: failed LOGGED_OUT|hi: sent');
    assert.deepEqual(server.joins, ['alice', 'carol']);
    assert.equal(server.saved[0].sender._id, 'carol');
  });
}

/** The app as a bundler builds it, with packages as npm installs them. */
async function bundle(version) {
  const folder = await install(`drop-in/react-${version}`);
  await cp(sources, path.join(folder, 'src'), { recursive: true });
  const { outputFiles } = await build({
    entryPoints: [path.join(folder, 'src/main.jsx')],
    absWorkingDir: folder,
    bundle: true,
    format: 'iife',
    jsx: 'automatic',
    write: false,
    logLevel: 'warning',
  });
  return outputFiles[0].text;
}

async function open(t, code, version) {
  const server = await startChatServer(t);
  // A blank page of the server's origin: any Socket.IO server answers this request with an error text.
  const page = await openPage(t, browser, `${server.url}/socket.io/?transport=none`);
  await page.evaluate((url) => {
    document.body.replaceChildren();
    window.SOCKET_URL = url;
  }, server.url);
  await page.evaluate(code);
  await page.waitForSelector('#messages', { state: 'attached' });
  assert.match(await page.evaluate(() => window.reactVersion), new RegExp(`^${version}\\.`));
  return { page, server };
}

const connected = (page) =>
  until(async () => (await page.getAttribute('main', 'data-connected')) === 'true', 'connected');

/** The texts of the paragraphs in an element. */
const shows = (page, selector, expected) =>
  until(async () => {
    const text = await page.$eval(selector, (element) => {
      const paragraphs = [...element.querySelectorAll('p')].map(({ textContent }) => textContent);
      return paragraphs.length > 0 ? paragraphs.join('|') : element.textContent;
    });
    assert.equal(text, expected);
    return true;
  }, `${selector} shows ${expected}`);
