// The options of `createFeed`: checks and defaults.

import { memoryFeeds } from './memory-feeds.js';
import { checkNames, Misuse, printFailure, show } from './values.js';

/** @import { FeedErrorContext, FeedOptions } from '../types/server.d.ts' */

/**
 * Checks the options and fills in the defaults.
 *
 * @param {FeedOptions} options
 * @throws {TypeError}
 */
export function filledFeed(options) {
  if (typeof options !== 'object' || options === null) {
    throw wrong('options', options, 'an object with userId: (socket) => id');
  }
  checkNames('createFeed', options, OPTION_NAMES);
  const {
    userId,
    authorize,
    userRoom = (/** @type {string} */ id) => `user_${id}`,
    store = memoryFeeds(),
    max = MAX_ITEMS,
    ttlMs = DAY_MS,
    pageSize = PAGE_SIZE,
    pageBytes = PAGE_BYTES,
    timeoutMs = TIMEOUT_MS,
    maxReads = MAX_READS,
    maxReadsPerConnection = MAX_READS_PER_CONNECTION,
    onError = printError,
  } = options;

  if (typeof userId !== 'function') throw wrong('userId', userId, 'a function (socket) => id');
  if (authorize !== undefined && typeof authorize !== 'function') {
    throw wrong('authorize', authorize, 'a function (socket, room) => boolean');
  }
  if (typeof userRoom !== 'function') throw wrong('userRoom', userRoom, 'a function (id) => room');
  const given = /** @type {Record<string, unknown> | null} */ (/** @type {unknown} */ (store));
  const isAdding = [given?.append, given?.push].some((method) => typeof method === 'function');
  if (typeof given?.read !== 'function' || !isAdding) {
    throw wrong('store', store, 'an object with the methods append and read');
  }
  const counts = { max, pageSize, pageBytes, maxReads, maxReadsPerConnection };
  for (const [name, count] of Object.entries(counts)) {
    if (!(Number.isSafeInteger(count) && count > 0)) {
      throw wrong(name, count, 'a whole number above 0');
    }
  }
  for (const [name, ms] of Object.entries({ ttlMs, timeoutMs })) {
    if (!(typeof ms === 'number' && ms > 0)) {
      throw wrong(name, ms, 'a number of milliseconds above 0');
    }
  }
  if (typeof onError !== 'function') {
    throw wrong('onError', onError, 'a function (error, { at, feed, socket })');
  }
  return {
    userId,
    authorize,
    userRoom,
    store,
    limits: { max, ttlMs, bytes: pageBytes },
    pageSize,
    timeoutMs: Math.min(timeoutMs, LONGEST_TIMER_MS),
    maxReads,
    maxReadsPerConnection,
    onError,
  };
}

/**
 * The namespace that a feed is for.
 *
 * @param {any} io
 * @throws {TypeError}
 */
export function namespaceOf(io) {
  const namespace = typeof io?.of === 'function' ? io.of('/') : io;
  const isNamespace = ['on', 'to', 'in'].every((name) => typeof namespace?.[name] === 'function');
  if (!isNamespace || typeof namespace.sockets?.values !== 'function') {
    throw wrong('io', io, 'a Server or a Namespace of socket.io');
  }
  // A parent of dynamic namespaces cannot reach the rooms of its children.
  if (namespace.children instanceof Set) {
    throw new Misuse(
      'createFeed: io takes one Namespace, got a parent of dynamic namespaces: create a feed for each in `on("new_namespace")`',
    );
  }
  if (served.has(namespace)) {
    throw new Misuse(
      `createFeed: the namespace ${namespace.name} has a feed already: call createFeed once, outside of io.on('connection')`,
    );
  }
  served.add(namespace);
  return namespace;
}

/** @param {string} name @param {unknown} got @param {string} takes */
function wrong(name, got, takes) {
  return new Misuse(`createFeed: ${name} takes ${takes}, got ${show(got)}`);
}

/** @param {unknown} error @param {FeedErrorContext} context */
function printError(error, { at }) {
  printFailure(`a feed failed (${at})`, error);
}

/** Namespaces that have a feed: two feeds would both answer each read. */
const served = new WeakSet();

const OPTION_NAMES = [
  ...['userId', 'authorize', 'userRoom', 'store', 'max', 'ttlMs', 'pageSize', 'pageBytes'],
  ...['timeoutMs', 'maxReads', 'maxReadsPerConnection', 'onError'],
];
const MAX_ITEMS = 1000;
const DAY_MS = 86_400_000;
/** A client that was away for long reads page after page, with a round trip for each. */
const PAGE_SIZE = 1000;
const PAGE_BYTES = 256_000;
const TIMEOUT_MS = 10_000;
/** 256 MB, with a page each. */
const MAX_READS = 1000;
/** After a reconnect, an app reads as many rooms at once; further ones a second later. */
const MAX_READS_PER_CONNECTION = 64;
/** The longest timer in Node. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
