/** The options: a table with the check and the default of each. */

import { HoldfastError, isOurs } from './errors.js';
import { call } from './report.js';
import { isWay, WAYS } from './ways.js';

/**
 * @typedef {import('../types/index.d.ts').Options} Options
 * @typedef {import('../types/settings.d.ts').Settings} Settings
 *
 * @typedef {object} Option
 * @property {string} takes
 * @property {(value: any) => boolean} fits
 * @property {unknown} byDefault
 */

const isList = (/** @type {unknown} */ value) => {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
};
const isText = (/** @type {unknown} */ value) => typeof value === 'string' && value !== '';
const isFunction = (/** @type {unknown} */ value) => typeof value === 'function';
export const isObject = (/** @type {unknown} */ value) =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/**
 * @param {string} takes
 * @param {(value: any) => boolean} fits
 * @returns {(byDefault?: unknown) => Option}
 */
const kind = (takes, fits) => (byDefault) => ({ takes, fits, byDefault });

const text = kind('a string that is not empty', isText);
const textOrNone = kind('a string, or null for none', (value) => value === null || isText(value));
const names = kind(
  'a name or a list of names',
  (value) => isText(value) || (Array.isArray(value) && value.every(isText)),
);
const flag = kind('true or false', (value) => typeof value === 'boolean');
const list = kind('a list', Array.isArray);
const callback = kind('a function', isFunction);

/**
 * @param {string} unit
 * @param {number} least
 * @param {number} most
 */
const count = (unit, least = 1, most = 2 ** 31 - 1) =>
  kind(
    `a whole number of ${unit} from ${least} to ${most}`,
    (value) => Number.isInteger(value) && value >= least && value <= most,
  );
/** A time. Browsers' timers take at most 2^31 - 1 milliseconds, which is the default of `count`. */
const span = count('milliseconds');
const spanOrNone = count('milliseconds', 0);
const bytes = count('bytes', 1, Number.MAX_SAFE_INTEGER);
/** @param {string[]} words */
const oneOf = (...words) =>
  kind(`one of: ${words.join(', ')}`, (value) => words.includes(value))(words[0]);

/** Means no credentials: socket.io-client sends none. */
export const NO_AUTH = {};

/** Credentials if the app gives none: the token where most apps store it. */
function defaultAuth() {
  try {
    const token = globalThis.localStorage?.getItem('token');
    return token ? { token } : NO_AUTH;
  } catch {
    // Storage is blocked.
    return NO_AUTH;
  }
}

/** The default lane: the recipient or the conversation. */
export const defaultLane = (/** @type {any} */ data) =>
  data?.recipientId ?? data?.conversationId ?? data?.roomId ?? data?.groupChatId;

const defaultLogger = {
  warn: (/** @type {unknown[]} */ ...args) => console.warn('[holdfast]', ...args),
  debug() {},
};
const silence = { warn() {}, debug() {} };

/** Every option. A nested table is a group; the groups in `CAN_BE_OFF` may be `false`. */
const OPTIONS = {
  url: text(),
  io: kind('an object', isObject)({}),
  auth: kind('credentials, or a function that answers them', () => true)(defaultAuth),
  authTimeoutMs: span(5000),
  userId: kind(
    'a string, a number or a function',
    (value) => isFunction(value) || isText(value) || Number.isFinite(value),
  )(),
  join: {
    event: textOrNone('join'),
    payload: callback((/** @type {unknown} */ userId) => userId),
    confirm: text('room:joined'),
    reject: text('room:error'),
    fallbackMs: span(3000),
  },
  send: {
    event: text('send_message'),
    idField: text('_tempId'),
    ackTimeoutMs: span(10_000),
    retries: count('retries', 0, 1000)(3),
    backoffMs: spanOrNone(1000),
    backoffMaxMs: spanOrNone(30_000),
    window: count('messages', 1, 100_000)(1024),
    windowBytes: bytes(1_000_000),
    lane: callback(defaultLane),
    strict: flag(false),
    final: list([]),
    verdict: callback(),
    ack: flag(),
  },
  receipts: flag(true),
  feed: flag(true),
  ways: kind(
    `an object of events, each with { way, key, repeat } or one of: ${WAYS.join(', ')}`,
    (value) => isObject(value) && Object.values(value).every(isWay),
  )({}),
  session: kind(
    'a list of names, patterns or { join, leave }',
    (value) => isList(value) && value.every(isPattern),
  )([]),
  health: {
    event: textOrNone('ping'),
    args: list([]),
    intervalMs: span(15_000),
    timeoutMs: span(30_000),
    probeMs: span(5000),
  },
  presence: {
    list: names('online_users'),
    online: names('user_online'),
    offline: names('user_offline'),
    update: names('presence:update'),
    request: names('get_online_users'),
  },
  events: {
    message: names('message:new'),
    sent: names('message:sent'),
    failed: names([]),
    typing: names(['typing', 'user_typing']),
    friendRequest: names(['friend_request_received', 'friendRequestReceived']),
    friendAccepted: names(['friend_request_accepted', 'friendRequestAccepted']),
    typingExpiryMs: span(5000),
  },
  queue: {
    capacity: count('messages', 1, 1_000_000)(10_000),
    maxBytes: bytes(10_000_000),
    ttlMs: span(86_400_000),
    storage: oneOf('indexeddb', 'memory'),
  },
  reconnect: {
    minMs: span(1000),
    maxMs: span(30_000),
    spreadMs: spanOrNone(3000),
    stableMs: spanOrNone(5000),
    connectTimeoutMs: span(20_000),
    upgradeTimeoutMs: span(5000),
    onRejected: callback(),
    onServerDisconnect: callback(),
  },
  dedupe: {
    id: callback((/** @type {any} */ data) => data?._id ?? data?.id),
    size: count('messages', 0, 1_000_000)(1000),
  },
  connectedMeans: oneOf('link', 'accepting'),
  onForceLogout: callback(),
  onResync: callback(),
  onError: callback(),
  logger: kind(
    'an object with the functions warn and debug, or null for silence',
    (value) => value === null || (isFunction(value?.warn) && isFunction(value?.debug)),
  )(defaultLogger),
};

