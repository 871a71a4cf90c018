// The default store of `createDeduplicator`, for one process: keeps answers in memory.

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
 * @typedef {object} Owner a user, or all connections without one
 * @property {string} name
 * @property {Set<string>} keys of its answers, the least recently used first
 * @property {number} bytes
 */

/**
 * Bounded by count and by bytes. Beyond a bound, one of the users with the most loses the least recently used answer, so
 * that nobody can push out the answers of others. Using an answer renews its time, so that the order of use is also the
 * order of expiry.
 *
 * @param {number} max answers
 * @param {number} maxBytes
 * @returns {DeduplicationStore}
 */
export function memoryStore(max, maxBytes) {
  /** The least recently used first. @type {Map<string, Entry>} */
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
    // Not the wall clock, which may jump.
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
 * Finds an owner with about the most, without sorting: owners are grouped by the power of two of their size. Within a
 * group, the one whose size changed least recently is first.
 */
function ranking() {
  /** @type {Map<Owner, number>} */
  const powers = new Map();
  /** @type {Set<Owner>[]} */
  const ranks = [];
  return {
    /** @param {Owner} owner @param {number} size 0 removes it */
    rank(owner, size) {
      ranks[powers.get(owner) ?? 0]?.delete(owner);
      powers.delete(owner);
      if (size === 0) return;
      const power = Math.floor(Math.log2(size));
      powers.set(owner, power);
      ranks[power] ??= new Set();
      ranks[power].add(owner);
    },
    /** @returns {Owner} call it only if there is one */
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
/** The entry itself, and the entries for it in three maps. */
const ENTRY_BYTES = 400;
const VALUE_BYTES = 16;
/** An empty object has room for four fields. */
const OBJECT_BYTES = 64;
/** A field: its name, which is not shared, and its slot. */
const FIELD_BYTES = 48;
/** The object of a Buffer, without its bytes. */
const BYTES_BYTES = 200;
