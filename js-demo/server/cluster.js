// What the server processes share through Redis: rooms, feeds, answers to repeated messages, counts, and presence.

import { randomUUID } from 'node:crypto';
import { createAdapter } from '@socket.io/redis-streams-adapter';
import { redisFeeds, redisStore } from 'holdfast/server';
import { createClient } from 'redis';

const STREAM = 'demo:stream';
const MAX_STREAM_LENGTH = 10_000;

/** @param {{ REDIS_URL: string, PRESENCE_LEASE_S: number }} settings */
export async function joinCluster({ REDIS_URL, PRESENCE_LEASE_S }) {
  const redis = createClient({ url: REDIS_URL });
  logOutages(redis);
  await redis.connect();
  const leaseMs = PRESENCE_LEASE_S * 1000;
  const shared = sharePresence(redis, leaseMs);
  let renewal;

  return {
    redis,
    adapter: createAdapter(redis, { streamName: STREAM, maxLen: MAX_STREAM_LENGTH }),
    answers: redisStore(redis, { prefix: 'demo:answer:' }),
    feeds: redisFeeds(redis, { prefix: 'demo:feed:' }),
    presence: shared,

    /**
     * Keeps the users of this process online, and removes those of processes that died.
     *
     * @param {{ here: () => string[] }} presence
     * @param {(userId: string, online: boolean) => void} announce
     */
    keepPresence(presence, announce) {
      renewal = setInterval(async () => {
        try {
          // The adapter starts reading at the first entry that arrives while it waits, and its wait restarts every five
          // seconds until then. An entry without meaning gives it a position to continue from.
          const tick = redis.xAdd(STREAM, '*', { tick: '1' });
          const { came, went } = await shared.renew(presence.here());
          for (const userId of came) announce(userId, true);
          for (const userId of went) announce(userId, false);
          await tick;
        } catch (error) {
          console.error('The presence could not be renewed', error.message);
        }
      }, leaseMs / 3);
    },

    /** Resolves when everything has reached Redis. */
    async close() {
      clearInterval(renewal);
      await redis.close();
    },
  };
}

/**
 * Presence over all processes. A user is online as long as a process keeps renewing its lease: a process that was
 * killed cannot remove its users.
 *
 * @param {import('redis').RedisClientType} redis
 * @param {number} leaseMs
 */
export function sharePresence(redis, leaseMs) {
  const self = randomUUID();
  const run = (script, userId, process) =>
    redis.eval(script, {
      keys: [ONLINE, `${ONLINE}:${userId}`],
      arguments: [userId, process, String(leaseMs)],
    });
  const arrive = async (userId) => (await run(ARRIVE, userId, self)) === 1;
  const leave = async (userId, process = self) => (await run(LEAVE, userId, process)) === 1;
  const list = () => redis.sMembers(ONLINE);

  return {
    /** @type {(userId: string) => Promise<boolean>} whether the user was offline before */
    arrive,
    /** @type {(userId: string) => Promise<boolean>} whether no other process has the user online */
    leave: (userId) => leave(userId),
    list,

    /**
     * @param {string[]} here all users at this process
     * @returns {Promise<{ came: string[], went: string[] }>} the users whose presence changed
     */
    async renew(here) {
      // Sent in one turn of the event loop, so that a user who leaves later leaves later in Redis too.
      const arrived = await Promise.all(here.map(arrive));
      const online = await list();
      const expired = await Promise.all(online.map((userId) => leave(userId, 'nobody')));
      return {
        came: here.filter((_, n) => arrived[n]),
        went: online.filter((_, n) => expired[n]),
      };
    },
  };
}

/** Logs once per outage instead of once per attempt. */
function logOutages(redis) {
  let isDown = false;
  redis.on('error', (error) => {
    if (!isDown) console.error('Redis is away:', error.message || error.code);
    isDown = true;
  });
  redis.on('ready', () => {
    if (isDown) console.error('Redis is back');
    isDown = false;
  });
}

/** The set of all users online, and for each user the processes that have them, scored by the end of their lease. */
const ONLINE = 'demo:online';

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/** Returns 1 if the user was offline before. */
const ARRIVE = `${NOW}
redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[2])
return redis.call('SADD', KEYS[1], ARGV[1])`;

/** Removes this process and all expired ones from a user. Returns 1 if the user is offline after that. */
const LEAVE = `${NOW}
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
if redis.call('ZCARD', KEYS[2]) > 0 then return 0 end
return redis.call('SREM', KEYS[1], ARGV[1])`;
