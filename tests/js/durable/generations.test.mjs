// Generations, which a logout ends: neither a logout nor an app that clears its storage brings an old number back.

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  begin,
  hash,
  isRaised,
  keepSubject,
  raise,
  read,
  subjectOf,
} from '../../../pkg-template/shell/generations.js';
import { installStorage } from '../../support/storage.mjs';

const SCOPE = 'http://h?/socket.io?/?alice@example.org';
const key = `holdfast ${hash(SCOPE)}`;

test('a scope has no generation until one begins, and each logout begins another one', (t) => {
  installStorage(t);
  assert.equal(read(SCOPE), 0);
  const first = begin(SCOPE);
  assert.ok(Number.isSafeInteger(first) && first > 0);
  assert.equal(isRaised(first), false);
  assert.equal(begin(SCOPE), first, 'it has begun');
  assert.equal(read(SCOPE), first);
  assert.equal(raise(SCOPE), first + 1);
  assert.equal(read(SCOPE), first + 1);
  assert.equal(isRaised(first + 1), true);
  assert.equal(read(`${SCOPE}2`), 0, 'another scope');
});

test('raising the generation writes synchronously, without using a clock', (t) => {
  installStorage(t);
  t.mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
  const first = begin(SCOPE);
  t.mock.timers.setTime(0);
  assert.equal(raise(SCOPE), first + 1, 'a clock that is set back changes nothing');
});

test('clearing the storage brings no old generation back', (t) => {
  const { storage } = installStorage(t);
  const seen = new Set();
  for (let n = 0; n < 50; n += 1) {
    for (const generation of [begin(SCOPE), raise(SCOPE), raise(SCOPE)]) {
      assert.equal(seen.has(generation), false);
      seen.add(generation);
    }
    storage.clear();
    assert.equal(read(SCOPE), 0);
  }
});

test('an invalid value counts as no generation, and raising begins a new one', (t) => {
  const { values } = installStorage(t);
  const first = begin(SCOPE);
  raise(SCOPE);
  const hostile = [
    '',
    'x',
    '-1',
    '-9007199254740991',
    '1.5',
    'NaN',
    'Infinity',
    '1e400',
    '9007199254740993',
    '9'.repeat(10_000),
    '{"a":1}',
    '[[1],[2]]',
    '\u0000',
    'null',
  ];
  for (const value of hostile) {
    values.set(key, value);
    assert.equal(read(SCOPE), 0, value.slice(0, 50));
    const next = raise(SCOPE);
    assert.ok(next > 0 && ![first, first + 1].includes(next));
    assert.equal(read(SCOPE), next);
  }
  const largest = 999_999_999_999_999;
  values.set(key, String(largest));
  assert.equal(read(SCOPE), largest);
  raise(SCOPE);
  assert.notEqual(read(SCOPE), largest, 'the largest one ends too');
  assert.ok(/** @type {number} */ (begin(SCOPE)) > 0);
});

test('any failure of the storage returns null and never throws', (t) => {
  const { faults } = installStorage(t);
  begin(SCOPE);
  for (const fault of ['read', 'write']) {
    faults[fault] = true;
    for (const act of [read, begin, raise]) assert.equal(act(SCOPE), null, fault);
    assert.doesNotThrow(() => keepSubject(SCOPE, 'x'));
    assert.equal(typeof subjectOf(SCOPE), 'string');
    faults[fault] = false;
  }
  const { storage } = installStorage(t);
  storage.setItem = () => {};
  assert.equal(begin(SCOPE), null, 'one that keeps nothing');
  delete globalThis.localStorage;
  for (const act of [read, begin, raise]) assert.equal(act(SCOPE), null, 'none at all');
  assert.equal(subjectOf(SCOPE), '');
});

test('a logout is written even if the storage became full', (t) => {
  const { storage, faults, size } = installStorage(t);
  const first = begin(SCOPE);
  storage.clear();
  read(SCOPE);
  faults.most = size();
  assert.throws(() => storage.setItem('more', 'x'));
  const next = raise(SCOPE);
  assert.ok(next !== null && next !== first);
  assert.equal(Number(storage.getItem(key)), next);
});

test('neither scope nor user nor subject is stored in plain text', (t) => {
  const { values } = installStorage(t);
  begin(SCOPE);
  keepSubject(SCOPE, 'auth0|alice');
  raise(SCOPE);
  keepSubject(SCOPE, 'auth0|alice');
  assert.doesNotMatch(JSON.stringify([...values]), /alice|http|auth0/);
});

test('the subject belongs to a generation, and a logout forgets it', (t) => {
  const { values } = installStorage(t);
  assert.equal(subjectOf(SCOPE), '');
  keepSubject(SCOPE, 'auth0|alice');
  assert.equal(subjectOf(SCOPE), hash('auth0|alice'));
  assert.equal(subjectOf(`${SCOPE}2`), '');
  const generation = read(SCOPE);
  raise(SCOPE);
  assert.equal(subjectOf(SCOPE), '');
  keepSubject(SCOPE, '');
  assert.equal(subjectOf(SCOPE), hash(''));
  assert.notEqual(read(SCOPE), generation, 'keeping a subject undoes no logout');
  for (const value of ['', ' ', 'null', '{}', `${read(SCOPE)}`]) {
    values.set(`${key} s`, value);
    assert.equal(subjectOf(SCOPE), '');
  }
});

test('hashes have 64 bits, and differ for similar texts', () => {
  const texts = Array.from({ length: 20_000 }, (_, n) => `user${n}`);
  assert.equal(new Set(texts.map(hash)).size, texts.length);
  for (const half of [0, 1]) {
    const bits = new Set(texts.map((text) => Number(hash(text).split('-')[half])));
    assert.ok(bits.size > texts.length - 10, 'either half tells almost all of them apart');
  }
  assert.equal(hash('alice'), hash('alice'));
  assert.match(hash('\ud800'), /^\d+-\d+$/);
  assert.equal(hash('').length > 2, true);
});
