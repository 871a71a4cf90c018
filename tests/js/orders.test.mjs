// What the module orders by number, and who carries it out.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import test from 'node:test';
import { ORDER } from '../../pkg-template/shell/numbers.js';

test('each order is carried out in one place of the shell', async () => {
  const shell = new URL('../../pkg-template/shell/', import.meta.url);
  const files = (await readdir(shell)).filter((file) => file.endsWith('.js'));
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, shell), 'utf8')));
  const carriedOut = texts.join('\n').match(/(?<=\[ORDER\.)\w+(?=\][(:])/g);
  const { none, ...orders } = ORDER;
  assert.equal(none, 0);
  assert.deepEqual(carriedOut.sort(), Object.keys(orders).sort());
});
