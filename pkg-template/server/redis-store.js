// A store of `createDeduplicator` for several server processes: keeps claims and answers in Redis.
//
// The value of a key is `claim:<token>` while a process works on its message, then
// `done:<ttlMs>:<fingerprint>:<claim>:<answer>`. A claim is a lease: it expires if its process dies, and is renewed until
// `complete` or `release`. Each step is one script, so that nothing comes between its reads and writes.

import { evaluator } from './redis-client.js';
import { decode, encode } from './text.js';
import { checking, checkNames, Misuse, show } from './values.js';

/** @import { RedisStoreOptions, Reply } from '../types/server.d.ts' */

/**
 * @typedef {object} Lease a claim that is neither completed nor released
 * @property {string} token
 * @property {((error: Error) => void) | undefined} onLost called at most once
 */

/** @type {typeof import('../types/server.d.ts').redisStore} */
export function redisStore(client, options = {}) {
  const evaluate = checking('redisStore', () => evaluator('redisStore', client));
  const { prefix, leaseMs } = checking('redisStore', () => checked(options));
  /** @type {Map<string, Lease>} */
  const leases = new Map();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let renewal;
  let claims = 0;
  const self = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;

  /** @param {string} script @param {string} key @param {(string | number)[]} values */
  const run = (script, key, ...values) => evaluate(script, [prefix + key], values.map(String));

  /** @param {string} key @param {Lease} claim */
  function keep(key, claim) {
    leases.set(key, claim);
    renewal ??= setInterval(renewAll, leaseMs / RENEWALS_PER_LEASE);
    renewal.unref?.();
  }

  /** @param {string} key */
  function drop(key) {
    const claim = leases.get(key);
    leases.delete(key);
    if (leases.size === 0) {
      clearInterval(renewal);
      renewal = undefined;
    }
    return claim;
  }

  function renewAll() {
    for (const [key, claim] of leases) {
      // While Redis is down nothing can be done. The next renewal finds out what happened to the claim.
      renew(key, claim).catch(() => {});
    }
  }

  /** @param {string} key @param {Lease} claim */
  async function renew(key, claim) {
    const found = Number(await run(RENEW, key, claim.token, leaseMs));
    if (found !== RENEWED) lose(claim, found === TAKEN_ANEW ? FORGOTTEN : TAKEN);
    // A newer claim may have replaced it by now.
    if (found === NOT_OURS && leases.get(key) === claim) drop(key);
  }

  /** @param {Lease | undefined} claim @param {string} why */
  function lose(claim, why) {
    const onLost = claim?.onLost;
    if (claim) claim.onLost = undefined;
    onLost?.(new Error(why));
  }

  return {
    leaseMs,

    async claim(key, details) {
      claims += 1;
      const token = `claim:${self}-${claims}`;
      const found = await run(CLAIM, key, token, leaseMs);
      if (found === null || found === undefined) {
        keep(key, { token, onLost: details?.onLost });
        return { status: 'claimed' };
      }
      const text = String(found);
      if (!text.startsWith(DONE)) {
        const leftMs = Number(text.split(' ')[1]);
        // Negative: the key never expires, which other code must have caused.
        return leftMs >= 0 ? { status: 'busy', endsInMs: leftMs } : { status: 'busy' };
      }
      const start = text.indexOf('[');
      const [, , fingerprint] = text.slice(0, start).split(':');
      return {
        status: 'done',
        reply: /** @type {Reply} */ (decode(text.slice(start))),
        fingerprint: fingerprint || undefined,
      };
    },

    async complete(key, reply, ttlMs, details) {
      // Drop the claim first: if the script fails, the claim expires by itself.
      const claim = drop(key);
      const wholeTtlMs = Math.min(Math.ceil(ttlMs), MAX_TTL_MS);
      const { token = '' } = claim ?? {};
      // The answer includes the token: a Redis client that lost the response may run this script again.
      const answer = `${DONE}${wholeTtlMs}:${details?.fingerprint ?? ''}:${token}:${encode(reply)}`;
      const found = await run(COMPLETE, key, answer, wholeTtlMs, token);
      if (Number(found) !== RENEWED) lose(claim, Number(found) === TAKEN_ANEW ? FORGOTTEN : TAKEN);
    },

    async release(key) {
      await run(RELEASE, key, drop(key)?.token ?? '');
    },
  };
}

/** @param {RedisStoreOptions} options */
function checked(options) {
  if (typeof options !== 'object' || options === null) throw wrong('options', options, 'an object');
  checkNames('redisStore', options, ['prefix', 'leaseMs']);
  const { prefix = 'holdfast:', leaseMs = LEASE_MS } = options;
  if (typeof prefix !== 'string') throw wrong('prefix', prefix, 'a text');
  if (!(Number.isSafeInteger(leaseMs) && leaseMs >= MIN_LEASE_MS)) {
    throw wrong('leaseMs', leaseMs, `a whole number of milliseconds, at least ${MIN_LEASE_MS}`);
  }
  return { prefix, leaseMs };
}

/** @param {string} name @param {unknown} got @param {string} takes */
function wrong(name, got, takes) {
  return new Misuse(`redisStore: ${name} takes ${takes}, got ${show(got)}`);
}

const DONE = 'done:';

/** The answers of a script about a claim. */
const NOT_OURS = 0;
const RENEWED = 1;
const TAKEN_ANEW = 2;

const FORGOTTEN =
  'Redis lost the claim of a message in progress (by a restart, a failover or an eviction, or while this process was paused for longer than leaseMs); no other process took it meanwhile';
const TAKEN =
  'Another process took a message in progress, whose claim Redis lost (by a restart, a failover or an eviction, or while this process was paused for longer than leaseMs): its handler runs twice, unless a unique index on user and id prevents it';

/**
 * Gets the value; if there is none, claims the key and returns nil. Getting an answer renews its expiry. A claim is
 * returned with the time that it has left.
 */
const CLAIM = `
local found = redis.call('GET', KEYS[1])
if not found or found == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return nil
end
local ttl = string.match(found, '^done:(%d+):')
if not ttl then return found .. ' ' .. redis.call('PTTL', KEYS[1]) end
redis.call('PEXPIRE', KEYS[1], ttl)
return found`;

const RENEW = `
local found = redis.call('GET', KEYS[1])
if found == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return ${RENEWED}
end
if found then return ${NOT_OURS} end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ${TAKEN_ANEW}`;

/**
 * Stores an answer, even if the lease was lost meanwhile, since the work is done; but not over the answer of the process
 * that took the message then, which the client may have already.
 */
const COMPLETE = `
local found = redis.call('GET', KEYS[1])
if found == ARGV[1] and ARGV[3] ~= '' then return ${RENEWED} end
if found and found ~= ARGV[3] and string.sub(found, 1, 5) == 'done:' then return ${NOT_OURS} end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if found == ARGV[3] then return ${RENEWED} end
return found and ${NOT_OURS} or ${TAKEN_ANEW}`;

const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`;

/** How long a message stays claimed after its process died: less than a client's acknowledgement deadline. */
const LEASE_MS = 5000;
const MIN_LEASE_MS = 100;
/** Two renewals may be late or lost. */
const RENEWALS_PER_LEASE = 3;
/** A hundred years: Redis refuses a time that overflows when the clock is added. */
const MAX_TTL_MS = 3_153_600_000_000;
