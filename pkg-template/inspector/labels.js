/** Labels the messages of a recording with their event names and ids, and with their payloads if the app wants that. */

import { internals } from '../shell/internals.js';
import { recordingOf } from './tap.js';

/**
 * @typedef {object} Watched a client as `shell/client.js` makes it
 * @property {(seq: number) => number} standing
 * @property {object} socket
 * @property {() => Iterable<{ seq: number, id: string, event: string, args: unknown[] }>} entries
 * @property {(fn: () => void) => () => void} subscribe
 * @property {(fn: (result: { id: string, event?: string }) => void) => () => void} onSettled
 */

/** The time from a change until the waiting messages are labelled, in milliseconds. */
const PERIOD = 100;
/** The most labels of one recording. Beyond that, the oldest are dropped. */
const MOST = 20_000;

/** Whether labels have payloads. */
let keepsPayloads = false;

/** @param {boolean} keeps */
export function keepPayloads(keeps) {
  keepsPayloads = keeps;
}

/** @type {WeakSet<Watched>} */
const watched = new WeakSet();
/** The clients that were watched, by their Sockets. @type {WeakMap<object, Watched>} */
const bySocket = new WeakMap();

/** The shell's client for one that `createClient` returned, or for the Socket of a watched one. @param {any} shown @returns {Watched | undefined} */
export function innerOf(shown) {
  if (shown === null || typeof shown !== 'object') return undefined;
  const ofSocket = bySocket.get(shown);
  if (ofSocket) return ofSocket;
  try {
    return /** @type {any} */ (internals(shown));
  } catch {
    // It is not a client of Holdfast.
    return undefined;
  }
}

/**
 * Labels the messages of a client from now on.
 * @param {Watched} client
 * @returns {() => void} stops it
 */
export function watch(client) {
  const recording = recordingOf(client);
  if (!recording || watched.has(client)) return () => {};
  watched.add(client);
  bySocket.set(client.socket, client);
  const { labels } = recording;
  /** The message that is being settled. @type {number | null} */
  let settling = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const set = (/** @type {number} */ seq, /** @type {import('./recording.js').Label} */ label) => {
    labels.set(seq, label);
    if (labels.size > MOST) labels.delete(labels.keys().next().value ?? 0);
  };
  const look = () => {
    timer = undefined;
    for (const { seq, id, event, args } of client.entries()) {
      if (!labels.has(seq)) set(seq, keepsPayloads ? { id, event, data: args } : { id, event });
    }
  };
  const lookSoon = () => {
    timer ??= setTimeout(look, PERIOD);
  };

  recording.onSettle = (seq) => {
    settling = seq;
  };
  // A send changes the client's state. A message that settles before it was labelled is labelled by its result.
  const offState = client.subscribe(lookSoon);
  const offSettled = client.onSettled(({ id, event }) => {
    if (settling !== null && event !== undefined && !labels.has(settling))
      set(settling, { id, event });
    settling = null;
  });
  look();
  return () => {
    watched.delete(client);
    clearTimeout(timer);
    recording.onSettle = null;
    offState();
    offSettled();
  };
}
