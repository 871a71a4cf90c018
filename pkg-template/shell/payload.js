/**
 * Copies a payload as it is when `send` is called.
 *
 * The copy is what socket.io's own encoder would write at that moment: `toJSON` is called, what JSON leaves out is left
 * out, binary data is copied as binary. So a caller may go on using the object, a waiting message cannot change, and what
 * cannot be encoded is refused here, to its caller, instead of throwing inside of the socket at every connect. If the app
 * has its own parser (option `io.parser`), values that JSON has no form for are left to it: Date, Map, NaN, undefined,
 * BigInt.
 */

import { HoldfastError, isOurs } from './errors.js';
import { textOf } from './report.js';

/** @param {string} message */
const invalid = (message) => new HoldfastError('INVALID_MESSAGE_PAYLOAD', message);

/** The deepest nesting that is accepted: more may overflow the stack of an encoder, here or on the server. */
const DEEPEST = 1000;

/** Marks a value that JSON leaves out. */
const NOTHING = Symbol('nothing');

/**
 * Copies the arguments of one event.
 * @param {any[]} values the arguments; each is replaced by its copy. If there are several, undefined becomes null, as in
 *   JSON
 * @param {number} maxBytes the limit for all of them; copying stops beyond it
 * @param {unknown} [parser] the app's own
 * @returns {number} their size on the wire in bytes, not counting escapes
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
    // The app's own code threw: a getter, a proxy or a toJSON.
    throw invalid(`This payload cannot be read: ${textOf(error)}`);
  } finally {
    copier.ancestors.length = 0;
    spare = copier;
  }
}

/** Like `snapshot`, but returns the copies in a new array. @param {readonly unknown[]} values @param {number} maxBytes @param {unknown} [parser] */
export function copies(values, maxBytes, parser) {
  const all = [...values];
  snapshot(all, maxBytes, parser);
  return all;
}

/** @param {any} copy @param {string} key @param {unknown} value */
export function put(copy, key, value) {
  // An own property with this name is data: don't set the copy's prototype.
  if (key === '__proto__') {
    Object.defineProperty(copy, key, { value, enumerable: true, configurable: true });
  } else {
    copy[key] = value;
  }
}

/** Not a loop over the classes: this runs for every object. @param {object} value */
const isBox = (value) =>
  value instanceof Number ||
  value instanceof String ||
  value instanceof Boolean ||
  value instanceof BigInt;

/** Copies one payload, and counts its bytes. */
class Copier {
  // Not class fields: in the syntax that ships, each of them would be a call of defineProperty.
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
    // A Date counts as rich although it has a toJSON: parsers other than JSON know it.
    const isRich = typeof toJSON !== 'function' || item instanceof Date;
    if (this.parser && isRich && typeof item === 'object' && !isJson(item)) {
      this.count(RICH_BYTES);
      return structuredClone(item);
    }
    if (typeof toJSON !== 'function') return this.plain(item);
    return this.plain(toJSON.call(item, key));
  }

  /** Copies a value that has no toJSON, or what that returned. @param {any} item @returns {unknown} */
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
 * The copier that is reused, unless app code that runs during a copy sends another payload. It is never dropped: when
 * no object of a shape is left, JavaScript engines discard the code that they compiled for it.
 * @type {Copier | undefined}
 */
let spare;

/**
 * Whether two snapshots would be the same on the wire.
 * @param {unknown[]} all
 * @param {unknown[]} others
 */
export const sameSnapshot = (all, others) => textIn(all) === textIn(others);

/** A text that is equal for equal payloads. A Blob that has not been read yet equals no other. @param {unknown} data */
export const textIn = (data) =>
  JSON.stringify(data, (key, value) => {
    if (!isBinary(value)) return withBigInts(key, value);
    return isBlob(value) ? `blob ${++blobs}` : `bytes ${bytesOf(value)}`;
  });
let blobs = 0;

/** Resolves once all Blobs so far were read; saving to disk waits for it. @type {Promise<unknown> | undefined} */
export let reading;

/** The error of each array of arguments with a Blob that could not be read, such as a deleted File. @type {WeakMap<object, unknown>} */
export const unreadable = new WeakMap();

/**
 * Replaces each Blob by its bytes, which are the same on the wire. A File may be gone by the time its message is sent,
 * and WebKit stores no Blob in a private window.
 * @param {any} args a snapshot
 */
export function readBlobs(args, holder = args) {
  // No Blob was ever copied.
  if (blobs === 0) return;
  for (const key of Object.keys(holder)) {
    const value = holder[key];
    if (isBlob(value)) {
      const read = value
        .arrayBuffer()
        .catch((/** @type {unknown} */ error) => {
          unreadable.set(args, error);
          // A value that can be saved, but never sent.
          return 0n;
        })
        .then((/** @type {unknown} */ bytes) => put(holder, key, bytes));
      reading = Promise.all([reading, read]);
    } else if (value && typeof value === 'object' && !isBinary(value)) readBlobs(args, value);
  }
}

/** A replacer for JSON, which has no BigInt. @param {string} _key @param {unknown} value */
export const withBigInts = (_key, value) => (typeof value === 'bigint' ? `${value}` : value);

/** Whether an object is a plain object or an array. @param {object} value */
const isJson = (value) => /Object|Array/.test(Object.prototype.toString.call(value));

/** About how many bytes a parser needs for a Date and the like. */
const RICH_BYTES = 16;

/** Not by `instanceof`, which fails across realms. @param {any} value */
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
  // A copy is never shared memory, which can be neither sent nor saved.
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