/** @param {any} value */
const isPattern = (value) =>
  isText(value) || value instanceof RegExp || (isText(value?.join) && isText(value.leave));

const CAN_BE_OFF = ['join', 'health', 'presence'];

/**
 * @param {any} given
 * @param {Record<string, any>} table
 * @param {string} path
 * @param {Record<string, unknown>} unsaid defaults that replace the table's, by option path
 * @returns {any}
 */
function read(given = {}, table, path, unsaid) {
  if (!isObject(given)) refuse(path.slice(0, -1) || 'options', given, 'an object');
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(table, name)) {
      refuse(
        path + name,
        given[name],
        `no such option: there are ${Object.keys(table).join(', ')}`,
      );
    }
  }
  /** @type {any} */
  const settings = {};
  for (const [name, option] of Object.entries(table)) {
    const { [name]: value = unsaid[path + name] } = given;
    if (!isFunction(option.fits)) {
      const isOff = value === false && CAN_BE_OFF.includes(name);
      settings[name] = isOff ? null : read(value, option, `${path}${name}.`, unsaid);
    } else if (value === undefined) {
      settings[name] = option.byDefault;
    } else {
      if (!option.fits(value)) refuse(path + name, value, option.takes);
      // Copy lists: the app may change its own after the check.
      settings[name] = Array.isArray(value) ? [...value] : value;
    }
    if (option.takes === names().takes) settings[name] = [settings[name]].flat();
  }
  return settings;
}

/**
 * @param {string} option
 * @param {unknown} got
 * @param {string} takes
 * @returns {never}
 */
function refuse(option, got, takes) {
  throw new HoldfastError(
    'INVALID_OPTION',
    `Option ${option} got ${kindOf(got)}; it takes ${takes}`,
  );
}

/**
 * Describes a value for an error message. Never quotes a text, which may be a secret.
 * @param {unknown} value
 */
export function kindOf(value) {
  if (value === null || ['number', 'boolean', 'undefined'].includes(typeof value))
    return String(value);
  if (value === '') return 'an empty string';
  if (isList(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/**
 * Checks the options and fills in the defaults.
 * @param {Options} [options]
 * @param {Record<string, unknown>} [unsaid] defaults that replace the table's, by option path
 * @returns {Settings}
 * @throws {HoldfastError} names the option, what it got and what it takes
 */
export function settingsOf(options, unsaid = {}) {
  try {
    return checked(options, unsaid);
  } catch (error) {
    if (isOurs(error)) throw error;
    throw new HoldfastError('INVALID_OPTION', 'The options cannot be read: one of them threw');
  }
}

/** @param {Options | undefined} options @param {Record<string, unknown>} unsaid @returns {Settings} */
function checked(options = {}, unsaid) {
  /** @type {Settings} */
  const settings = read(options, OPTIONS, '', unsaid);
  const { minMs, maxMs } = settings.reconnect;
  if (minMs > maxMs) refuse('reconnect.minMs', minMs, `at most reconnect.maxMs, which is ${maxMs}`);
  // `io.auth` is the same option as `auth`, which comes first.
  const { auth, ...io } = settings.io;
  settings.io = io;
  // Keys are event names, which may be any text: no prototype.
  settings.ways = Object.assign(Object.create(null), settings.ways);
  if (options.auth === undefined && auth !== undefined) settings.auth = auth;
  const logger = settings.logger ?? silence;
  settings.logger = {
    warn: (...args) => call(() => logger.warn(...args)),
    debug: (...args) => call(() => logger.debug(...args)),
  };
  return settings;
}

// For docs/generate.mjs.
export { OPTIONS };
