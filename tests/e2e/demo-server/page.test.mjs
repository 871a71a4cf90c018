// The demo's page, as its server delivers it.

import assert from 'node:assert/strict';
import test from 'node:test';
import { startDemo } from '../../support/server.mjs';

test('the page has a content security policy that allows its own origin only', async (t) => {
  const demo = await startDemo(t);
  for (const path of ['/', '/login', '/?user=alice', '/lab.html']) {
    const response = await fetch(demo.url + path);
    assert.equal(response.status, 200, path);
    assert.match(response.headers.get('content-type'), /^text\/html/);
    assert.equal(
      response.headers.get('content-security-policy'),
      "default-src 'self';script-src 'self' 'wasm-unsafe-eval';connect-src 'self';object-src 'none';base-uri 'none';frame-ancestors 'none'",
    );
    assert.equal(response.headers.get('cache-control'), 'no-cache');
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(response.headers.get('x-powered-by'), null);
    await response.text();
  }
  const page = await (await fetch(demo.url)).text();
  const [script] = page.match(/\/assets\/[^"]+\.js/);
  const response = await fetch(demo.url + script);
  assert.match(response.headers.get('content-type'), /^text\/javascript/);
  assert.match(response.headers.get('cache-control'), /immutable/);
  await response.text();
  for (const path of ['/none.js', '/assets/none.js', '/package.json', '/..%2f..%2fpackage.json']) {
    const { status } = await fetch(demo.url + path);
    assert.equal(status, 404, path);
  }
  assert.equal((await fetch(demo.url, { method: 'DELETE' })).status, 405);
});

test('sockets and a lab at other origins are allowed explicitly, and named in the configuration of the page', async (t) => {
  const env = { SOCKET_URL: 'http://127.0.0.1:4001', LAB_URL: 'http://127.0.0.1:4002' };
  const demo = await startDemo(t, { env });
  const response = await fetch(`${demo.url}/config.json`);
  assert.deepEqual(await response.json(), {
    socketUrl: 'http://127.0.0.1:4001',
    labUrl: 'http://127.0.0.1:4002',
  });
  assert.match(
    response.headers.get('content-security-policy'),
    /connect-src 'self' http:\/\/127.0.0.1:4001 ws:\/\/127.0.0.1:4001 http:\/\/127.0.0.1:4002;/,
  );
  const alone = await startDemo(t);
  const config = await (await fetch(`${alone.url}/config.json`)).json();
  assert.deepEqual(config, { socketUrl: null, labUrl: null });
});

test('only its own and the configured origins may use the sockets', async (t) => {
  const demo = await startDemo(t, {
    env: { ORIGINS: 'https://chat.example,https://other.example' },
  });
  for (const [origin, allowed] of [
    [demo.url, true],
    [`http://localhost:${demo.port}`, true],
    ['https://chat.example', true],
    ['https://other.example', true],
    ['https://evil.example', false],
    ['null', false],
  ]) {
    const response = await fetch(`${demo.url}/socket.io/?EIO=4&transport=polling`, {
      headers: { origin },
    });
    await response.text();
    const answer = response.headers.get('access-control-allow-origin');
    assert.equal(answer, allowed ? origin : null, origin);
  }
});
