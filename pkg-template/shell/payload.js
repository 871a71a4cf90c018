/**
 * A payload as it was when `send` was called.
 *
 * The copy is what socket.io's own encoder would have written at that moment: `toJSON` is respected,
 * what JSON leaves out is left out, binary is kept as binary and copied. So a caller may go on using
 * the object, a message that waits can't change, and what can't be encoded is refused here, to its
 * caller, instead of throwing inside the socket at every connect. Where the app has another parser (option
 * `io.parser`), what JSON has no form for is left to it: Date, Map, NaN, undefined, BigInt.
 */

import { HoldfastError, isOurs } from './errors.js';
import { textOf } from './report.js';

/** @param {string} message */
const invalid = (message) => new HoldfastError('INVALID_MESSAGE_PAYLOAD', message);

/** What is deeper may be more than the stack of those who encode it later, or the server's. */
const DEEPEST = 1000;

/** Marks what JSON leaves out. */
const NOTHING = Symbol('nothing');

/**
 * @param {any[]} values the arguments of one event, each of which is replaced by its copy. Among several, undefined is
 *   null, as in JSON
 * @param {number} maxBytes what is larger in sum is refused while it is copied
 * @param {unknown} [parser] the app's own
 * @returns {number} their size on the wire in bytes, escapes not counted
 * @throws {HoldfastError} why they cannot be sent; the message is for the app
 */
export function snapshot(values, maxBytes, parser) {
  const copier = spare ?? new Copier();
  spare = undefined;
  copier.begin(maxBytes, parser);
  try {
    for (let at = 0; at < values.length; at += 1) {
      const value = values[at];
      if (isNode(value)) throw invalid('A DOM node cannot be sent');
      const one = copier.copy(values.length > 1 && !parser ? (value ?? null) : value, '');
      if (one === NOTHING) throw invalid(`A payload cannot be ${typeof value}`);
      values[at] = one;
    }
    return copier.bytes;
  } catch (error) {
    if (isOurs(error)) throw error;
    // A getter, a proxy or a toJSON of the app's threw.
    throw invalid(`This payload cannot be read: ${textOf(error)}`);
  } finally {
    copier.ancestors.length = 0;
    spare = copier;
  }
}

/** The same, of what is not ours to write to. @param {readonly unknown[]} values @param {number} maxBytes @param {unknown} [parser] */
export function copies(values, maxBytes, parser) {
  const all = [...values];
  snapshot(all, maxBytes, parser);
  return all;
}

/** @param {any} copy @param {string} key @param {unknown} value */
export function put(copy, key, value) {
  // An own property of this name is data, not the copy's prototype.
  if (key === '__proto__') {
    Object.defineProperty(copy, key, { value, enumerable: true, configurable: true });
  } else {
    copy[key] = value;
  }
}

/** Written out: this is asked of every object. @param {object} value */
const isBox = (value) =>
  value instanceof Number ||
  value instanceof String ||
  value instanceof Boolean ||
  value instanceof BigInt;

/** One payload's copying. */
class Copier {
  // Not as fields: in the syntax that ships each would be a call of defineProperty.
  constructor() {
    /** @type {object[]} */
    this.ancestors = [];
    this.maxBytes = this.bytes = 0;
    this.begin(0);
  }

  /** @param {number} maxBytes @param {unknown} [parser] */
  begin(maxBytes, parser) {
    this.maxBytes = maxBytes;
    this.parser = parser;
    this.bytes = 0;
  }

  /** @param {any} item @param {string} key @returns {unknown} */
  copy(item, key) {
    if (typeof item === 'string' || item === null || item === undefined) return this.plain(item);
    if (typeof item === 'object' && isBinary(item)) {
      const copy = copyBinary(item);
      this.count(copy.byteLength ?? copy.size);
      return copy;
    }
    const { toJSON } = item;
    // As parsers do, which know a Date though it has a form of JSON's.
    const isRich = typeof toJSON !== 'function' || item instanceof Date;
    if (this.parser && isRich && typeof item === 'object' && !isJson(item)) {
      this.count(RICH_BYTES);
      return structuredClone(item);
    }
    if (typeof toJSON !== 'function') return this.plain(item);
    return this.plain(toJSON.call(item, key));
  }

  /** What has no say of its own in how it is sent. @param {any} item @returns {unknown} */
  plain(item) {
    switch (typeof item) {
      case 'string':
        this.count(utf8Length(item) + 2);
        return item;
      case 'number':
        this.count(8);
        return this.parser || Number.isFinite(item) ? item : null;
      case 'boolean':
        this.count(5);
        return item;
      case 'bigint':
        this.count(8);
        if (this.parser) return item;
        throw invalid('A BigInt cannot be sent: send it as a string');
      case 'object':
        if (item !== null) return this.object(item);
        this.count(4);
        return null;
      default:
        return this.parser && item === undefined ? item : NOTHING;
    }
  }

