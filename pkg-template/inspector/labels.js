/** What a recording's messages are in the page: events and ids, and payloads where the app wants them. */

import { internals } from '../shell/internals.js';
import { recordingOf } from './tap.js';

/**
 * @typedef {object} Watched a client of the shell's, see `shell/client.js`
 * @property {(seq: number) => number} standing
 * @property {object} socket
 * @property {() => Iterable<{ seq: number, id: string, event: string, args: unknown[] }>} entries
 * @property {(fn: () => void) => () => void} subscribe
 * @property {(fn: (result: { id: string, event?: string }) => void) => () => void} onSettled
 */

/** So often what waits is looked through, in milliseconds. */
const PERIOD = 100;
/** Labels of one recording; the oldest are dropped. */
const MOST = 20_000;

/** Whether payloads are kept as well. */
let keepsPayloads = false;

/** @param {boolean} keeps */
export function keepPayloads(keeps) {
  keepsPayloads = keeps;
}

/** @type {WeakSet<Watched>} */
const watched = new WeakSet();
/** Those that were watched, by their Sockets. @type {WeakMap<object, Watched>} */
const bySocket = new WeakMap();

/** What is behind a client that `createClient` answered, or behind a Socket of one that is watched. @param {any} shown @returns {Watched | undefined} */
export function innerOf(shown) {
  if (shown === null || typeof shown !== 'object') return undefined;
  const ofSocket = bySocket.get(shown);
  if (ofSocket) return ofSocket;
  try {
    return /** @type {any} */ (internals(shown));
  } catch {
    // Nor is it a client of ours.
    return undefined;
  }
}

/**
 * Labels the messages of a client from now on.
 * @param {Watched} client
 * @returns {() => void}
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
  // What is sent changes the state, and what settles is told at once.
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
