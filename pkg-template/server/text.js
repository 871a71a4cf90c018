// Converts values that may contain bytes to text and back, for stores that keep text.

/**
 * A value as JSON. Lists begin with a mark, so that bytes, which become a list with another mark, look like no other value.
 *
 * @param {unknown} value
 * @throws {TypeError} for a Blob, whose bytes cannot be read synchronously
 */
export function encode(value) {
  return JSON.stringify(marked(value));
}

/** The value that `encode` made the text from; all bytes become Buffers. @param {string} text */
export function decode(text) {
  return unmarked(JSON.parse(text));
}

/** @param {unknown} value @returns {unknown} */
function marked(value) {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof ArrayBuffer) return [BYTES, Buffer.from(value).toString('base64')];
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    return [BYTES, Buffer.from(buffer, byteOffset, byteLength).toString('base64')];
  }
  if (value instanceof Blob) throw new TypeError('A value with a Blob cannot be stored as text');
  if (Array.isArray(value)) return [LIST, ...value.map(marked)];
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, marked(part)]));
}

/** @param {unknown} value @returns {unknown} */
function unmarked(value) {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    return value[0] === BYTES ? Buffer.from(value[1], 'base64') : value.slice(1).map(unmarked);
  }
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, unmarked(part)]));
}

const BYTES = 0;
const LIST = 1;
