// How much one person may do in a while. A client that comes back after hours offline flushes all that
// it has at once, so the limits are wide: they are for scripts that run wild.

import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import { Refusal } from './refusal.js';

/**
 * @param {{ points: number, windowS: number, redis?: object | null }} options `points` for each kind of
 *   thing, user and window; with a Redis client all server processes count together
 */
export function createLimits({ points, windowS, redis }) {
  // Whoever was refused once is refused for a whole window: if a window ended among messages that are
  // on their way together, the later ones would pass and the first ones come after them.
  const numbers = { points, duration: windowS, blockDuration: windowS };
  const inMemory = new RateLimiterMemory(numbers);
  const limiter = redis
    ? new RateLimiterRedis({
        storeClient: redis,
        useRedisPackage: true,
        keyPrefix: 'demo:rate',
        ...numbers,
        // While Redis is away each process counts for itself.
        insuranceLimiter: inMemory,
        rejectIfRedisNotReady: true,
      })
    : inMemory;

  /**
   * Counts one thing of a person's.
   *
   * @param {'messages' | 'events' | 'requests' | 'logins'} kind
   * @param {string} who a user's id, or an address where nobody is known yet
   * @throws {Refusal} RATE_LIMITED, when it is one too many
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
