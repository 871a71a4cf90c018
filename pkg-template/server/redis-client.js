// Runs Redis scripts with either client library, `redis` or `ioredis`.

import { Misuse, show } from './values.js';

/** @import { RedisClient } from '../types/server.d.ts' */

/**
 * @param {string} name of the function that was given the client
 * @param {RedisClient} client
 * @returns {(script: string, keys: string[], values: string[]) => Promise<unknown>} runs a script
 * @throws {TypeError}
 */
export function evaluator(name, client) {
  const given = /** @type {any} */ (client);
  if (typeof given?.eval !== 'function') {
    throw new Misuse(
      `${name}: client takes a client of \`redis\` (4 or later) or of \`ioredis\`, got ${show(client)}`,
    );
  }
  // Only ioredis has this method. Its `eval` takes keys and values as separate arguments.
  if (typeof given.defineCommand === 'function') {
    return async (script, keys, values) => given.eval(script, keys.length, ...keys, ...values);
  }
  return async (script, keys, values) => given.eval(script, { keys, arguments: values });
}
