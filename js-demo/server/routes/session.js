// The list of users, and the login.

import { Router } from 'express';
import { REFRESH_GRACE_S } from '../identity.js';
import { Login, read } from '../input.js';
import { everybody, personOf } from '../people.js';
import { Refusal } from '../refusal.js';

/**
 * @param {{ tokens: ReturnType<import('../identity.js').createTokens>,
 *   take: ReturnType<import('../limits.js').createLimits>,
 *   settings: ReturnType<import('../settings.js').readSettings> }} parts
 */
export function sessionRoutes({ tokens, take, settings }) {
  const routes = Router();

  routes.get('/config.json', (_request, response) => {
    response.json({ socketUrl: settings.SOCKET_URL, labUrl: settings.LAB_URL });
  });

  routes.get('/people', (_request, response) => {
    response.json(everybody());
  });

  routes.post('/login', async (request, response) => {
    await take('logins', request.ip);
    const user = personOf(read(Login, request.body).userId);
    response.json({ user, ...(await tokens.issue(user._id)) });
  });

  routes.post('/token/refresh', async (request, response) => {
    await take('logins', request.ip);
    const me = await tokens.verify(bearer(request), { graceS: REFRESH_GRACE_S });
    if (!me) throw new Refusal('UNAUTHORIZED');
    response.json(await tokens.issue(me));
  });

  return routes;
}

/**
 * Rejects requests without a valid token. `request.me` has the user's id.
 *
 * @param {Parameters<typeof sessionRoutes>[0]} parts
 */
export function authorized({ tokens, take }) {
  return async (request, _response, next) => {
    const me = await tokens.verify(bearer(request));
    if (!me) throw new Refusal('UNAUTHORIZED');
    await take('requests', me);
    request.me = me;
    next();
  };
}

function bearer(request) {
  return /^bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}
