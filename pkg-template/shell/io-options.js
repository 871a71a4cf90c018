/** The option `holdfast` of `io`, and what names of events are taken for where it says nothing. */

import { HoldfastError, isOurs } from './errors.js';
import { kindOf, settingsOf } from './options.js';

/**
 * @typedef {import('../types/io.d.ts').HoldfastOptions} HoldfastOptions
 * @typedef {import('../types/settings.d.ts').Settings & { volatile: readonly (string | RegExp)[], isOwnSession: boolean }} IoSettings
 */

/** What the server forgets with the connection. */
export const JOINS =
  /^(join.*|subscribe.*|setup|add[-_ ]?user|new[-_ ]user[-_ ]add|register([-_ ]?user)?|authenticate|identify)$/i;
/** What ends one of these: the name of that is what it begins with, replaced. */
export const LEAVES = /^(leave|unsubscribe)/i;
/** @param {string} event in lower case */
export const joinOf = (event) =>
  event.replace(LEAVES, (word) => (word === 'leave' ? 'join' : 'subscribe'));

/** Worthless when late. Nothing that changes what others see for longer than a moment. */
const VOLATILE = [
  /^(user[-_ :]?)?(is[-_ :]?|start[-_ :]?|stop(ped)?[-_ :]?)?typing([-_ :]?(start|stop)(ed|ped)?)?$/i,
  /^(cursor|mouse|pointer)([-_ :]?(move|position))?$/i,
];

/** What of it is an option of a client's; `volatile` is not. */
const SHARED = ['userId', 'ways', 'session', 'receipts', 'health', 'onError', 'logger'];

/** Nothing is emitted that the options do not name, and nothing is given up. */
const UNSAID = {
  join: false,
  presence: false,
  'health.event': null,
  'send.ack': false,
  'queue.storage': 'memory',
  'queue.capacity': 1_000_000,
  'queue.maxBytes': 2 ** 53 - 1,
};

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
  const { volatile = VOLATILE, ...shared } = own;
  const names = Array.isArray(volatile) ? [...volatile] : [volatile];
  if (!Array.isArray(volatile) || !names.every(isName)) {
    refuse('volatile', volatile, 'a list of names, regular expressions');
  }
  // Timers of ours keep no process alive: the connection does, and socket.io-client's own timers.
  const io = { parser: options?.parser, autoUnref: true };
  const settings = settingsOf({ ...shared, io }, UNSAID);
  return { ...settings, volatile: names, isOwnSession: own.session !== undefined };
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
