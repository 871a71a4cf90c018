// Starts a Redis for tests, if `redis-server` is installed.

import { isInstalled, startService } from './process.mjs';

const PROGRAM = 'redis-server';

/** For a test's option `skip`: false, or the reason why the test cannot run. */
export const withoutRedis =
  !isInstalled(PROGRAM, '--version') &&
  'redis-server is not installed; the package of that name brings it';

/**
 * Starts an empty Redis without persistence.
 *
 * @param {import('node:test').TestContext} t
 * @returns {Promise<{ url: string, stop: () => Promise<void>, start: () => Promise<void> }>}
 */
export async function startRedis(t) {
  const service = await startService(t, PROGRAM, ({ port, folder }) => [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
    ...['--save', '', '--appendonly', 'no'],
  ]);
  return { ...service, url: `redis://127.0.0.1:${service.port}` };
}
