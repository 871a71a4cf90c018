// A page whose Content-Security-Policy forbids WebAssembly, in a browser: over a plain Socket, and with the engine's
// JavaScript build.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import test from 'node:test';
import { atEnd } from '../support/at-end.mjs';
import { launchBrowser, openPage } from '../support/browser.mjs';
import { bundle } from '../support/bundle.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import { kept } from '../support/kept.mjs';
import { until } from '../support/until.mjs';

const browser = await launchBrowser();

const SOCKET = `
  import * as holdfast from 'holdfast/socket';
  import { io } from 'holdfast/io';
  Object.assign(window, { holdfast, io });
  try {
    new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
    window.canRun = true;
  } catch {
    window.canRun = false;
  }
`;

/** A page with that script and a strict policy. */
async function open(t, script, server) {
  const files = http.createServer((request, response) => {
    const isScript = request.url.startsWith('/app.js');
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    const connect = server.url.replace('http', 'ws');
    response.setHeader(
      'content-security-policy',
      `default-src 'self'; script-src 'self'; connect-src 'self' ${server.url} ${connect}`,
    );
    response.end(isScript ? script : '<!doctype html><script src="/app.js"></script>');
  });
  files.listen(0, '127.0.0.1');
  await once(files, 'listening');
  atEnd(t, () => {
    files.closeAllConnections();
    files.close();
  });
  const page = await openPage(t, browser, `http://127.0.0.1:${files.address().port}/`);
  await page.waitForFunction(() => window.holdfast);
  assert.equal(await page.evaluate(() => window.canRun), false, 'the policy forbids it');
  await page.evaluate((url) => {
    const warned = [];
    window.warned = warned;
    const logger = { warn: (text) => warned.push(text), error() {}, debug() {} };
    window.holdfast.configureSocket({ url, userId: 'alice', auth: {}, logger });
    window.results = [];
    window.came = [];
    window.holdfast.onNewMessage(({ content }) => window.came.push(content));
  }, server.url);
  return page;
}

const send = (page, content) =>
  page.evaluate((text) => {
    window.holdfast.sendMessage({ content: text }).then((result) => window.results.push(result));
  }, content);
const contents = (server) => server.saved.map(({ content }) => content);

test('a page that may not run WebAssembly sends and receives over a plain Socket', async (t) => {
  const server = await startChatServer(t);
  const page = await open(t, await bundle(SOCKET), server);
  await send(page, 'before');
  await page.evaluate(() => window.holdfast.initializeSocket('alice'));
  await until(() => contents(server).length === 1, 'it is saved');
  assert.deepEqual(server.joins, ['alice']);
  server.io.to('user_alice').emit('message:new', { _id: 'm1', content: 'hello' });
  await page.waitForFunction(() => window.came.length === 1);
  await server.restart();
  await send(page, 'after');
  await until(() => contents(server).length === 2, 'the other one too');
  await page.waitForFunction(() => window.results.length === 2);
  const { warned, results } = await page.evaluate(() => ({
    warned: window.warned,
    results: window.results,
  }));
  assert.deepEqual(
    results.map(({ success, confirmedBy }) => [success, confirmedBy]),
    [
      [true, 'ack'],
      [true, 'ack'],
    ],
  );
  assert.equal(warned.length, 1);
  assert.match(warned[0], /wasm-unsafe-eval/);
});

test('with the engine as JavaScript, nothing is lost over a lost link and a reload', async (t) => {
  const server = await startChatServer(t);
  const page = await open(
    t,
    `${await bundle(`import 'holdfast/without-wasm'; ${SOCKET}`)}`,
    server,
  );
  await page.evaluate(() => window.holdfast.initializeSocket('alice'));
  await page.waitForFunction(() => window.holdfast.isConnectionReady());
  for (let n = 0; n < 60; n += 1) {
    await send(page, `${n}`);
    if (n === 20) server.dropAll();
    if (n === 40) await server.restart();
  }
  await until(() => contents(server).length === 60, 'all are saved');
  assert.deepEqual(
    contents(server),
    Array.from({ length: 60 }, (_, n) => `${n}`),
  );
  assert.deepEqual(await page.evaluate(() => window.warned), []);
  // Waiting messages survive a reload.
  await server.stop();
  await page.waitForFunction(() => !window.holdfast.isSocketConnected());
  await send(page, 'kept');
  await until(async () => (await kept(page)).length === 1, 'it is on disk');
  await page.reload();
  await page.waitForFunction(() => window.holdfast);
  await server.listen();
  await page.evaluate((url) => {
    window.holdfast.configureSocket({ url, userId: 'alice', auth: {}, logger: null });
    window.holdfast.initializeSocket('alice');
  }, server.url);
  await until(() => contents(server).includes('kept'), 'it is sent');
  assert.equal(contents(server).length, 61);
});
