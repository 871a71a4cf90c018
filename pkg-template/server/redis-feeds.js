// A store of `createFeed` for several server processes: keeps items in Redis Streams.
//
// A feed has two keys, and one more for each process that publishes:
// - `items`, a stream. Item number 5 is the entry `5-0`: `t` its tag, `b` the tag before, `x` when it expires, `i` the
//   item.
// - `end`, a hash: `n` the number and `t` the tag of the end. It outlives the items: a feed whose items have all expired
//   still has its end.
// - `last:<process>`: the answer to this process's last push. A Redis client that lost it sends the script again.
// All keys of a feed have it as their hash tag, so that a cluster keeps them on one node. Each step is one script.

import { newTag } from './feed-chain.js';
import { evaluator } from './redis-client.js';
import { checking, checkNames, Misuse, show } from './values.js';

/** @import { FeedEnd, FeedRow, RedisFeedsOptions } from '../types/server.d.ts' */

/** @type {typeof import('../types/server.d.ts').redisFeeds} */
export function redisFeeds(client, options = {}) {
  const evaluate = checking('redisFeeds', () => evaluator('redisFeeds', client));
  const { prefix } = checking('redisFeeds', () => checked(options));
  const self = `${Date.now().toString(36)}${newTag()}`;
  let pushes = 0;

  /** @param {string} feed @param {string} what */
  const keyOf = (feed, what) => `${prefix}{${feed}}:${what}`;

  /** @param {string} script @param {string[]} keys @param {(string | number)[]} values */
  async function run(script, keys, values) {
    const found = await evaluate(script, keys, values.map(String));
    if (!Array.isArray(found)) throw new TypeError('Redis returned no list for a script of feeds');
    return found.map((part) => (part === null ? undefined : String(part)));
  }

  return {
    async push(feed, items, { max, ttlMs }) {
      const wholeTtlMs = wholeMs(ttlMs);
      const keys = [keyOf(feed, 'end'), keyOf(feed, 'items'), keyOf(feed, `last:${self}`)];
      pushes += 1;
      const rows = items.flatMap(({ tag, item }) => [tag, item]);
      const values = [newTag(), max, wholeTtlMs, endTtlMs(ttlMs), LAST_TTL_MS, pushes, ...rows];
      const [number, tag] = await run(PUSH, keys, values);
      return endFrom(number, tag);
    },

    async read(feed, from, count, { bytes, ttlMs }) {
      const keys = [keyOf(feed, 'end'), keyOf(feed, 'items')];
      const values = [newTag(), endTtlMs(ttlMs), from, count, bytes];
      const [number, tag, ...rest] = await run(READ, keys, values);
      /** @type {FeedRow[]} */
      const rows = [];
      for (let at = 0; at < rest.length; at += ROW_PARTS) {
        const [rowNumber, rowTag, before, item = ''] = rest.slice(at, at + ROW_PARTS);
        rows.push({ ...endFrom(rowNumber, rowTag), before, item });
      }
      return { rows, end: endFrom(number, tag) };
    },
  };
}

/** @param {string | undefined} number @param {string | undefined} tag @returns {FeedEnd} */
function endFrom(number, tag = '') {
  return { number: Number(number), tag };
}

/** @param {number} ms */
const wholeMs = (ms) => Math.min(Math.ceil(ms), MAX_TTL_MS);

/** How long the end of a feed is kept. @param {number} ttlMs of its items */
const endTtlMs = (ttlMs) => wholeMs(Math.max(END_TTLS * ttlMs, LEAST_END_TTL_MS));

/** @param {RedisFeedsOptions} options */
function checked(options) {
  if (typeof options !== 'object' || options === null) throw wrong('options', options, 'an object');
  checkNames('redisFeeds', options, ['prefix']);
  const { prefix = 'holdfast:feeds:' } = options;
  // A brace in the prefix would change the hash tag.
  if (typeof prefix !== 'string' || prefix.includes('{')) {
    throw wrong('prefix', prefix, 'a text without {');
  }
  return { prefix };
}

/** @param {string} name @param {unknown} got @param {string} takes */
function wrong(name, got, takes) {
  return new Misuse(`redisFeeds: ${name} takes ${takes}, got ${show(got)}`);
}

/** Gets the end of the feed. If it is unknown, deletes items that are left and begins a new chain. */
const FIND_END = `
local found = redis.call('HMGET', KEYS[1], 'n', 't')
local number, tag = tonumber(found[1]), found[2]
if not number or not tag then
  redis.call('DEL', KEYS[2])
  number, tag = 0, ARGV[1]
  redis.call('HSET', KEYS[1], 'n', '0', 't', tag)
end`;

/** Deletes expired items, at most 100 each time. */
const EXPIRE = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
for _ = 1, 100 do
  local head = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
  if not head or tonumber(head[2][6]) > now then break end
  redis.call('XDEL', KEYS[2], head[1])
end`;

/** Appends items. Returns the end before them. */
const PUSH = `
local last = redis.call('GET', KEYS[3])
if last then
  local own, number, tag = string.match(last, '^(%d+) (%d+) (%w+)$')
  if own == ARGV[6] then return {number, tag} end
end
${FIND_END}
${EXPIRE}
local before = {string.format('%.0f', number), tag}
local expiry = string.format('%.0f', now + ARGV[3])
for at = 7, #ARGV, 2 do
  number = number + 1
  local id = string.format('%.0f-0', number)
  redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[2], id, 't', ARGV[at], 'b', tag, 'x', expiry, 'i', ARGV[at + 1])
  tag = ARGV[at]
end
redis.call('HSET', KEYS[1], 'n', string.format('%.0f', number), 't', tag)
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('SET', KEYS[3], ARGV[6] .. ' ' .. before[1] .. ' ' .. before[2], 'PX', ARGV[5])
return before`;

/** Returns the end, then number, tag, tag before and item of each row. */
const READ = `
${FIND_END}
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local answer = {string.format('%.0f', number), tag}
local left, bytes = tonumber(ARGV[4]), tonumber(ARGV[5])
if left == 0 then return answer end
${EXPIRE}
local from = ARGV[3] .. '-0'
while left > 0 and bytes > 0 do
  local rows = redis.call('XRANGE', KEYS[2], from, '+', 'COUNT', math.min(left, 8))
  for _, row in ipairs(rows) do
    local parts = row[2]
    local own = string.match(row[1], '^%d+')
    answer[#answer + 1] = own
    answer[#answer + 1] = parts[2]
    answer[#answer + 1] = parts[4]
    answer[#answer + 1] = parts[8]
    from = own .. '-1'
    left = left - 1
    bytes = bytes - #parts[8]
  end
  if #rows < 8 then break end
end
return answer`;

const ROW_PARTS = 4;
/** The end of a feed is kept this many times as long as its items. */
const END_TTLS = 4;
const LEAST_END_TTL_MS = 30 * 86_400_000;
/** Longer than a Redis client retries a command. */
const LAST_TTL_MS = 600_000;
/** A hundred years: Redis refuses a time that overflows when the clock is added. */
const MAX_TTL_MS = 3_153_600_000_000;
