// Empty pages for the back-forward cache, which does not keep the error responses of a Socket.IO server.

import http from 'node:http';
import { atEnd } from './at-end.mjs';

/**
 * Serves an empty page at every path until the test is over.
 *
 * @param {import('node:test').TestContext} t
 * @returns {Promise<string>} the origin
 */
export async function startPages(t) {
  const pages = http.createServer((_request, response) =>
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end('<!doctype html><title>Page</title>'),
  );
  await new Promise((resolve) => pages.listen(0, '127.0.0.1', resolve));
  atEnd(t, () => {
    pages.closeAllConnections();
    pages.close();
  });
  return `http://127.0.0.1:${pages.address().port}`;
}
