// Invalid input to every route of the demo's server: a clear error, nothing is saved, and the server keeps running.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import test from 'node:test';
import { countMessages } from '../../support/database.mjs';
import { join, request } from '../../support/demo-client.mjs';
import { startDemo } from '../../support/server.mjs';
import { until } from '../../support/until.mjs';

const GOOD = { recipient: 'bob', content: 'hello' };
const HUGE = 'x'.repeat(70_000);
/** Method, path, body, status, code. */
const BAD = [
  ['POST', '/messages', undefined, 400, 'MISSING_RECIPIENT'],
  ['POST', '/messages', ' ', 400, 'INVALID_JSON'],
  ['POST', '/messages', '{', 400, 'INVALID_JSON'],
  ['POST', '/messages', 'null', 400, 'INVALID_MESSAGE'],
  ['POST', '/messages', '"text"', 400, 'INVALID_MESSAGE'],
  ['POST', '/messages', [GOOD], 400, 'INVALID_MESSAGE'],
  ['POST', '/messages', {}, 400, 'MISSING_RECIPIENT'],
  ['POST', '/messages', { content: 'x' }, 400, 'MISSING_RECIPIENT'],
  ['POST', '/messages', { ...GOOD, recipient: { _id: 'bob' } }, 400, 'INVALID_RECIPIENT'],
  ['POST', '/messages', { ...GOOD, recipient: 'alice' }, 400, 'INVALID_RECIPIENT'],
  ['POST', '/messages', { ...GOOD, recipient: 'mallory' }, 404, 'NOT_FOUND'],
  ['POST', '/messages', { ...GOOD, recipient: 'toString' }, 404, 'NOT_FOUND'],
  ['POST', '/messages', { recipient: 'bob' }, 400, 'EMPTY_CONTENT'],
  ['POST', '/messages', { ...GOOD, content: ' ' }, 400, 'EMPTY_CONTENT'],
  ['POST', '/messages', { ...GOOD, content: { $gt: '' } }, 400, 'INVALID_CONTENT'],
  ['POST', '/messages', { ...GOOD, content: 'x'.repeat(4001) }, 400, 'INVALID_CONTENT'],
  ['POST', '/messages', { ...GOOD, content: 'zero \0 byte' }, 400, 'INVALID_CONTENT'],
  ['POST', '/messages', { ...GOOD, _tempId: 5 }, 400, 'INVALID_MESSAGE_ID'],
  ['POST', '/messages', { ...GOOD, _tempId: 'x'.repeat(201) }, 400, 'INVALID_MESSAGE_ID'],
  ['POST', '/messages', { ...GOOD, content: HUGE }, 413, 'TOO_LARGE'],
  ['POST', '/login', undefined, 404, 'NOT_FOUND'],
  ['POST', '/login', '{', 400, 'INVALID_JSON'],
  ['POST', '/login', 'null', 400, 'INVALID_REQUEST'],
  ['POST', '/login', {}, 404, 'NOT_FOUND'],
  ['POST', '/login', { userId: 5 }, 404, 'NOT_FOUND'],
  ['POST', '/login', { userId: 'mallory' }, 404, 'NOT_FOUND'],
  ['POST', '/login', { userId: '__proto__' }, 404, 'NOT_FOUND'],
  ['POST', '/login', { userId: HUGE }, 413, 'TOO_LARGE'],
  ['GET', '/messages/mallory', undefined, 404, 'NOT_FOUND'],
  ['GET', '/messages/__proto__', undefined, 404, 'NOT_FOUND'],
  ['GET', '/messages/%00', undefined, 404, 'NOT_FOUND'],
  ['GET', '/messages/%', undefined, 400, 'INVALID_REQUEST'],
  ['GET', '/messages/bob?limit=0', undefined, 400, 'INVALID_QUERY'],
  ['GET', '/messages/bob?limit=-1', undefined, 400, 'INVALID_QUERY'],
  ['GET', '/messages/bob?limit=ten', undefined, 400, 'INVALID_QUERY'],
  ['GET', '/messages/bob?limit=1e3', undefined, 400, 'INVALID_QUERY'],
  ['GET', '/messages/bob?limit=', undefined, 400, 'INVALID_QUERY'],
  ['GET', '/messages/bob?limit=1&limit=2', undefined, 400, 'INVALID_QUERY'],
  ['GET', '/messages/bob?before=0', undefined, 400, 'INVALID_QUERY'],
  ['GET', '/messages/bob?before=1;DROP', undefined, 400, 'INVALID_QUERY'],
  ['GET', '/missed?after=-1', undefined, 400, 'INVALID_QUERY'],
  ['GET', '/missed?after=x', undefined, 400, 'INVALID_QUERY'],
  ['PUT', '/messages/mallory/read', undefined, 404, 'NOT_FOUND'],
  ['PUT', '/messages/bob/read', '{', 400, 'INVALID_JSON'],
  ['PUT', '/notifications/1/read', undefined, 404, 'NOT_FOUND'],
  ['PUT', '/notifications/x/read', undefined, 404, 'NOT_FOUND'],
  ['PUT', '/notifications/99999999999999999999/read', undefined, 404, 'NOT_FOUND'],
  ['DELETE', '/notifications/0', undefined, 404, 'NOT_FOUND'],
  ['DELETE', '/notifications/1%20or%201', undefined, 404, 'NOT_FOUND'],
  ['DELETE', '/messages/bob', undefined, 405, 'METHOD_NOT_ALLOWED'],
  ['PATCH', '/notifications', undefined, 405, 'METHOD_NOT_ALLOWED'],
  ['POST', '/nothing', {}, 405, 'METHOD_NOT_ALLOWED'],
  ['GET', '/nothing.json', undefined, 404, 'NOT_FOUND'],
];

