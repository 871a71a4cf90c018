// A MongoDB-wire-compatible server for tests, where one is installed: `pip install nx-27017`.

import { isInstalled, startService } from './process.mjs';

const PROGRAM = 'nx-27017';

/** For the option `skip` of a test: false, or why. */
export const withoutMongo =
  !isInstalled(PROGRAM, '--help') &&
  'no MongoDB-wire-compatible server is installed; `pip install nx-27017` brings one';

/**
 * @param {import('node:test').TestContext} t
 * @returns {Promise<{ server: string, url: string }>} `url` has a database in it
 */
export async function startMongo(t) {
  const { port } = await startService(t, PROGRAM, ({ port, folder }) => [
    ...['--host', '127.0.0.1', '-p', String(port), '--data-dir', folder],
    ...['--log-file', `${folder}/log`, '--pid-file', `${folder}/pid`],
  ]);
  const server = `mongodb://127.0.0.1:${port}`;
  return { server, url: `${server}/demo` };
}
