// The files of the built page.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.map': 'application/json',
  '.wasm': 'application/wasm',
};

const SAFE = {
  // Nothing from elsewhere and no inline script; WebAssembly has to be allowed by name.
  'content-security-policy':
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
};

/**
 * Answers with the file of a path; a path without an extension is a view of the page, so it
 * gets the page.
 *
 * @param {string} folder
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 * @param {string} path still encoded
 */
export async function servePage(folder, request, response, path) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    end(response, 405, 'Only GET and HEAD');
    return;
  }
  const wanted = extname(path) === '' ? '/index.html' : decodeURIComponent(path);
  const file = normalize(join(folder, wanted));
  const found = file.startsWith(folder + sep) && !file.includes('\0') ? await sizeOf(file) : null;
  if (found === null) {
    const isUnbuilt = wanted === '/index.html';
    end(
      response,
      isUnbuilt ? 503 : 404,
      isUnbuilt ? 'Build the page first: npm run build' : 'Not found',
    );
    return;
  }
  response.writeHead(200, {
    ...SAFE,
    'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
    'content-length': found,
    // The names of assets carry a hash of what is in them.
    'cache-control': path.startsWith('/assets/') ? 'max-age=31536000, immutable' : 'no-cache',
  });
  if (request.method === 'HEAD') response.end();
  // A client that leaves in the middle is no failure.
  else await pipeline(createReadStream(file), response).catch(() => response.destroy());
}

async function sizeOf(file) {
  const found = await stat(file).catch(() => null);
  return found?.isFile() ? found.size : null;
}

function end(response, status, text) {
  response.writeHead(status, { ...SAFE, 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
}
