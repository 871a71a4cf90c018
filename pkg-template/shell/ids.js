/** Ids that nobody else has. */

/** Random words, drawn many at a time: a draw for each message would be the most expensive part of a send. */
/** @type {Uint32Array<ArrayBuffer> | undefined} */
let words;
let wordsLeft = 0;

function randomWord() {
  if (wordsLeft === 0) {
    words ??= new Uint32Array(768);
    if (globalThis.crypto?.getRandomValues) globalThis.crypto.getRandomValues(words);
    // Old test environments only: an id has to be unlikely, not secret.
    else words = words.map(() => Math.random() * 2 ** 32);
    wordsLeft = words.length;
  }
  wordsLeft -= 1;
  return /** @type {Uint32Array} */ (words)[wordsLeft];
}

const codesOf = (/** @type {string} */ text) => Array.from(text, (one) => one.charCodeAt(0));
const DIGITS = codesOf('0123456789abcdef');
const ID = codesOf(`temp_${'0'.repeat(24)}`);

/** 96 random bits. Written as codes at once: three texts put together take ten times as long. */
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
