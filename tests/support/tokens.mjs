// JSON Web Tokens that the demo's server must refuse, and a function to sign valid ones.

import { createHmac } from 'node:crypto';
import { requireFromDemo } from './paths.mjs';

/** A token with these claims, signed with `key` by HMAC with SHA-2 of `bits` bits. */
export function signed(key, claims, bits = 256) {
  const text = `${encoded({ alg: `HS${bits}`, typ: 'JWT' })}.${encoded(claims)}`;
  return `${text}.${createHmac(`sha${bits}`, key).update(text).digest('base64url')}`;
}

/** The secret of a demo's database. A test needs it to sign tokens that are wrong in one respect only. */
export function secretOf(database) {
  const Database = requireFromDemo('libsql');
  const file = new Database(database, { timeout: 5_000 });
  try {
    return file.prepare("SELECT value FROM settings WHERE name = 'secret'").get().value;
  } finally {
    file.close();
  }
}

/** Tokens that the server must refuse. @param {string} token a valid one, of alice @param {string} key */
export function badTokens(token, key) {
  const [header, payload, signature] = token.split('.');
  const now = Math.floor(Date.now() / 1000);
  const asBob = encoded({ sub: 'bob', iat: now, exp: now + 900 });
  const claims = { sub: 'alice', iat: now, exp: now + 900 };
  return {
    none: undefined,
    'a number': 5,
    'an empty text': '',
    'no token': 'a.b.c',
    'another payload': `${header}.${asBob}.${signature}`,
    'another key': signed('guess', claims),
    'the empty key': signed('', claims),
    'no algorithm': `${encoded({ alg: 'none' })}.${payload}.`,
    'no algorithm, old signature': `${encoded({ alg: 'none' })}.${payload}.${signature}`,
    'another algorithm': signed(key, claims, 512),
    'no signature': `${header}.${payload}.`,
    'a cut signature': token.slice(0, -1),
    'a longer signature': `${token}x`,
    'a fourth part': `${token}.${signature}`,
    'two days old': signed(key, { ...claims, iat: now - 200_000, exp: now - 172_800 }),
    'without an end': signed(key, { sub: 'alice' }),
    'of a stranger': signed(key, { ...claims, sub: 'mallory' }),
    'of nobody': signed(key, { iat: now, exp: now + 900 }),
    'of a list': signed(key, { ...claims, sub: ['alice'] }),
    'of a property': signed(key, { ...claims, sub: '__proto__' }),
    'not valid yet': signed(key, { ...claims, nbf: now + 500 }),
  };
}

function encoded(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