  /** @param {any} source @returns {unknown} */
  object(source) {
    if (isBox(source)) return this.plain(source.valueOf());
    if (this.ancestors.includes(source)) throw invalid('This payload contains itself');
    if (this.ancestors.length === DEEPEST)
      throw invalid(`This payload is nested over ${DEEPEST} deep`);
    this.ancestors.push(source);
    this.count(2);
    const copy = Array.isArray(source) ? this.list(source) : this.record(source);
    this.ancestors.pop();
    return copy;
  }

  /** @param {unknown[]} source */
  list(source) {
    const copy = [];
    for (let index = 0; index < source.length; index += 1) {
      const item = this.copy(source[index], String(index));
      this.count(1);
      copy.push(item === NOTHING ? null : item);
    }
    return copy;
  }

  /** @param {any} source */
  record(source) {
    /** @type {any} */
    const copy = {};
    for (const key of Object.keys(source)) {
      const item = this.copy(source[key], key);
      if (item === NOTHING) continue;
      this.count(utf8Length(key) + 4);
      put(copy, key, item);
    }
    return copy;
  }

  /** @param {number} more */
  count(more) {
    this.bytes += more;
    if (this.bytes > this.maxBytes) {
      const message = `A payload may have ${this.maxBytes} bytes at most`;
      throw new HoldfastError('PAYLOAD_TOO_LARGE', message);
    }
  }
}

/**
 * The one that is free, unless code of the app's runs in the midst of a copying and sends another payload. It is kept as
 * engines forget what they compiled for objects of which none is left when they collect garbage.
 * @type {Copier | undefined}
 */
let spare;

/**
 * Whether two snapshots would be the same on the wire.
 * @param {unknown[]} all
 * @param {unknown[]} others
 */
export const sameSnapshot = (all, others) => textIn(all) === textIn(others);

/** What is the same has the same text. A Blob that has not been read yet is like no other. @param {unknown} data */
export const textIn = (data) =>
  JSON.stringify(data, (key, value) => {
    if (!isBinary(value)) return withBigInts(key, value);
    return isBlob(value) ? `blob ${++blobs}` : `bytes ${bytesOf(value)}`;
  });
let blobs = 0;

/** Done once all Blobs so far were read: what is on its way to the disk waits for it. @type {Promise<unknown> | undefined} */
export let reading;

/** Why a Blob in these arguments cannot be read, such as a File that was deleted. @type {WeakMap<object, unknown>} */
export const unreadable = new WeakMap();

/**
 * Puts what each Blob holds in its place, which is the same on the wire. A File may be gone when its message leaves, and
 * WebKit stores no Blob in a private window.
 * @param {any} args a snapshot
 */
export function readBlobs(args, holder = args) {
  // None was ever copied.
  if (blobs === 0) return;
  for (const key of Object.keys(holder)) {
    const value = holder[key];
    if (isBlob(value)) {
      const read = value
        .arrayBuffer()
        .catch((/** @type {unknown} */ error) => {
          unreadable.set(args, error);
          // What the disk takes, and nothing sends.
          return 0n;
        })
        .then((/** @type {unknown} */ held) => put(holder, key, held));
      reading = Promise.all([reading, read]);
    } else if (value && typeof value === 'object' && !isBinary(value)) readBlobs(args, value);
  }
}

/** For JSON, which has none. @param {string} _key @param {unknown} value */
export const withBigInts = (_key, value) => (typeof value === 'bigint' ? `${value}` : value);

/** Whether it is a list or a record, as JSON has them. @param {object} value */
const isJson = (value) => /Object|Array/.test(Object.prototype.toString.call(value));

/** Of what another parser makes of a Date and the like, about. */
const RICH_BYTES = 16;

/** Across realms, where `instanceof` fails. @param {any} value */
function isNode(value) {
  try {
    return typeof value?.nodeType === 'number' && typeof value.nodeName === 'string';
  } catch {
    return false;
  }
}

/** @param {unknown} value */
export const isBinary = (value) =>
  value instanceof ArrayBuffer || ArrayBuffer.isView(value) || isBlob(value);

/** @param {unknown} value */
export const isBlob = (value) => typeof Blob === 'function' && value instanceof Blob;

/** @param {any} value */
function copyBinary(value) {
  if (isBlob(value)) {
    blobs += 1;
    return value;
  }
  // Never shared memory, which can be neither sent nor kept.
  const copy = bytesOf(value).slice();
  return value instanceof ArrayBuffer ? copy.buffer : copy;
}

/** @param {any} value an ArrayBuffer or a view of one */
function bytesOf(value) {
  const { buffer = value, byteOffset, byteLength } = value;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** @param {string} text */
export function utf8Length(text) {
  let { length } = text;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    // Two bytes from U+0080, three from U+0800; a surrogate pair has four, two for each half.
    if (unit > 0x7f) length += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return length;
}
