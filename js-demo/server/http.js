// The REST interface and the page, over plain node:http.

import { createServer } from 'node:http';
import { Refusal } from './messages.js';
import { everybody, personOf } from './people.js';
import { servePage } from './static.js';

const MAX_BODY_BYTES = 64_000;
const DEFAULT_LIMIT = 1000;
const MAX_LIMIT = 10_000;
const STATUS = { UNAUTHORIZED: 401, NOT_FOUND: 404, TOO_LARGE: 413 };

/**
 * @param {{ messages: ReturnType<import('./messages.js').createMessages>,
 *   tokens: ReturnType<import('./identity.js').createTokens>, page: string }} parts
 *   `page` is the folder of the built page
 */
export function createHttpServer({ messages, tokens, page }) {
  const routes = [
    ['GET', /^\/people$/, () => [200, everybody()]],
    ['POST', /^\/login$/, async ({ request }) => login(await bodyOf(request))],
    ['GET', /^\/messages\/([^/]+)$/, conversation],
    ['POST', /^\/messages$/, post],
  ];

  function login(body) {
    const user = personOf(body?.userId);
    if (!user) throw new Refusal('NOT_FOUND', 'There is no such person');
    return [200, { token: tokens.issue(user._id), user }];
  }

  function conversation({ request, url, match }) {
    const me = authorize(request);
    const limit = Math.min(numberOf(url, 'limit') ?? DEFAULT_LIMIT, MAX_LIMIT);
    const range = { before: numberOf(url, 'before'), limit };
    return [200, messages.between(me, decodeURIComponent(match[1]), range)];
  }

  async function post({ request }) {
    const me = authorize(request);
    const { recipient, content, _tempId } = (await bodyOf(request)) ?? {};
    const sent = await messages.send(me, { recipientId: recipient, content, _tempId });
    return [sent.isDuplicate ? 200 : 201, sent.message];
  }

  function authorize(request) {
    const [scheme, token] = (request.headers.authorization ?? '').split(' ');
    const me = scheme.toLowerCase() === 'bearer' ? tokens.verify(token) : null;
    if (!me) throw new Refusal('UNAUTHORIZED', 'Sign in first');
    return me;
  }

  return createServer(async (request, response) => {
    try {
      const url = new URL(request.url, 'http://localhost');
      const [, , handle, match] =
        routes
          .filter(([method]) => method === request.method)
          .map((route) => [...route, route[1].exec(url.pathname)])
          .find((route) => route[3]) ?? [];
      if (!handle) await servePage(page, request, response, url.pathname);
      else answer(response, ...(await handle({ request, url, match })));
    } catch (error) {
      fail(response, error);
    }
  });
}

async function bodyOf(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Refusal('TOO_LARGE', 'The request is too large');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw new Refusal('INVALID_JSON', 'The request is not JSON');
  }
}

/** A whole number above 0 of the query, undefined where there is none. */
function numberOf(url, name) {
  const text = url.searchParams.get(name);
  if (text === null) return undefined;
  if (!/^[1-9]\d{0,14}$/.test(text)) {
    throw new Refusal('INVALID_QUERY', `${name} is a whole number above 0`);
  }
  return Number(text);
}

function fail(response, error) {
  if (error instanceof Refusal) {
    answer(response, STATUS[error.code] ?? 400, error.reply);
  } else if (error instanceof URIError || error?.code === 'ERR_INVALID_URL') {
    answer(response, 400, new Refusal('INVALID_URL', 'The address is malformed').reply);
  } else {
    console.error('A request failed', error);
    answer(response, 500, new Refusal('INTERNAL_ERROR', 'The server failed').reply);
  }
}

function answer(response, status, body) {
  // A client that went away, or one that got a part of a file before it failed.
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(JSON.stringify(body));
}
