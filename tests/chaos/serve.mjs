// Serves the page from its own origin, so that it can be reloaded while the message server is down.

import http from 'node:http';
import { bundle } from '../support/bundle.mjs';

/**
 * @param {{ after: (end: () => unknown) => void }} t
 * @param {string} main the page's module, from the repository's root
 * @param {object} options left on `window.options`
 * @returns {Promise<string>} its address
 */
export async function servePage(t, main, options) {
  const script = await bundle(`import './${main}';`);
  const page = `<!doctype html><meta charset="utf-8"><title>Chaos</title>
<script>window.options = ${JSON.stringify(options)}</script><script src="/page.js"></script>`;
  const server = http.createServer(({ url }, response) => {
    const isScript = url === '/page.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : url === '/' ? page : '');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}/`;
}
