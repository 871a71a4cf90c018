// The HTTP side: headers, bodies, the REST interface, the page, and error handling.

import express from 'express';
import helmet from 'helmet';
import { Refusal } from './refusal.js';
import { messageRoutes } from './routes/messages.js';
import { pageRoutes } from './routes/page.js';
import { authorized, sessionRoutes } from './routes/session.js';

const MAX_BODY_BYTES = 64_000;

/**
 * @param {Parameters<typeof sessionRoutes>[0] &
 *   { messages: import('./messages.js').Messages }} parts
 */
export function createApp({ messages, ...session }) {
  const app = express();
  app.disable('x-powered-by');
  // Query strings have flat names only: `?a[b]=c` is not parsed further.
  app.set('query parser', 'simple');
  app.use(helmet(headers(session.settings)));
  app.use(express.json({ limit: MAX_BODY_BYTES, strict: false, type: () => true }));
  app.use(uncached(sessionRoutes(session)));
  app.use(uncached(messageRoutes(messages, authorized(session))));
  app.use(pageRoutes(session.settings.page));
  app.use(answerError);
  return app;
}

/** Allows nothing from other origins and no inline scripts. WebAssembly has to be allowed explicitly. */
function headers({ SOCKET_URL, LAB_URL }) {
  const sockets = SOCKET_URL ? [SOCKET_URL, SOCKET_URL.replace(/^http/, 'ws')] : [];
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
        connectSrc: ["'self'", ...sockets, ...(LAB_URL ? [LAB_URL] : [])],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'same-origin' },
    // The demo is served over plain HTTP. A TLS proxy in front of it would set this header.
    strictTransportSecurity: false,
  };
}

/** Answers of the REST interface are personal and must not be cached. */
function uncached(routes) {
  return (request, response, next) => {
    response.set('cache-control', 'no-store');
    routes(request, response, (error) => {
      response.removeHeader('cache-control');
      next(error);
    });
  };
}

function answerError(error, _request, response, next) {
  // The client has disconnected, or has already received a part of the answer.
  if (response.headersSent || response.destroyed) {
    next(error);
    return;
  }
  const refusal = asRefusal(error);
  if (refusal.more.retryAfterMs) {
    response.set('retry-after', String(Math.ceil(refusal.more.retryAfterMs / 1000)));
  }
  response.set('cache-control', 'no-store').status(refusal.status).json(refusal.reply);
}

function asRefusal(error) {
  if (error instanceof Refusal) return error;
  // Errors of Express and its body parser.
  if (error.type === 'entity.parse.failed') return new Refusal('INVALID_JSON');
  if (error.status === 413) return new Refusal('TOO_LARGE');
  if (error.status >= 400 && error.status < 500) return new Refusal('INVALID_REQUEST');
  console.error('A request failed', error);
  return new Refusal('INTERNAL_ERROR');
}
