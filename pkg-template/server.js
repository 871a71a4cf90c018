// Exactly-once on a Socket.IO server: a message that arrives again under the same id is not handled
// again. It gets the answer of the first time, or waits for it.

export { attachReliability } from './server/attach-reliability.js';
export { createDeduplicator } from './server/deduplicator.js';
export { redisStore } from './server/redis-store.js';