test('every invalid request is answered with a code for the error, and nothing is saved', async (t) => {
  const demo = await startDemo(t);
  const token = await demo.login('alice');
  const bob = await join(t, demo, 'bob');
  for (const [method, path, body, status, code] of BAD) {
    const answer = await request(demo, path, { method, token, body });
    const what = `${method} ${path} ${JSON.stringify(body)?.slice(0, 100)}`;
    assert.deepEqual([answer.status, answer.body.code], [status, code], what);
    assert.equal(typeof answer.body.error, 'string', what);
    assert.ok(Date.parse(answer.body.timestamp), what);
    assert.equal(answer.headers.get('cache-control'), 'no-store', what);
  }
  assert.equal(countMessages(demo.database), 0);
  const good = await request(demo, '/messages', { method: 'POST', token, body: GOOD });
  assert.equal(good.status, 201);
  await until(() => bob.seen['message:new'], 'what is right arrives');
  assert.equal(bob.seen['message:new'].length, 1);
  assert.doesNotMatch(demo.output, /Error|failed/);
});

test('invalid or unusual HTTP only affects its connection', async (t) => {
  const demo = await startDemo(t);
  for (const path of ['/%00', '//', '/assets/%2e%2e/x.js', '/?a[b]=c&__proto__[x]=1', `/${HUGE}`]) {
    const { status } = await request(demo, path);
    assert.ok([200, 400, 404, 431].includes(status), `${path.slice(0, 30)}: ${status}`);
  }
  for (const bytes of [
    'GET / HTTP/1.1\r\n\r\n',
    'BOGUS\r\n\r\n',
    'GET http://[ HTTP/1.0\r\n\r\n',
    'POST /messages HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n{',
    'POST /login HTTP/1.1\r\nhost: x\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}',
    'POST /login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json; charset=bogus\r\ncontent-length: 2\r\n\r\n{}',
  ]) {
    await raw(demo, bytes);
  }
  assert.equal((await request(demo, '/people')).status, 200);
  assert.equal(demo.starts, 1);
  assert.doesNotMatch(demo.output, /Error|failed/);
});

/** Sends bytes and resolves when the server has ended the connection. */
function raw(demo, bytes) {
  return new Promise((resolve) => {
    const socket = connect(demo.port, '127.0.0.1', () => socket.end(bytes));
    socket.on('error', resolve).on('close', resolve).resume();
  });
}
