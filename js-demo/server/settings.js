// Reads the server's options from the environment. The demo's README lists them.

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const demo = fileURLToPath(new URL('..', import.meta.url));

const whole = (lowest, highest, otherwise) =>
  z.coerce.number().int().min(lowest).max(highest).default(otherwise);
const url = (protocol) => z.url({ protocol }).nullable().default(null);

const Settings = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: whole(0, 65_535, 3000),
  DATABASE: z.string().default('data/demo.db'),
  MONGODB_URL: url(/^mongodb(\+srv)?$/),
  REDIS_URL: url(/^rediss?$/),
  FEED_MAX: whole(1, 1_000_000, 1000),
  TOKEN_TTL_S: whole(1, 86_400, 900),
  PRESENCE_LEASE_S: whole(1, 3600, 15),
  RATE_LIMIT: whole(1, 1_000_000, 1000),
  RATE_WINDOW_S: whole(1, 3600, 10),
  SOCKET_URL: url(/^https?$/),
  LAB_URL: url(/^https?$/),
  ORIGINS: z
    .string()
    .default('')
    .transform((list) => list.split(',').filter(Boolean)),
});

/**
 * @param {Record<string, string | undefined>} env
 * @throws {Error} with the name of every variable that has an invalid value
 */
export function readSettings(env) {
  const set = Object.entries(env).filter(([name, value]) => name in Settings.shape && value !== '');
  const result = Settings.safeParse(Object.fromEntries(set));
  if (!result.success) {
    const lines = result.error.issues.map(({ path, message }) => `${path[0]}: ${message}`);
    throw new Error(`The environment has ${lines.join('; ')}`);
  }
  const { DATABASE, ...settings } = result.data;
  return {
    ...settings,
    DATABASE: resolve(demo, DATABASE),
    /** The folder of the built page. */
    page: resolve(demo, 'web/dist'),
  };
}
