// Answers `holdfast:read`: admits the connection, reads the store, and returns the items after the position.

import { endOf } from './feed-append.js';
import { isEnd, offsetOf, parseOffset, rowsAfter } from './feed-chain.js';
import { valuesOf } from './feed-items.js';
import { pendingCalls } from './pending.js';
import { within } from './within.js';

/**
 * @import { CountingFeedStore, FeedEnd, FeedLimits, FeedPage, FeedStore } from '../types/server.d.ts'
 * @import { FeedSocket, readers } from './feed-readers.js'
 */

/**
 * @typedef {Record<string, unknown>} Reply
 *
 * @typedef {object} Reading
 * @property {FeedStore | CountingFeedStore} store
 * @property {FeedLimits} limits
 * @property {number} pageSize
 * @property {number} timeoutMs
 * @property {number} maxReads
 * @property {number} maxReadsPerConnection
 * @property {ReturnType<typeof readers>} readers
 * @property {(error: unknown, at: 'store' | 'ack', socket: FeedSocket) => void} report
 */

/** @param {Reading} reading */
export function reading({ store, limits, pageSize, timeoutMs, readers, report, ...bounds }) {
  const pending = pendingCalls(bounds.maxReads, bounds.maxReadsPerConnection);

  /**
   * @param {FeedSocket} socket
   * @param {string | null} feed
   * @param {FeedEnd | null} position
   * @returns {Promise<Reply>}
   */
  async function answer(socket, feed, position) {
    const names = await readers.admit(socket, feed);
    if (names === 'forbidden') return FORBIDDEN;
    if (names === 'unknown') return unavailable();
    /** @type {FeedPage & { end: FeedEnd }} */
    let page;
    try {
      page = await within(ask(names.key, position), timeoutMs, LATE);
    } catch (error) {
      report(error, 'store', socket);
      return unavailable();
    }
    // The right may have been revoked while the store was reading.
    const right = readers.right(socket, names);
    if (right === 'forbidden') return FORBIDDEN;
    if (right === 'unknown') return unavailable();
    try {
      return replyOf(position, page, socket);
    } catch (error) {
      report(error, 'store', socket);
      return { reset: 'replaced', end: offsetOf(page.end) };
    }
  }

  /** @param {string} key @param {FeedEnd | null} position */
  async function ask(key, position) {
    const count = position ? pageSize + 1 : 0;
    const { rows, end } = await store.read(key, position?.number ?? 0, count, limits);
    if (!Array.isArray(rows)) throw new TypeError('The store answered a read without rows');
    if (isEnd(end)) return { rows, end };
    if ((end ?? null) !== null || !('append' in store)) {
      throw new TypeError('The store answered a read without the end of the feed');
    }
    return { rows: [], end: await endOf(store, key, limits) };
  }

  /** @param {FeedEnd | null} position @param {FeedPage & { end: FeedEnd }} page @param {FeedSocket} socket @returns {Reply} */
  function replyOf(position, page, socket) {
    if (!position) return { items: [], end: offsetOf(page.end) };
    const most = { count: pageSize, bytes: limits.bytes };
    const found = rowsAfter(position, page, most, (error) => report(error, 'store', socket));
    if ('reset' in found) return found;
    const items = found.rows.map((row) => {
      const values = valuesOf(/** @type {string} */ (row.item));
      if (typeof values?.[0] !== 'string')
        throw new TypeError('The store returned an item without an event');
      return [offsetOf(row), ...values];
    });
    return { items, end: found.end };
  }

  /** @param {FeedSocket} socket @param {(reply: Reply) => void} acknowledge @param {Reply} reply */
  function say(socket, acknowledge, reply) {
    try {
      acknowledge(reply);
    } catch (error) {
      report(error, 'ack', socket);
    }
  }

  /** The listener for `socket.on('holdfast:read', ...)`. @param {FeedSocket} socket */
  return (socket) =>
    /** @param {any[]} sent */
    (...sent) => {
      const acknowledge = sent.pop();
      if (typeof acknowledge !== 'function') return;
      const [feed, position] = sent;
      const isFeed =
        feed === null ||
        (typeof feed === 'string' && feed !== '' && feed.length <= MAX_FEED_LENGTH);
      const from = position === null ? null : parseOffset(position);
      if (!isFeed || from === undefined) {
        say(socket, acknowledge, INVALID);
        return;
      }
      if (!pending.begin(socket.id)) {
        say(socket, acknowledge, unavailable());
        return;
      }
      answer(socket, feed, from).then((reply) => {
        say(socket, acknowledge, reply);
        whenSent(socket, () => pending.end(socket.id));
      });
    };
}

/**
 * Waits until an answer was sent: a client that asks for pages but does not receive them must not fill the memory.
 *
 * @param {FeedSocket} socket
 * @param {() => void} then
 */
function whenSent(socket, then) {
  const { connected, conn } = socket;
  if (!connected || !conn?.writeBuffer?.length) then();
  else setTimeout(whenSent, SENT_POLL_MS, socket, then).unref?.();
}

/** The time to retry is random, since many clients may get this answer at once. @returns {Reply} */
function unavailable() {
  const retryAfterMs = RETRY_MS / 2 + Math.floor(Math.random() * RETRY_MS);
  return { error: 'The feed cannot be read at the moment', code: 'UNAVAILABLE', retryAfterMs };
}

/** @type {Reply} */
const FORBIDDEN = Object.freeze({ error: 'This feed is not yours to read', code: 'FORBIDDEN' });
/** @type {Reply} */
const INVALID = Object.freeze({
  error:
    'holdfast:read takes a feed (null or a text of 1 to 500 characters) and a position (null or an offset)',
  code: 'INVALID',
});
export const MAX_FEED_LENGTH = 500;
const RETRY_MS = 1000;
const SENT_POLL_MS = 50;
const LATE = 'The store did not answer a read in time';
