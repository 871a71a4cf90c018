import assert from 'node:assert/strict';
import test from 'node:test';
import { assembleReader } from '../../pkg-template/reader.mjs';
import { decode, encode } from '../../pkg-template/wasm-text.js';

const reader = await assembleReader();

/** Every byte with every other one after it, in portions that the reader's memory has room for. */
const portions = Array.from({ length: 16 }, (_, portion) =>
  Uint8Array.from({ length: 16 * 512 }, (_, at) =>
    at % 2 ? (at >> 1) % 256 : portion * 16 + (at >> 9),
  ),
);

test('text of every byte, in every neighbourhood, is read as it was written', () => {
  for (const portion of portions) assert.deepEqual(decode(encode(portion), reader), portion);
});

test('text is read where there is no TextEncoder, as in jsdom', (t) => {
  const { TextEncoder } = globalThis;
  t.after(() => {
    globalThis.TextEncoder = TextEncoder;
  });
  delete globalThis.TextEncoder;
  for (const portion of portions) assert.deepEqual(decode(encode(portion), reader), portion);
});

test('text needs no escape in a script, in HTML, or in any charset', () => {
  const text = encode(Uint8Array.from({ length: 256 }, (_, byte) => byte));
  assert.match(text, /^[ -~]*$/);
  assert.doesNotMatch(text, /['"`\\<$]/);
});
