// Copies an answer as Socket.IO would encode it.

/**
 * Copies an answer, so that a repeat gets the first answer even if the handler changes its objects later, and no database
 * document is kept in memory by it. The message has taken effect, so its client has to get an answer: what Socket.IO
 * cannot encode is replaced. A bigint becomes its text; a cycle, a value that throws when it is read, a Blob, and values
 * nested over 1,000 deep become null.
 *
 * @param {unknown[]} reply
 * @returns {{ copy: unknown[], lost: string[] }} `lost` describes what was replaced, each kind once
 */
export function snapshot(reply) {
  /** @type {Set<string>} */
  const lost = new Set();
  /** The objects around the current value. @type {Set<unknown>} */
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
    if (ancestors.size === DEEPEST) return lose(`objects nested over ${DEEPEST} deep`);
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
      // Not from Node's pool, of which a few bytes would keep 8 KB in memory.
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

/** The same bound as for payloads on the client: deeper values may overflow the stack of encoders. */
const DEEPEST = 1000;

/** Copies a text: a substring keeps the whole text in memory, such as a message of 1 MB. @param {string} text */
const alone = (text) => (text.length < SHORTEST_PIECE ? text : JSON.parse(JSON.stringify(text)));

/** V8 copies shorter substrings itself. */
const SHORTEST_PIECE = 13;
