// The options of `createDeduplicator`: checks and defaults.

import { memoryStore } from './memory-store.js';
import { checkNames, Misuse, printFailure, show } from './values.js';

/** @import { DeduplicatorOptions, ErrorContext } from '../types/server.d.ts' */

/**
 * Checks the options and fills in the defaults.
 *
 * @param {DeduplicatorOptions} options
 * @returns {import('../types/settings.d.ts').Defined<Omit<DeduplicatorOptions, 'max' | 'maxBytes' | 'verdict'>> & Pick<DeduplicatorOptions, 'verdict'>}
 * @throws {TypeError}
 */
export function filled(options) {
  if (typeof options !== 'object' || options === null) {
    throw wrong('options', options, 'an object with userId: (socket) => id');
  }
  checkNames('createDeduplicator', options, OPTION_NAMES);
  const {
    userId,
    verdict,
    idField = '_tempId',
    ttlMs = DAY_MS,
    max,
    maxBytes,
    store = memoryStore(max ?? MAX_ANSWERS, maxBytes ?? MAX_BYTES),
    maxPending = MAX_PENDING,
    maxPendingPerUser = MAX_PENDING_PER_USER,
    handlerTimeoutMs = HANDLER_TIMEOUT_MS,
    onError = printError,
  } = options;

  if (typeof userId !== 'function') throw wrong('userId', userId, 'a function (socket) => id');
  if (verdict !== undefined && typeof verdict !== 'function') {
    throw wrong('verdict', verdict, 'a function (...acknowledgement) => verdict');
  }
  if (typeof idField !== 'string' || idField === '') {
    throw wrong('idField', idField, 'the name of a property');
  }
  for (const [name, ms] of Object.entries({ ttlMs, handlerTimeoutMs })) {
    if (!(typeof ms === 'number' && ms > 0)) {
      throw wrong(name, ms, 'a number of milliseconds above 0');
    }
  }
  for (const [name, bound] of Object.entries({ max, maxBytes })) {
    if (bound !== undefined && !isCount(bound)) throw wrong(name, bound, 'a whole number above 0');
    if (bound !== undefined && options.store) {
      throw wrong(name, bound, 'nothing if store is set, which has its own bound');
    }
  }
  if (!['claim', 'complete', 'release'].every((method) => hasMethod(store, method))) {
    throw wrong('store', store, 'an object with the methods claim, complete and release');
  }
  for (const [name, bound] of Object.entries({ maxPending, maxPendingPerUser })) {
    if (!isCount(bound)) throw wrong(name, bound, 'a whole number above 0');
  }
  if (typeof onError !== 'function') {
    throw wrong('onError', onError, 'a function (error, { socket, id, at })');
  }
  return {
    userId,
    verdict,
    idField,
    ttlMs,
    store,
    maxPending,
    maxPendingPerUser,
    handlerTimeoutMs,
    onError,
  };
}

/** @param {unknown} socket @param {unknown} handler */
export function checkOnce(socket, handler) {
  const id = /** @type {{ id?: unknown } | null | undefined} */ (socket)?.id;
  if (typeof id !== 'string') {
    throw new Misuse(
      `once(socket, handler): socket takes a Socket of the server, got ${show(socket)}`,
    );
  }
  if (typeof handler !== 'function') {
    throw new Misuse(`once(socket, handler): handler takes a function, got ${show(handler)}`);
  }
}

/** @param {string} name @param {unknown} got @param {string} takes */
function wrong(name, got, takes) {
  return new Misuse(`createDeduplicator: ${name} takes ${takes}, got ${show(got)}`);
}

/** @param {unknown} value */
function isCount(value) {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

/** @param {unknown} value @param {string} name */
function hasMethod(value, name) {
  const member = /** @type {Record<string, unknown> | null | undefined} */ (value)?.[name];
  return typeof member === 'function';
}

/** @param {unknown} error @param {ErrorContext} context */
function printError(error, { at }) {
  printFailure(`a message failed (${at})`, error);
}

const OPTION_NAMES = [
  ...['userId', 'store', 'idField', 'ttlMs', 'max', 'maxBytes', 'maxPending', 'maxPendingPerUser'],
  ...['handlerTimeoutMs', 'verdict', 'onError'],
];
const DAY_MS = 86_400_000;
/** About 50 MB, with answers of the usual size. */
const MAX_ANSWERS = 100_000;
const MAX_BYTES = 100_000_000;
/** About ten full windows of a client. */
const MAX_PENDING = 10_000;
/** Two full windows, so that an app in two tabs never has to wait. */
const MAX_PENDING_PER_USER = 2048;
/** Long after every client has given the message up. */
const HANDLER_TIMEOUT_MS = 600_000;
/** Our ids have 29 characters, a UUID has 36. The bound keeps a client's ids from filling the memory. */
export const MAX_ID_LENGTH = 200;
