/**
 * The wasm as text that stands in a JavaScript file: one character for most bytes, two for the others.
 *
 * Base64 hides from the compression on the wire what repeats in the wasm: inlined that way 22 KB of it
 * take 13.9 KB gzipped, against 10.6 KB as a file. Deflating it first means 10.4 KB, and 1.7 KB more for
 * code that inflates. This text takes 10.7 KB, and its reader 0.1 KB. All of it is ASCII, so that no
 * charset can spoil it, without quotes and backslashes, so that nothing in it is escaped, and without
 * '<', so that it can be inlined into HTML.
 */

/** Digits of base 87, and then the two marks of the digits' second and third turn. */
const ALPHABET =
  ' !#%&()*+,-./0123456789:;=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_abcdefghijklmnopqrstuvwxyz{|}~';
const BASE = ALPHABET.length - 2;

/** @param {Uint8Array} bytes */
export function encode(bytes) {
  let text = '';
  for (const byte of bytes) {
    const turn = Math.floor(byte / BASE);
    if (turn > 0) text += ALPHABET[BASE - 1 + turn];
    text += ALPHABET[byte % BASE];
  }
  return text;
}

/** @param {string} text what `encode` answered */
export function decode(text) {
  const bytes = [];
  let turn = 0;
  for (const character of text) {
    const digit = ALPHABET.indexOf(character);
    if (digit >= BASE) {
      turn = digit - BASE + 1;
    } else {
      bytes.push(turn * BASE + digit);
      turn = 0;
    }
  }
  return new Uint8Array(bytes);
}
