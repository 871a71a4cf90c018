/** Makes unique message ids. */

/** Random words, drawn many at a time: drawing for each message would be the most expensive part of a send. */
/** @type {Uint32Array<ArrayBuffer> | undefined} */
let words;
let wordsLeft = 0;

function randomWord() {
  if (wordsLeft === 0) {
    words ??= new Uint32Array(768);
    if (globalThis.crypto?.getRandomValues) globalThis.crypto.getRandomValues(words);
    // Only old test environments have no crypto. Ids have to be unique, not secret.
    else words = words.map(() => Math.random() * 2 ** 32);
    wordsLeft = words.length;
  }
  wordsLeft -= 1;
  return /** @type {Uint32Array} */ (words)[wordsLeft];
}

const codesOf = (/** @type {string} */ text) => Array.from(text, (one) => one.charCodeAt(0));
const DIGITS = codesOf('0123456789abcdef');
const ID = codesOf(`temp_${'0'.repeat(24)}`);

/** An id with 96 random bits. Makes one string from character codes: joining three strings takes ten times as long. */
export function newId() {
  for (let end = ID.length; end > 5; end -= 8) {
    let word = randomWord();
    for (let at = end - 1; at >= end - 8; at -= 1) {
      ID[at] = DIGITS[word & 15];
      word >>>= 4;
    }
  }
  return String.fromCharCode.apply(null, ID);
}
