// Tokens that say who somebody is: JSON Web Tokens, signed with HMAC-SHA256.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { personOf } from './people.js';

const HEADER = encode({ alg: 'HS256', typ: 'JWT' });
const LIFETIME_S = 24 * 60 * 60;

/** @param {string} secret */
export function createTokens(secret) {
  const sign = (text) => createHmac('sha256', secret).update(text).digest();

  return {
    /** @param {string} userId @returns {string} */
    issue(userId) {
      const issuedAt = Math.floor(Date.now() / 1000);
      const body = `${HEADER}.${encode({ sub: userId, iat: issuedAt, exp: issuedAt + LIFETIME_S })}`;
      return `${body}.${sign(body).toString('base64url')}`;
    },

    /**
     * Whose token it is, or null: forged, expired, of a stranger, or no token at all.
     *
     * @param {unknown} token
     * @returns {string | null}
     */
    verify(token) {
      if (typeof token !== 'string') return null;
      const [header, payload, signature, ...more] = token.split('.');
      if (header !== HEADER || !payload || !signature || more.length > 0) return null;
      const given = Buffer.from(signature, 'base64url');
      const right = sign(`${header}.${payload}`);
      if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
      // Signed, so it is what `issue` wrote.
      const { sub, exp } = JSON.parse(Buffer.from(payload, 'base64url').toString());
      return exp > Date.now() / 1000 && personOf(sub) ? sub : null;
    },
  };
}

function encode(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
