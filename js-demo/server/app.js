// The HTTP side: headers, bodies, the REST interface, the page, and what happens to errors.

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
  // Of `?a[b]=c` only flat names are needed.
  app.set('query parser', 'simple');
  app.use(helmet(headers(session.settings)));
  app.use(express.json({ limit: MAX_BODY_BYTES, strict: false, type: () => true }));
  app.use(uncached(sessionRoutes(session)));
  app.use(uncached(messageRoutes(messages, authorized(session))));
  app.use(pageRoutes(session.settings.page));
  app.use(answerError);
  return app;
}

/** Nothing from elsewhere and no inline script; WebAssembly has to be allowed by name. */
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
    // The demo is served over plain HTTP; whoever puts TLS before it sets this there.
    strictTransportSecurity: false,
  };
}

/** What the REST interface answers is for now and for one person. */
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
  // A client that went away, or one that got a part of the answer already.
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
  // What Express and its body parser refuse by themselves.
  if (error.type === 'entity.parse.failed') return new Refusal('INVALID_JSON');
  if (error.status === 413) return new Refusal('TOO_LARGE');
  if (error.status >= 400 && error.status < 500) return new Refusal('INVALID_REQUEST');
  console.error('A request failed', error);
  return new Refusal('INTERNAL_ERROR');
}
