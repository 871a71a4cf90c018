// Where one process keeps the answers of `createDeduplicator`: in its memory.

/** @import { DeduplicationStore, Reply } from '../types/server.d.ts' */

/**
 * @typedef {object} Entry
 * @property {Reply} reply
 * @property {string | undefined} fingerprint
 * @property {Owner} owner
 * @property {number} bytes
 * @property {number} ttlMs
 * @property {number} expiresAt
 *
 * @typedef {object} Owner one user, or one connection that nobody is logged in on
 * @property {string} name
 * @property {Set<string>} keys of its answers, the one that was not asked for the longest first
 * @property {number} bytes
 */

/**
 * Bounded by count and by bytes. Beyond a bound one of the users who hold most loses the answer that was not asked for
 * the longest, so that nobody can push out the answers of the others. Asking renews an answer's time, so that the
 * order of use is the order of expiry as well.
 *
 * @param {number} max answers
 * @param {number} maxBytes
 * @returns {DeduplicationStore}
 */
export function memoryStore(max, maxBytes) {
  /** The one that was not asked for the longest first. @type {Map<string, Entry>} */
  const entries = new Map();
  /** @type {Map<string, Owner>} */
  const owners = new Map();
  const byCount = ranking();
  const byBytes = ranking();
  let bytes = 0;

  /** @param {string} key */
  function drop(key) {
    const entry = entries.get(key);
    if (!entry) return;
    const { owner } = entry;
    entries.delete(key);
    owner.keys.delete(key);
    change(owner, -entry.bytes);
  }

  /** @param {string} key @param {Entry} entry */
  function keep(key, entry) {
    drop(key);
    // performance.now() and not the wall clock, which may jump.
    entry.expiresAt = performance.now() + entry.ttlMs;
    const { owner } = entry;
    entries.set(key, entry);
    owner.keys.add(key);
    change(owner, entry.bytes);
  }

  /** @param {Owner} owner @param {number} more bytes */
  function change(owner, more) {
    bytes += more;
    owner.bytes += more;
    byCount.rank(owner, owner.keys.size);
    byBytes.rank(owner, owner.bytes);
    if (owner.keys.size > 0) owners.set(owner.name, owner);
    else owners.delete(owner.name);
  }

  /** @param {Owner} owner */
  function evictFrom({ keys }) {
    for (const oldest of keys) return drop(oldest);
  }

  return {
    claim(key) {
      const entry = entries.get(key);
      if (!entry) return CLAIMED;
      if (entry.expiresAt <= performance.now()) {
        drop(key);
        return CLAIMED;
      }
      keep(key, entry);
      return { status: 'done', reply: entry.reply, fingerprint: entry.fingerprint };
    },

    complete(key, reply, ttlMs, { fingerprint, user: name } = { user: key }) {
      const owner = owners.get(name) ?? { name, keys: new Set(), bytes: 0 };
      const size = ENTRY_BYTES + 2 * key.length + sizeOf(reply);
      keep(key, { reply, fingerprint, owner, bytes: size, ttlMs, expiresAt: 0 });
      for (const [oldest, { expiresAt }] of entries) {
        if (expiresAt > performance.now()) break;
        drop(oldest);
      }
      while (entries.size > max) evictFrom(byCount.first());
      while (bytes > maxBytes) evictFrom(byBytes.first());
    },

    release() {},
  };
}

/**
 * Finds one of those who hold most without sorting them: they are kept by the power of two of what they hold, and of
 * one power the one whose holdings changed the longest ago is the first.
 */
function ranking() {
  /** @type {Map<Owner, number>} */
  const powers = new Map();
  /** @type {Set<Owner>[]} */
  const ranks = [];
  return {
    /** @param {Owner} owner @param {number} size 0: nothing any more */
    rank(owner, size) {
      ranks[powers.get(owner) ?? 0]?.delete(owner);
      powers.delete(owner);
      if (size === 0) return;
      const power = Math.floor(Math.log2(size));
      powers.set(owner, power);
      ranks[power] ??= new Set();
      ranks[power].add(owner);
    },
    /** @returns {Owner} there has to be one */
    first() {
      const highest = /** @type {Set<Owner>} */ (ranks.filter((rank) => rank.size > 0).at(-1));
      const [owner] = highest;
      return owner;
    },
  };
}

/** About how many bytes of memory a value takes. @param {unknown} value @returns {number} */
function sizeOf(value) {
  if (typeof value === 'string') return VALUE_BYTES + 2 * value.length;
  if (typeof value !== 'object' || value === null) return VALUE_BYTES;
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
    return BYTES_BYTES + value.byteLength;
  }
  let size = OBJECT_BYTES;
  const perField = Array.isArray(value) ? 0 : FIELD_BYTES;
  for (const [name, part] of Object.entries(value)) {
    size += perField + (perField && 2 * name.length) + sizeOf(part);
  }
  return size;
}

/** @type {import('../types/server.d.ts').Claim} */
const CLAIMED = Object.freeze({ status: 'claimed' });
/** The entry itself and its places in three maps. */
const ENTRY_BYTES = 400;
const VALUE_BYTES = 16;
/** An empty object has room for four fields. */
const OBJECT_BYTES = 64;
/** A name that nothing else has, and its place. */
const FIELD_BYTES = 48;
/** A Buffer's own object. */
const BYTES_BYTES = 200;
