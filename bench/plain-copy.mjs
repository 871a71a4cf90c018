// Copies a payload at the send, without the values that JSON leaves out, and measures its size.

/** A deeper payload is taken to contain itself. */
const DEEPEST = 100;

let bytes = 0;

/**
 * @param {object} data
 * @returns {{ value: any, bytes: number }} `bytes` counts a character as one
 * @throws where it holds something that can't be sent
 */
export function copy(data) {
  bytes = 0;
  if (data === null || typeof data !== 'object') throw new TypeError('A payload is an object');
  return { value: copyOf(data, 0), bytes };
}

function copyOf(item, depth) {
  switch (typeof item) {
    case 'string':
      bytes += item.length + 2;
      return item;
    case 'number':
      bytes += 8;
      return Number.isFinite(item) ? item : null;
    case 'boolean':
      bytes += 5;
      return item;
    case 'object':
      if (item !== null) return copyObject(item, depth);
      bytes += 4;
      return null;
    case 'bigint':
      throw new TypeError('A BigInt cannot be sent');
    default:
      return undefined;
  }
}

function copyObject(source, depth) {
  if (depth > DEEPEST) throw new TypeError('The payload contains itself');
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
    bytes += source.byteLength;
    return structuredClone(source);
  }
  if (typeof source.toJSON === 'function') return copyOf(source.toJSON(), depth + 1);
  bytes += 2;
  if (Array.isArray(source)) return source.map((item) => copyOf(item, depth + 1) ?? null);
  const target = {};
  for (const key of Object.keys(source)) {
    const item = copyOf(source[key], depth + 1);
    if (item === undefined) continue;
    bytes += key.length + 4;
    target[key] = item;
  }
  return target;
}
