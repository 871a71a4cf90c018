// A copy of an answer as the wire carries it.

/**
 * A repeat's answer is the first one's even if the handler changes its objects later, and no database document
 * is kept alive by it. What socket.io cannot encode is replaced: the message has taken effect, so its client gets
 * an answer. A bigint becomes its text; a cycle, what throws when it is read, a Blob, and what is nested over
 * 1,000 deep become null.
 *
 * @param {unknown[]} reply
 * @returns {{ copy: unknown[], lost: string[] }} `lost`: what was replaced, in words, each once
 */
export function snapshot(reply) {
  /** @type {Set<string>} */
  const lost = new Set();
  /** Those in which the value at hand is. @type {Set<unknown>} */
  const ancestors = new Set();

  /** @param {string} what @param {unknown} [instead] */
  const lose = (what, instead = null) => {
    lost.add(what);
    return instead;
  };

  /** @param {unknown} value @returns {unknown} */
  const copy = (value) => {
    if (typeof value === 'bigint') return lose('a bigint', String(value));
    if (typeof value === 'function' || typeof value === 'symbol') return undefined;
    if (typeof value === 'string') return alone(value);
    if (typeof value !== 'object' || value === null) return value;
    if (ancestors.has(value)) return lose('an object that contains itself');
    if (ancestors.size === DEEPEST) return lose(`objects in each other over ${DEEPEST} deep`);
    ancestors.add(value);
    try {
      return copyObject(value);
    } catch {
      return lose('something that throws when it is read');
    } finally {
      ancestors.delete(value);
    }
  };

  /** @param {object} value @returns {unknown} */
  const copyObject = (value) => {
    if (value instanceof ArrayBuffer) return value.slice(0);
    if (ArrayBuffer.isView(value)) {
      // In memory of its own: of the pool a few bytes would keep 8 KB.
      const bytes = Buffer.allocUnsafeSlow(value.byteLength);
      bytes.set(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
      return bytes;
    }
    if (value instanceof Blob) return lose('a Blob');
    if ('toJSON' in value && typeof value.toJSON === 'function') return copy(value.toJSON());
    if (Array.isArray(value)) return value.map(copy);
    const record = /** @type {Record<string, unknown>} */ (value);
    return Object.fromEntries(
      Object.keys(value).map((name) => {
        try {
          return [name, copy(record[name])];
        } catch {
          return [name, lose('something that throws when it is read')];
        }
      }),
    );
  };

  return { copy: reply.map(copy), lost: [...lost] };
}

/** As the client bounds a payload: deeper than this the encoders may run out of stack. */
const DEEPEST = 1000;

/** A piece of a text keeps the whole alive, a message of 1 MB for instance. @param {string} text */
const alone = (text) => (text.length < SHORTEST_PIECE ? text : JSON.parse(JSON.stringify(text)));

/** Shorter ones V8 copies. */
const SHORTEST_PIECE = 13;
