// Every published build of socket.io-client, in a browser. The link is cut, hangs, and is ended by the server. The
// messages arrive once and in order, and the events that the server sent meanwhile are recovered.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import * as msgpack from 'socket.io-msgpack-parser';
import { atEnd } from '../support/at-end.mjs';
import { launchBrowser, openPage } from '../support/browser.mjs';
import { BUILDS, bundle, CLIENTS, clientFile } from '../support/bundle.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import { QUICK } from '../support/lab.mjs';
import { pkg } from '../support/paths.mjs';
import { createProxy } from '../support/proxy.mjs';
import { until } from '../support/until.mjs';

const browser = await launchBrowser();

const PAGE = `
  import { createClient } from 'holdfast';
  import * as parser from 'socket.io-msgpack-parser';
  Object.assign(window, { createClient, parser: parser.default ?? parser });
`;

/** Loads the published files without a bundler, through an import map. */
async function importMapped(page, client) {
  await page.route('**/published/**', (route) => {
    const name = new URL(route.request().url()).pathname.replace(/^\/published\//, '');
    const path = name === 'client.mjs' ? clientFile(client, 'minified') : `${pkg}/${name}`;
    return route.fulfill({ path, contentType: 'text/javascript' });
  });
  await page.evaluate(() => {
    const add = (type, textContent) =>
      document.head.append(Object.assign(document.createElement('script'), { type, textContent }));
    const imports = {
      'socket.io-client': '/published/client.mjs',
      holdfast: '/published/esm/index.mjs',
    };
    add('importmap', JSON.stringify({ imports }));
    add('module', "import { createClient } from 'holdfast'; window.createClient = createClient;");
  });
  await page.waitForFunction(() => window.createClient);
}

async function run(t, { client, build, binary = false }) {
  const connectionStateRecovery = { maxDisconnectionDuration: 60_000 };
  const parser = binary ? { parser: msgpack.default ?? msgpack } : {};
  const server = await startChatServer(t, { io: { connectionStateRecovery, ...parser } });
  const proxy = await createProxy({ target: { port: server.port } });
  atEnd(t, () => proxy.close());
  const page = await openPage(t, browser, `${proxy.url}/socket.io/?transport=none`);
  if (build === 'importmap') {
    await importMapped(page, client);
  } else {
    if (build === 'global') {
      await page.addScriptTag({ content: await readFile(clientFile(client, build), 'utf8') });
    }
    await page.evaluate(await bundle(PAGE, { client, build }));
  }
  await page.evaluate(
    ([options, isBinary]) => {
      const io = isBinary ? { parser: window.parser } : {};
      window.client = window.createClient({ ...options, io });
      window.news = [];
      window.settled = [];
      window.client.on('news', (item) => window.news.push(item));
      window.client.onSettled(({ id, success }) => window.settled.push([id, success]));
      window.client.connect();
    },
    [
      {
        url: proxy.url,
        userId: 'alice',
        ...QUICK,
        // The browser also has idle connections that hang.
        reconnect: { ...QUICK.reconnect, connectTimeoutMs: 2_000 },
        health: { event: 'ping', intervalMs: 300, timeoutMs: 2_000, probeMs: 1_000 },
        queue: { storage: 'memory' },
      },
      binary,
    ],
  );
  let sent = 0;
  const send = (count) => {
    const ids = Array.from({ length: count }, () => `id${sent++}`);
    return page.evaluate((all) => {
      for (const id of all)
        window.client.send('send_message', { text: id }, { id }).catch(() => {});
    }, ids);
  };
  const saved = () => until(() => server.saved.length === sent, `${sent} messages are there`);
  const isReady = () => page.waitForFunction(() => window.client.getState().isReady);

  await send(5);
  await saved();
  server.io.emit('news', 1);
  await page.waitForFunction(() => window.news.length === 1);
  // Until a ping was answered, the health check cannot judge silence.
  await page.waitForFunction(() => window.client.getState().lastPongTime !== null);

  const breaks = {
    cut: () => proxy.cut(),
    hung: () => proxy.hang({ newToo: false }),
    kicked() {
      for (const socket of server.clients) socket.disconnect(true);
    },
  };
  const recovered = {};
  for (const [how, strike] of Object.entries(breaks)) {
    await isReady();
    const links = server.links.length;
    strike();
    await send(5);
    server.io.emit('news', how);
    await until(() => server.links.length > links, `a link after it was ${how}`);
    proxy.resume();
    await saved();
    await isReady();
    recovered[how] = await page.evaluate(() => window.client.socket.recovered);
  }
  await page.waitForFunction((count) => window.settled.length === count, sent);
  const ids = Array.from({ length: sent }, (_, n) => `id${n}`);
  assert.deepEqual(
    server.saved.map(({ _tempId }) => _tempId),
    ids,
  );
  assert.deepEqual(
    await page.evaluate(() => window.settled),
    ids.map((id) => [id, true]),
  );
  // The server may still have the session of a link that hangs, but not of a link that it ended itself.
  assert.deepEqual(recovered, { cut: true, hung: false, kicked: false });
  const news = await page.evaluate(() => window.news);
  assert.deepEqual(news.slice(0, 2), [1, 'cut'], 'each once');
}

const cases = Object.entries(CLIENTS).flatMap(([version, client]) =>
  Object.keys(BUILDS).map((build) => [`${version}, ${build}`, { client, build }]),
);
cases.push(['newest, import map', { client: CLIENTS.newest, build: 'importmap' }]);
cases.push(['msgpack', { client: CLIENTS.newest, build: 'minified', binary: true }]);

// Most of the time is spent waiting for a link that hangs.
test(
  'each build of socket.io-client delivers over links that are cut, hang or are kicked',
  { concurrency: 4 },
  (t) => Promise.all(cases.map(([name, its]) => t.test(name, (part) => run(part, its)))),
);
