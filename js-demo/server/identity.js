// Tokens that identify a user: JSON Web Tokens, signed with HMAC-SHA256, with a short lifetime.

import { errors, jwtVerify, SignJWT } from 'jose';
import { personOf } from './people.js';

/** How long an expired token can still be exchanged for a new one. */
export const REFRESH_GRACE_S = 24 * 60 * 60;

/**
 * @param {string} secret
 * @param {number} ttlS
 */
export function createTokens(secret, ttlS) {
  const key = new TextEncoder().encode(secret);

  return {
    /**
     * @param {string} userId
     * @returns {Promise<{ token: string, expiresAt: string }>}
     */
    async issue(userId) {
      const issuedAt = Math.floor(Date.now() / 1000);
      const token = await new SignJWT()
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setSubject(userId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + ttlS)
        .sign(key);
      return { token, expiresAt: new Date((issuedAt + ttlS) * 1000).toISOString() };
    },

    /**
     * The user of a token, or null if the token is forged, expired, of an unknown user, or no token at all.
     *
     * @param {unknown} token
     * @param {{ graceS?: number }} [options] how long after its expiry the token is still accepted
     * @returns {Promise<string | null>}
     */
    async verify(token, { graceS = 0 } = {}) {
      if (typeof token !== 'string') return null;
      try {
        return subjectOf(await jwtVerify(token, key, RULES));
      } catch (error) {
        // The signature is valid, and the token's age is the only problem.
        if (error instanceof errors.JWTExpired) {
          return Date.now() / 1000 - error.payload.exp < graceS ? subjectOf(error) : null;
        }
        if (error instanceof errors.JOSEError) return null;
        throw error;
      }
    },
  };
}

const RULES = { algorithms: ['HS256'], requiredClaims: ['sub', 'exp'] };

function subjectOf({ payload }) {
  return personOf(payload.sub) ? payload.sub : null;
}
