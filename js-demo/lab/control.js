// The control API of the lab: a small REST interface, only for the demo's page.

import express from 'express';
import { z } from 'zod';

/** A command without a body starts the fault. */
const LASTING = z.object({ on: z.boolean().default(true) }).default({ on: true });

const BODIES = {
  cut: LASTING,
  hang: LASTING,
  delay: z.object({ ms: z.number().int().min(0).max(10_000) }),
  'lose-acks': z.object({ on: z.boolean() }),
  refuse: z.object({
    code: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]{0,63}$/, { error: 'A code is in capitals: RATE_LIMITED' })
      .nullable(),
  }),
};

/**
 * @param {ReturnType<import('./faults.js').createFaults>} faults
 * @param {string[]} origins of the page
 */
export function createControl(faults, origins) {
  const app = express();
  app.disable('x-powered-by');
  app.use(onlyFor(origins));
  app.use(express.json({ limit: 1000, strict: false, type: () => true }));

  app.get('/state', (_request, response) => {
    response.json(faults.state());
  });

  app.get('/events', (request, response) => {
    response.set({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const write = (state) => response.write(`data: ${JSON.stringify(state)}\n\n`);
    write(faults.state());
    request.on('close', faults.onChange(write));
  });

  for (const [name, order] of Object.entries(faults.orders)) {
    app.post(`/${name}`, async ({ body }, response) => {
      const wanted = BODIES[name]?.safeParse(body);
      if (wanted?.error) {
        fail(response, 400, 'INVALID_BODY', explained(wanted.error));
        return;
      }
      await order(wanted?.data);
      faults.tell();
      response.json(faults.state());
    });
  }

  app.use((_request, response) => fail(response, 404, 'NOT_FOUND', 'The lab has no such order'));
  app.use((error, _request, response, next) => {
    if (response.headersSent) next(error);
    else if (error.status >= 400 && error.status < 500) {
      fail(response, error.status, 'INVALID_BODY', 'The body is not JSON, or too large');
    } else {
      console.error('An order of the lab failed', error);
      fail(response, 500, 'INTERNAL_ERROR', 'The lab failed');
    }
  });
  return app;
}

/** The lab kills a process, and any website could send requests to this port. Only the demo's page may. */
function onlyFor(origins) {
  return (request, response, next) => {
    const { origin } = request.headers;
    if (origin !== undefined && !origins.includes(origin)) {
      fail(response, 403, 'FORBIDDEN', 'The lab is for the page of the demo only');
      return;
    }
    if (origin !== undefined) {
      response.set({
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'content-type',
        vary: 'origin',
      });
    }
    if (request.method === 'OPTIONS') response.status(204).end();
    else next();
  };
}

function explained(error) {
  return error.issues.map(({ path, message }) => [...path, message].join(': ')).join('; ');
}

function fail(response, status, code, error) {
  response.status(status).json({ error, code });
}
