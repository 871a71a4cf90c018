/** Reads the option `holdfast` of `io`. */

import { HoldfastError, isOurs } from './errors.js';
import { MOMENTS } from './io-names.js';
import { kindOf, settingsOf } from './options.js';

/**
 * @typedef {import('../types/io.d.ts').HoldfastOptions} HoldfastOptions
 * @typedef {import('../types/settings.d.ts').Settings & { volatile: readonly (string | RegExp)[], isOwnSession: boolean, isOwnVolatile: boolean }} IoSettings
 */

/** Options that it shares with `createClient`; `volatile` is its own. */
const SHARED = ['userId', 'ways', 'session', 'receipts', 'health', 'onError', 'logger'];

/** Defaults by which nothing is emitted unasked, and no message is given up. */
const UNSAID = {
  join: false,
  presence: false,
  'health.event': null,
  'send.ack': false,
  'queue.storage': 'memory',
  'queue.capacity': 1_000_000,
  'queue.maxBytes': 2 ** 53 - 1,
};

/** The longest wait for the app's own joins after `connect`. */
const LONGEST_GREETING_MS = 1_000;

/** @param {any} value */
const isName = (value) => typeof value === 'string' || value instanceof RegExp;

/**
 * @param {HoldfastOptions | undefined} given
 * @param {any} options of socket.io-client
 * @returns {IoSettings}
 * @throws {HoldfastError} names the option, what it got and what it takes
 */
export function ioSettings(given, options) {
  try {
    return read(given, options);
  } catch (error) {
    if (isOurs(error)) throw error;
    throw new HoldfastError('INVALID_OPTION', 'The option holdfast cannot be read: it threw');
  }
}

/**
 * @param {HoldfastOptions | undefined} given
 * @param {any} options
 * @returns {IoSettings}
 */
function read(given, options) {
  /** @type {any} */
  const own = { ...given };
  for (const name of Object.keys(own)) {
    if (!SHARED.includes(name) && name !== 'volatile') {
      refuse(name, own[name], `no such option: there are ${SHARED.join(', ')}, volatile`);
    }
  }
  const { volatile = MOMENTS, ...shared } = own;
  const names = Array.isArray(volatile) ? [...volatile] : [volatile];
  if (!Array.isArray(volatile) || !names.every(isName)) {
    refuse('volatile', volatile, 'a list of names, regular expressions');
  }
  // Our timers do not keep a process alive; the connection and socket.io-client's timers do.
  const io = { parser: options?.parser, autoUnref: true };
  const settings = settingsOf({ ...shared, io }, UNSAID);
  const [isOwnSession, isOwnVolatile] = [own.session, own.volatile].map((one) => one !== undefined);
  // The engine waits for the app's own joins after `connect`, not for an answer to a join.
  const join = /** @type {any} */ ({ fallbackMs: LONGEST_GREETING_MS });
  return { ...settings, join, volatile: names, isOwnSession, isOwnVolatile };
}

/** @param {string} option @param {unknown} got @param {string} takes @returns {never} */
function refuse(option, got, takes) {
  throw new HoldfastError(
    'INVALID_OPTION',
    `Option holdfast.${option} got ${kindOf(got)}; it takes ${takes}`,
  );
}

/** Whether a name is one of these. @param {readonly (string | RegExp)[]} names @param {string} event */
export const isAmong = (names, event) =>
  names.some((name) => (typeof name === 'string' ? name === event : event.search(name) >= 0));
