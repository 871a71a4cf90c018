// What the module orders by number, and who carries it out.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import test from 'node:test';
import { ORDER } from '../../pkg-template/shell/numbers.js';

const carriedOut = (text) => text.match(/(?<=\[ORDER\.)\w+(?=\][(:])/g);

test('each order is carried out in one place of the shell, and in one at most where a Socket is followed', async () => {
  const shell = new URL('../../pkg-template/shell/', import.meta.url);
  const read = (file) => readFile(new URL(file, shell), 'utf8');
  const files = (await readdir(shell)).filter((file) => /^(?!follow).*\.js$/.test(file));
  const { none, ...orders } = ORDER;
  assert.equal(none, 0);
  const all = carriedOut((await Promise.all(files.map(read))).join('\n'));
  assert.deepEqual(all.sort(), Object.keys(orders).sort());

  const followed = carriedOut(await read('follow.js'));
  assert.ok(followed.includes('transmit'));
  assert.equal(new Set(followed).size, followed.length);
  assert.ok(followed.every((name) => name in orders));
});
