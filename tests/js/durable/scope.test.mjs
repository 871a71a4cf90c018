// One name for each server, engine path, namespace and user, however the app writes them.

import assert from 'node:assert/strict';
import test from 'node:test';
import { endpointOf, isFormer, scopeOf } from '../../../pkg-template/shell/scope.js';

/** As in a page of this address. */
function enter(t, href) {
  const { protocol, host } = new URL(href);
  globalThis.location = /** @type {any} */ ({ protocol, host });
  t.after(() => {
    delete globalThis.location;
  });
}

test('all spellings of one address have one endpoint', (t) => {
  enter(t, 'http://h/page?secret=1#x');
  const ways = [
    undefined,
    null,
    '',
    'h',
    '//h',
    '/',
    'http://h',
    'http://h/',
    'http://h:80',
    'http://h:080/',
    'ws://h',
    'HTTP://H?v=2',
    'http://h/?v=2#hash',
    'http://user:pass@h/',
    'http://us@er:pass@h:80',
  ];
  for (const url of ways) assert.equal(endpointOf(url), 'http://h?/socket.io?/', String(url));
});

test('a secure page provides the scheme, and wss counts as https', (t) => {
  enter(t, 'https://app.example:8443/');
  assert.equal(endpointOf(undefined), 'https://app.example:8443?/socket.io?/');
  assert.equal(endpointOf('/chat'), 'https://app.example:8443?/socket.io?/chat');
  assert.equal(endpointOf('//h'), 'https://h?/socket.io?/');
  assert.equal(endpointOf('wss://h:443'), endpointOf('https://h'));
  assert.notEqual(endpointOf('wss://h:80'), endpointOf('ws://h'));
});

test('different servers, paths and namespaces have different endpoints', () => {
  const all = [
    ['http://h'],
    ['https://h'],
    ['http://h:3000'],
    ['http://h2'],
    ['http://[::1]'],
    ['http://[::1]:3000'],
    ['http://h/chat'],
    ['http://h/Chat'],
    ['http://h/chat/'],
    ['http://h/payments'],
    ['http://h', { path: '/chat' }],
    ['http://h', { path: '/payments/socket.io' }],
    ['http://h', { path: '/' }],
  ];
  const endpoints = all.map(([url, io]) => endpointOf(url, /** @type {any} */ (io)));
  assert.equal(new Set(endpoints).size, all.length, endpoints.join('\n'));
});

test("ways to write the engine's path have one endpoint", () => {
  const endpoint = endpointOf('http://h', { path: '/a/b' });
  for (const path of ['a/b', '/a/b/', '/a/b//', 'a/b?token=secret', '/a/b/#x']) {
    assert.equal(endpointOf('http://h', { path }), endpoint, path);
  }
  for (const io of [undefined, {}, { path: '' }, { path: undefined }, { path: '/socket.io/' }]) {
    assert.equal(endpointOf('http://h', io), 'http://h?/socket.io?/');
  }
});

test('without a page, the endpoint is a fixed text', () => {
  assert.equal(endpointOf(undefined), 'http://?/socket.io?/');
  assert.equal(endpointOf('//h'), 'http://h?/socket.io?/');
});

test('an invalid URL neither throws nor keeps its query', () => {
  const bad = {
    toString() {
      throw new Error('no');
    },
  };
  const locked = {
    get path() {
      throw new Error('no');
    },
  };
  const hostile = [
    bad,
    Object.create(null),
    Symbol('s'),
    42,
    true,
    {},
    () => {},
    'not a url',
    '?token=secret',
    '#token=secret',
    ':::?secret',
    'http://',
    'http://?secret',
    'http://h\n?secret',
    'http:///?secret',
    'http://@/?secret',
    'http://[?secret',
    'javascript:alert(1)?secret',
    '\ud800?secret',
    'http://h/?a?secret#b#secret',
    'x'.repeat(100_000),
  ];
  for (const url of hostile) {
    for (const io of [
      undefined,
      null,
      bad,
      locked,
      { path: bad },
      { path: 7 },
      { path: '?secret' },
    ]) {
      const endpoint = endpointOf(url, /** @type {any} */ (io));
      assert.equal(endpoint.split('?').length, 3, endpoint.slice(0, 100));
      assert.doesNotMatch(endpoint, /secret|#| /);
    }
  }
});

test('scopes differ by server and user, and none equals one of version 1', () => {
  const endpoint = endpointOf('http://h');
  const users = ['alice', 'alice ', 'alice%20', 'a b', 'a?b', 'a%b', '\ud800', 'ü', '42'];
  const scopes = users.map((user) => scopeOf(endpoint, user));
  assert.equal(new Set(scopes).size, users.length);
  for (const scope of scopes) assert.doesNotMatch(scope, / /, 'a scope of version 1 has a space');
  assert.notEqual(scopeOf(endpointOf('http://h/a'), 'b'), scopeOf(endpointOf('http://h/'), 'a?b'));
});

test('a scope of version 1 is recognised by server, namespace and user', (t) => {
  enter(t, 'https://chat.example/');
  for (const path of ['/socket.io', '/p a/%20']) {
    const scope = scopeOf(endpointOf('https://chat.example', { path }), 'al ice');
    for (const url of [
      '',
      'https://chat.example',
      'wss://chat.example/?token=x',
      '//chat.example',
    ]) {
      assert.equal(isFormer(`${url} al ice`, scope), true, url);
      assert.equal(isFormer(`${url} alice`, scope), false, 'another user');
      assert.equal(isFormer(`${url} `, scope), false, 'no user');
    }
    assert.equal(isFormer('https://chat.example/ns al ice', scope), false, 'another namespace');
    assert.equal(isFormer('https://other.example al ice', scope), false, 'another server');
    assert.equal(isFormer(scope, scope), false, 'one of version 2');
  }
});
