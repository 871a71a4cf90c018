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
  const digits = new Uint8Array(128);
  for (let at = 0; at < ALPHABET.length; at += 1) digits[ALPHABET.charCodeAt(at)] = at;
  const bytes = new Uint8Array(text.length);
  let size = 0;
  let turn = 0;
  // It runs once, before anything is compiled: so it does as little as it can for each character.
  for (let at = 0; at < text.length; at += 1) {
    const digit = digits[text.charCodeAt(at)];
    if (digit < BASE) {
      bytes[size++] = turn + digit;
      turn = 0;
    } else {
      turn = (digit - BASE + 1) * BASE;
    }
  }
  return bytes.subarray(0, size);
}
