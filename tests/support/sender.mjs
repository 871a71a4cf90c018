// A client of the package in this process, which sends numbered messages and records their results.

import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';
import { atEnd } from './at-end.mjs';
import { pkg } from './paths.mjs';
import { until } from './until.mjs';

const { createClient } = await import(pathToFileURL(`${pkg}/esm/index.mjs`).href);

/** Short delays for reconnecting, so that a test takes seconds. */
export const QUICK_RECONNECT = { minMs: 50, maxMs: 500, spreadMs: 0, stableMs: 1_000 };

/** The transports that a test covers, with a label. Without a list, socket.io-client chooses. */
export const TRANSPORTS = [
  { via: 'websocket only', transports: ['websocket'] },
  { via: 'polling only', transports: ['polling'] },
  { via: 'the default transports', transports: undefined },
];

/**
 * Creates a sender; its client is destroyed when the test is over.
 *
 * @param {{ after: (end: () => unknown) => void }} t
 * @param {string} url
 * @param {object} [options] of `createClient`, in addition to: no join, short delays, a queue in memory
 */
export function createSender(t, url, options = {}) {
  return new Sender(t, {
    url,
    auth: {},
    join: false,
    logger: null,
    queue: { storage: 'memory' },
    ...options,
    reconnect: { ...QUICK_RECONNECT, ...options.reconnect },
  });
}

/**
 * A message and its results, in the order in which the client reported them.
 *
 * @typedef {{ n: number, id: string, settled: object[], reply?: unknown, error?: Error }} Sent
 */

export class Sender {
  /** @type {Sent[]} */
  sent = [];
  /** The errors that `onError` received. */
  errors = [];
  /** The number of messages that have settled. */
  settled = 0;
  #byId = new Map();
  #whenSettled = [];

  constructor(t, options) {
    const onError = (error) => this.errors.push(error);
    this.client = createClient({ ...options, onError });
    atEnd(t, () => this.client.destroy());
    this.client.onSettled((result) => this.#settle(result));
  }

  get isUp() {
    return this.client.getState().isConnected;
  }

  /** The messages that have not settled yet. */
  get unsettled() {
    return this.sent.filter(({ settled }) => settled.length === 0);
  }

  /** Sends `count` messages to one recipient, each with `bytes` characters of text. */
  send(count, { event = 'send_message', bytes = 10, ...options } = {}) {
    for (let i = 0; i < count; i += 1) {
      const n = this.sent.length;
      const data = { n, recipientId: 'bob', content: 'x'.repeat(bytes) };
      const promise = this.client.send(event, data, options);
      const entry = { n, id: promise.id, settled: [] };
      this.sent.push(entry);
      this.#byId.set(promise.id, entry);
      promise.then(
        (reply) => (entry.reply = reply ?? null),
        (error) => (entry.error = error),
      );
    }
  }

  /** Calls `then` synchronously when the number of settled messages reaches `count`. */
  onceSettled(count, then) {
    this.#whenSettled.push({ count, then });
  }

  untilSettled(count, deadlineMs = 60_000) {
    return until(
      () => this.settled >= count,
      () => this.#describe(count),
      deadlineMs,
    );
  }

  untilUp() {
    return until(
      () => this.isUp,
      () => `connected: ${this.#describe(0)}`,
    );
  }

  untilDown() {
    return until(() => !this.isUp, 'the client knows that its link is lost');
  }

  /** Asserts that each message settled exactly once, as a success. */
  assertEachDelivered() {
    const failed = this.sent.filter(({ settled }) => !settled.every(({ success }) => success));
    const codes = [...new Set(failed.map(({ settled }) => settled[0].code))];
    assert.equal(failed.length, 0, `${failed.length} failed (${codes}): ${told(failed)}`);
    const wrong = this.sent.filter(({ settled, error }) => settled.length !== 1 || error);
    assert.equal(wrong.length, 0, `${wrong.length} settled not once: ${told(wrong)}`);
  }

  /** Asserts how each delivery was confirmed. @param {'ack' | 'receipt' | 'echo'} way */
  assertConfirmedBy(way) {
    const other = this.sent.filter(({ settled }) => settled[0].confirmedBy !== way);
    assert.equal(other.length, 0, `${other.length} not confirmed by ${way}: ${told(other)}`);
  }

  #settle(result) {
    const entry = this.#byId.get(result.id);
    if (!entry) throw new Error(`settled before it was sent: ${JSON.stringify(result)}`);
    if (entry.settled.push(result) > 1) return;
    this.settled += 1;
    for (const { count, then } of this.#whenSettled) if (count === this.settled) then();
  }

  #describe(count) {
    const { phase, transport, inFlight, queueLength, error } = this.client.getState();
    const state = { phase, transport, inFlight, queueLength, error: String(error) };
    return `${count} settle; so far ${this.settled} of ${this.sent.length}, ${JSON.stringify(state)}`;
  }
}

/** The `send_message` events among the events that a server recorded. */
export function messagesOf(taken) {
  return taken.filter(({ event }) => event === 'send_message');
}

/**
 * Asserts that none of the messages is missing, and that their first occurrences are in send order.
 *
 * @param {{ n: number }[]} taken
 * @param {number} count
 */
export function assertAllInOrder(taken, count) {
  const firsts = [...new Set(taken.map(({ n }) => n))];
  const missing = Array.from({ length: count }, (_, n) => n).filter((n) => !firsts.includes(n));
  assert.deepEqual(missing.slice(0, 10), [], `${missing.length} of ${count} are missing`);
  const wrong = firsts.findIndex((n, i) => n !== i);
  const around = firsts.slice(Math.max(0, wrong - 3), wrong + 4);
  assert.equal(wrong, -1, `out of order at ${wrong}: ${around}`);
}

/** The numbers of the messages that were recorded more than once. @param {{ n: number }[]} taken */
export function repeats(taken) {
  return [...new Set(taken.map(({ n }) => n).filter((n, i, all) => all.indexOf(n) !== i))];
}

function told(entries) {
  return JSON.stringify(
    entries.slice(0, 2).map((entry) => ({ ...entry, error: entry.error?.code })),
  );
}
