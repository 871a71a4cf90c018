// A reverse proxy that answers 413 to large request bodies, as nginx does with `client_max_body_size`. The connection
// itself stays open.

import http from 'node:http';
import { atEnd } from './at-end.mjs';

/**
 * Starts the proxy; it is closed when the test is over.
 *
 * @param {{ after: (end: () => unknown) => void }} t
 * @param {{ port: number, maxBytes: number }} options `port`: of the server behind the proxy
 * @returns {Promise<{ url: string, refused: number, sessions: number }>} `refused`: the number of refused requests;
 *   `sessions`: the number of engine.io handshakes that were passed on
 */
export async function startBodyLimit(t, { port, maxBytes }) {
  const proxy = { url: '', refused: 0, sessions: 0 };
  const server = http.createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    if (body.length > maxBytes) {
      proxy.refused += 1;
      response.writeHead(413, { 'content-type': 'text/html' }).end(PAGE);
      return;
    }
    const { method, url, headers } = request;
    if (method === 'GET' && !url.includes('sid=')) proxy.sessions += 1;
    const passed = http.request(
      { host: '127.0.0.1', port, method, path: url, headers },
      (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      },
    );
    passed.on('error', () => response.destroy());
    response.on('close', () => passed.destroy());
    passed.end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(t, () => {
    server.closeAllConnections();
    server.close();
  });
  proxy.url = `http://127.0.0.1:${server.address().port}`;
  return proxy;
}

const PAGE = '<html><head><title>413 Request Entity Too Large</title></head></html>';
