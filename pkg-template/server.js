// The entry `holdfast/server`. A message that arrives again under the same id is not handled again: it gets the first
// answer, or waits for it. What the server publishes to a feed reaches each listener once and in order.

export { attachReliability } from './server/attach-reliability.js';
export { createDeduplicator } from './server/deduplicator.js';
export { createFeed } from './server/feed.js';
export { memoryFeeds } from './server/memory-feeds.js';
export { redisFeeds } from './server/redis-feeds.js';
export { redisStore } from './server/redis-store.js';
