// Publishes to feeds: stores an item, then sends it, and sends the items of a feed in the order of their offsets.
//
// One call to the store is in progress for each feed. Items that are published meanwhile wait, and are stored together if
// the store takes several. If a store answers synchronously, items are sent in the same turn.

import { isEnd, newTag, offsetOf } from './feed-chain.js';
import { isThenable } from './values.js';
import { within } from './within.js';

/**
 * @import { FeedEnd } from '../types/server.d.ts'
 * @import { Deliver } from './feed-delivery.js'
 * @import { FeedNames } from './feed-rooms.js'
 */

/**
 * @typedef {object} Work something to publish
 * @property {string} tag
 * @property {string} item its text
 * @property {() => void} resolve
 * @property {(error: unknown) => void} reject
 *
 * @typedef {object} Appender adds items to a feed
 * @property {number} most how many it takes together
 * @property {(feed: string, items: { tag: string, item: string }[]) => FeedEnd | Promise<FeedEnd>} append returns the end
 *   before the items
 */

/**
 * @param {Appender} appender
 * @param {Deliver} deliver
 * @param {number} timeoutMs
 * @param {(error: unknown, names: FeedNames) => void} failed called if a stored item cannot be sent
 */
export function publisher(appender, deliver, timeoutMs, failed) {
  /** Items that wait for the store, for each feed with a call in progress. @type {Map<string, Work[]>} */
  const lanes = new Map();
  /** The feeds whose items are being sent, nested. A list: searching it costs less than a map. */
  const sending = /** @type {string[]} */ ([]);

  /**
   * @param {FeedNames} names
   * @param {string} before
   * @param {string} offset
   * @param {string} item
   */
  function send(names, before, offset, item) {
    try {
      deliver(names, before, offset, item);
    } catch (error) {
      failed(error, names);
    }
  }

  /**
   * @param {FeedNames} names
   * @param {Work[]} works
   * @param {FeedEnd | PromiseLike<FeedEnd>} [begun] the store's answer, if they were passed to it already
   */
  async function run(names, works, begun) {
    const lane = /** @type {Work[]} */ (lanes.get(names.key));
    while (works.length > 0) {
      try {
        const answer = begun ?? appender.append(names.key, works.map(rowOf));
        begun = undefined;
        const end = await within(answer, timeoutMs, NO_ANSWER);
        check(end);
        let before = offsetOf(end);
        for (const [n, { tag, item }] of works.entries()) {
          const offset = `${end.number + n + 1}.${tag}`;
          send(names, before, offset, item);
          before = offset;
        }
        for (const { resolve } of works) resolve();
      } catch (error) {
        for (const { reject } of works) reject(error);
      }
      works = take(lane);
    }
    lanes.delete(names.key);
  }

  /** Takes the items that are stored together. @param {Work[]} lane */
  function take(lane) {
    let characters = 0;
    let count = 0;
    while (count < Math.min(lane.length, appender.most)) {
      characters += lane[count].item.length;
      if (count > 0 && characters > MOST_CHARACTERS) break;
      count += 1;
    }
    return lane.splice(0, count);
  }

  /**
   * @param {FeedNames} names
   * @param {string} item its text
   * @returns {Promise<void>} resolves once it is stored
   */
  return function publish(names, item) {
    const { key } = names;
    const tag = newTag();
    // A listener of an item may publish another one, which must wait until this one was sent to all connections.
    const isSending = sending.length > 0 && sending.includes(key);
    if (isSending && !lanes.has(key)) lanes.set(key, []);
    const lane = lanes.size > 0 ? lanes.get(key) : undefined;
    if (lane) return new Promise((resolve, reject) => lane.push({ tag, item, resolve, reject }));

    try {
      const end = appender.append(key, [{ tag, item }]);
      if (isThenable(end)) {
        lanes.set(key, []);
        return new Promise((resolve, reject) => {
          run(names, [{ tag, item, resolve, reject }], end);
        });
      }
      check(end);
      sending.push(key);
      send(names, offsetOf(end), `${end.number + 1}.${tag}`, item);
      sending.pop();
    } catch (error) {
      return Promise.reject(error);
    }
    const waiting = lanes.size > 0 ? lanes.get(key) : undefined;
    if (waiting) run(names, take(waiting));
    return STORED;
  };
}

/** @param {Work} work */
const rowOf = ({ tag, item }) => ({ tag, item });

/** @param {unknown} end @throws {TypeError} */
function check(end) {
  if (!isEnd(end)) throw new TypeError('The store answered a publish without the end of the feed');
}

const STORED = Promise.resolve();
/** The most characters of items in one call to the store. */
const MOST_CHARACTERS = 1_000_000;
const NO_ANSWER = 'The store did not answer in time; it is unknown whether the item was stored';
