/**
 * The wasm as text that stands in a JavaScript file: one character for most bytes, two for the others.
 *
 * Base64 hides from the compression on the wire what repeats in the wasm: inlined that way 22 KB of it
 * take 13.8 KB gzipped, hexadecimal 11.7, against 10.7 KB as a file. This text takes 10.8 KB. All of it
 * is ASCII, so that no charset can spoil it, without quotation marks and backslashes, so that nothing in
 * it is escaped, and without '<', so that it can be inlined into HTML.
 *
 * A loop of JavaScript over so many characters would be the longest part of the first call, as the
 * browser stops to optimize it: 4 ms, against 0.7 with a module of 140 bytes that does it, `reader.wat`.
 */

/** With this one most of the frequent bytes are one character: 50 bytes less, gzipped. `reader.wat` takes it off. */
const SHIFT = 4;

/** @param {Uint8Array} bytes */
export function encode(bytes) {
  // Digits of base 86, and then the marks of the digits' second and third turn.
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
 * @param {string} text what `encode` answered
 * @param {string} reader `reader.wat`, assembled, as base64
 */
export function decode(text, reader) {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(codesOf(atob(reader))));
  const { memory, read } = /** @type {any} */ (exports);
  const bytes = new Uint8Array(memory.buffer);
  if (globalThis.TextEncoder) new TextEncoder().encodeInto(text, bytes);
  // Jest's jsdom has none.
  else bytes.set(codesOf(text));
  return bytes.subarray(0, read(text.length));
}

const codesOf = (/** @type {string} */ text) =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));
