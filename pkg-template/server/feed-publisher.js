// Store, then send: an item leaves once its offset is in the store, and those of a feed in the order of their offsets.
//
// Of each feed one call to the store is under way at a time; what is published meanwhile waits behind it, and goes
// together where the store takes several. A store that answers at once has its items sent in the same turn.

import { isPlace, newTag, offsetOf } from './feed-chain.js';
import { valuesOf } from './feed-items.js';
import { isThenable } from './values.js';
import { within } from './within.js';

/**
 * @import { FeedEnd } from '../types/server.d.ts'
 * @import { Delivery } from './feed-delivery.js'
 * @import { Item } from './feed-items.js'
 * @import { Place } from './feed-rooms.js'
 */

/**
 * @typedef {Item & { tag: string, resolve: () => void, reject: (error: unknown) => void }} Work
 *
 * @typedef {object} Appender adds items to a feed
 * @property {number} most that it takes together
 * @property {(feed: string, items: { tag: string, item: string }[]) => FeedEnd | Promise<FeedEnd>} append answers the
 *   place that they came behind
 */

/**
 * @param {Appender} appender
 * @param {Delivery} delivery
 * @param {number} timeoutMs
 * @param {(error: unknown, place: Place) => void} failed told what could not be sent, though it is stored
 */
export function publisher(appender, delivery, timeoutMs, failed) {
  /** What waits for the one under way, of each feed that has one. @type {Map<string, Work[]>} */
  const lanes = new Map();

  /** @param {Place} place @param {FeedEnd} end @param {(Item & { tag: string })[]} works */
  function send(place, end, works) {
    let before = offsetOf(end);
    let { number } = end;
    for (const { tag, text, values } of works) {
      number += 1;
      const offset = `${number}.${tag}`;
      try {
        delivery.send(place, before, offset, values ?? valuesOf(text));
      } catch (error) {
        failed(error, place);
      }
      before = offset;
    }
  }

  /** @param {Place} place @param {Work[]} works @param {FeedEnd | PromiseLike<FeedEnd>} [begun] what the store said to them */
  async function run(place, works, begun) {
    const lane = /** @type {Work[]} */ (lanes.get(place.key));
    while (works.length > 0) {
      try {
        const answer = begun ?? appender.append(place.key, works.map(rowOf));
        begun = undefined;
        const end = await within(answer, timeoutMs, NO_ANSWER);
        check(end);
        send(place, end, works);
        for (const { resolve } of works) resolve();
      } catch (error) {
        for (const { reject } of works) reject(error);
      }
      works = take(lane);
    }
    lanes.delete(place.key);
  }

  /** What goes to the store together. @param {Work[]} lane */
  function take(lane) {
    let bytes = 0;
    let count = 0;
    while (count < Math.min(lane.length, appender.most)) {
      bytes += lane[count].text.length;
      if (count > 0 && bytes > MOST_BYTES) break;
      count += 1;
    }
    return lane.splice(0, count);
  }

  /**
   * @param {Place} place
   * @param {Item} item
   * @returns {Promise<void>} resolves once it is stored
   */
  return function publish(place, item) {
    const { key } = place;
    const tag = newTag();
    const lane = lanes.get(key);
    if (lane) {
      // Its arguments may be others by the time.
      const { text, lost } = item;
      return new Promise((resolve, reject) => {
        lane.push({ text, lost, values: undefined, tag, resolve, reject });
      });
    }
    // Also while it is sent: a listener of the app's may publish the next.
    /** @type {Work[]} */
    const waiting = [];
    lanes.set(key, waiting);
    /** @type {FeedEnd | PromiseLike<FeedEnd>} */
    let end;
    try {
      end = appender.append(key, [{ tag, item: item.text }]);
      if (!isThenable(end)) check(end);
    } catch (error) {
      lanes.delete(key);
      return Promise.reject(error);
    }
    if (isThenable(end)) {
      const { text, lost } = item;
      return new Promise((resolve, reject) => {
        run(place, [{ text, lost, values: undefined, tag, resolve, reject }], end);
      });
    }
    const values = delivery.isAtOnce() ? item.values : undefined;
    send(place, end, [{ text: item.text, lost: item.lost, values, tag }]);
    if (waiting.length > 0) run(place, take(waiting));
    else lanes.delete(key);
    return STORED;
  };
}

/** @param {Work} work */
const rowOf = ({ tag, text }) => ({ tag, item: text });

/** @param {unknown} end @throws {TypeError} */
function check(end) {
  if (!isPlace(end)) throw new TypeError('The store answered without the place of an item');
}

const STORED = Promise.resolve();
/** Of the items that go to a store in one call. */
const MOST_BYTES = 1_000_000;
const NO_ANSWER =
  'The store did not answer in time; whether it stored what was published is unknown';
