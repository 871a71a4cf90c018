import assert from 'node:assert/strict';
import test from 'node:test';
import { decode, encode } from '../../pkg-template/wasm-text.js';

test('text of every byte, in every neighbourhood, is read as it was written', () => {
  const bytes = [];
  for (let first = 0; first < 256; first += 1) {
    for (let second = 0; second < 256; second += 1) bytes.push(first, second);
  }
  const module = Uint8Array.from(bytes);
  assert.deepEqual(decode(encode(module)), module);
});

test('text needs no escape in a script, in HTML, or in any charset', () => {
  const text = encode(Uint8Array.from({ length: 256 }, (_, byte) => byte));
  assert.match(text, /^[ -~]*$/);
  assert.doesNotMatch(text, /['"`\\<$]/);
});
