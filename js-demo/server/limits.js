// Rate limits per user. A client that was offline for hours sends its whole queue at once, so the limits are wide. They
// are meant for scripts that run wild.

import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import { Refusal } from './refusal.js';

/**
 * @param {{ points: number, windowS: number, redis?: object | null }} options `points` per kind, user and window. With a
 *   Redis client, all server processes count together
 */
export function createLimits({ points, windowS, redis }) {
  // A user who was refused stays refused for a whole window. If a window ended while several messages are on their way,
  // the later ones would pass and the earlier ones would be sent again after them.
  const numbers = { points, duration: windowS, blockDuration: windowS };
  const inMemory = new RateLimiterMemory(numbers);
  const limiter = redis
    ? new RateLimiterRedis({
        storeClient: redis,
        useRedisPackage: true,
        keyPrefix: 'demo:rate',
        ...numbers,
        // While Redis is unreachable, each process counts separately.
        insuranceLimiter: inMemory,
        rejectIfRedisNotReady: true,
      })
    : inMemory;

  /**
   * Counts one action of a user.
   *
   * @param {'messages' | 'events' | 'requests' | 'logins'} kind
   * @param {string} who a user id, or an address before the login
   * @throws {Refusal} RATE_LIMITED, if the limit is exceeded
   */
  return async function take(kind, who) {
    try {
      await limiter.consume(`${kind}:${who}`);
    } catch (exceeded) {
      if (exceeded instanceof Error) throw exceeded;
      throw new Refusal('RATE_LIMITED', { retryAfterMs: Math.max(1, exceeded.msBeforeNext) });
    }
  };
}
