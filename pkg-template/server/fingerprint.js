// Hashes a message's content, to tell a repeat from a different message with the same id.

/**
 * A hash of 64 bits over everything that JSON and binary data can carry, independent of the order of an object's fields.
 * It is no protection against a user who searches for two messages with one hash, since only that user's own id would be
 * affected.
 *
 * @param {unknown[]} args of one event
 * @param {string} idField the field of the first argument that is left out: the id, which may be 5 or '5'
 * @returns {string | undefined} undefined if they cannot be read
 */
export function fingerprint([data, ...more], idField) {
  try {
    const hash = new Hash();
    /** Each object is read once, so that cycles end. */
    const seen = new Set();
    /** Values to be read, the next one last. Not recursive: a payload may be nested deeper than the stack allows. */
    const left = [...more, data];
    for (let count = 0; left.length > 0 && count < MOST_VALUES; count += 1) {
      const value = left.pop();
      if (typeof value !== 'object' || value === null) {
        hash.text(typeof value);
        hash.text(String(value));
        continue;
      }
      if (seen.has(value)) {
        hash.text('again');
        continue;
      }
      seen.add(value);
      const bytes = bytesOf(value);
      if (bytes) {
        hash.bytes(bytes);
      } else if (Array.isArray(value)) {
        hash.text(`list ${value.length}`);
        for (let at = Math.min(value.length, MOST_VALUES) - 1; at >= 0; at -= 1) {
          left.push(value[at]);
        }
      } else if (value instanceof Date) {
        hash.text(`date ${value.getTime()}`);
      } else {
        const record = /** @type {Record<string, unknown>} */ (value);
        const names = Object.keys(value).sort();
        hash.text(`fields ${names.length}`);
        for (const name of names) {
          if (value === data && name === idField) continue;
          hash.text(name);
          left.push(record[name]);
        }
      }
    }
    return hash.end();
  } catch {
    // A getter, a proxy or a method of another parser's object threw.
    return undefined;
  }
}

/** Two multiplicative hashes of 32 bits, side by side. */
class Hash {
  constructor() {
    this.a = 0xdeadbeef;
    this.b = 0x41c6ce57;
  }

  /** Hashes the length first, so that no two lists of texts look alike. @param {string} text */
  text(text) {
    const { length } = text;
    let a = Math.imul(this.a ^ length, FACTOR_A);
    let b = Math.imul(this.b ^ length, FACTOR_B);
    for (let at = 0; at < length; at += 1) {
      const unit = text.charCodeAt(at);
      // Mix the high bits in: the low bits of a product do not depend on them.
      a = Math.imul(a ^ (a >>> 15) ^ unit, FACTOR_A);
      b = Math.imul(b ^ (b >>> 13) ^ unit, FACTOR_B);
    }
    this.a = a ^ (a >>> 15);
    this.b = b ^ (b >>> 13);
  }

  /** @param {Uint8Array} bytes */
  bytes(bytes) {
    const { length } = bytes;
    this.text(`bytes ${length}`);
    let { a, b } = this;
    for (let at = 0; at < length; at += 1) {
      a = Math.imul(a ^ (a >>> 15) ^ bytes[at], FACTOR_A);
      b = Math.imul(b ^ (b >>> 13) ^ bytes[at], FACTOR_B);
    }
    this.a = a ^ (a >>> 15);
    this.b = b ^ (b >>> 13);
  }

  end() {
    return [this.a, this.b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }
}

const FACTOR_A = 2_654_435_761;
const FACTOR_B = 1_597_334_677;

/** @param {object} value */
function bytesOf(value) {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (!ArrayBuffer.isView(value)) return undefined;
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/** More values than a message of 1 MB can have; what follows in a larger one is not compared. */
const MOST_VALUES = 1_000_000;
