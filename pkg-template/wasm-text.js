/**
 * Encodes the wasm as text for a JavaScript file: one character for most bytes, two for the others.
 *
 * Base64 hides repetitions in the wasm from the compression on the wire: 22 KB of wasm take 13.8 KB gzipped in base64,
 * 11.7 in hexadecimal, and 10.7 as a file. This text takes 10.8 KB. It is ASCII, so that no charset can spoil it; has no
 * quotation marks and backslashes, so that nothing in it is escaped; and no '<', so that it can be inlined into HTML.
 *
 * Decoding it by a loop in JavaScript would be the longest part of the first call, as the browser gives up optimizing so
 * long a loop: 4 ms, against 0.7 ms with `reader.wat`, a wasm module of 140 bytes.
 */

/**
 * Added to each byte, so that most of the frequent ones take one character: 50 bytes less, gzipped. `reader.wat`
 * subtracts it.
 */
const SHIFT = 4;

/** @param {Uint8Array} bytes */
export function encode(bytes) {
  // The digits of base 86, then two marks: the next digit is of the second or the third turn (plus 86, plus 172).
  const alphabet = Array.from({ length: 127 - 33 }, (_, at) => String.fromCharCode(33 + at))
    .filter((character) => !'"$\'<\\`'.includes(character))
    .join('');
  const base = alphabet.length - 2;
  let text = '';
  for (const plain of bytes) {
    const byte = (plain + SHIFT) % 256;
    const turn = Math.floor(byte / base);
    if (turn > 0) text += alphabet[base - 1 + turn];
    text += alphabet[byte % base];
  }
  return text;
}

/**
 * @param {string} text made by `encode`
 * @param {string} reader `reader.wat`, assembled, as base64
 */
export function decode(text, reader) {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(codesOf(atob(reader))));
  const { memory, read } = /** @type {any} */ (exports);
  const bytes = new Uint8Array(memory.buffer);
  if (globalThis.TextEncoder) new TextEncoder().encodeInto(text, bytes);
  // Jest's jsdom has no TextEncoder.
  else bytes.set(codesOf(text));
  return bytes.subarray(0, read(text.length));
}

const codesOf = (/** @type {string} */ text) =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));
