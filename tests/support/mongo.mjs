// A server with MongoDB's wire protocol, for tests, if one is installed: `pip install nx-27017`.

import { isInstalled, startService } from './process.mjs';

const PROGRAM = 'nx-27017';

/** For a test's option `skip`: false, or the reason why the test cannot run. */
export const withoutMongo =
  !isInstalled(PROGRAM, '--help') &&
  'no MongoDB-wire-compatible server is installed; `pip install nx-27017` brings one';

/**
 * Starts an empty server.
 *
 * @param {import('node:test').TestContext} t
 * @returns {Promise<{ server: string, url: string }>} `url` includes the name of a database
 */
export async function startMongo(t) {
  const { port } = await startService(t, PROGRAM, ({ port, folder }) => [
    ...['--host', '127.0.0.1', '-p', String(port), '--data-dir', folder],
    ...['--log-file', `${folder}/log`, '--pid-file', `${folder}/pid`],
  ]);
  const server = `mongodb://127.0.0.1:${port}`;
  return { server, url: `${server}/demo` };
}
