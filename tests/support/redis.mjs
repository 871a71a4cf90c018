// A Redis for tests, where `redis-server` is installed.

import { isInstalled, startService } from './process.mjs';

const PROGRAM = 'redis-server';

/** For the option `skip` of a test: false, or why. */
export const withoutRedis =
  !isInstalled(PROGRAM, '--version') &&
  'redis-server is not installed; the package of that name brings it';

/**
 * An empty Redis that keeps nothing on disk.
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
