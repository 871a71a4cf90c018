/**
 * Records the calls across the border. The shell reaches the module through one object of exports. The tap replaces that
 * object, so an app without the inspector contains no inspector code.
 */

import { ORDER, TOLD } from '../shell/numbers.js';
import { createRecording, MAX_BYTES } from './recording.js';

/** @typedef {import('./recording.js').ModuleKind} ModuleKind */
/** @typedef {import('./recording.js').Recording} Recording */

/** The recordings of all clients, the oldest first. @type {Recording[]} */
export const recordings = [];
/** @type {Set<() => void>} */
const listeners = new Set();
/** A callback that is set during `recordingOf`: the next call of a client passes its recording to it. @type {((recording: Recording) => void) | null} */
let asking = null;
/** The recordings of clients that were asked for before: a client whose module died cannot be asked again. @type {WeakMap<object, Recording>} */
const known = new WeakMap();
/** The newest recording that ended with a trap. @type {Recording | null} */
let trapped = null;
/** The most recordings in the list. Beyond that, the oldest are dropped. */
const MOST = 20;

/** The limit of a recording's memory, in bytes. */
let maxBytes = MAX_BYTES;

/** @param {number} bytes the limit of memory for each recording that begins after this */
export function limit(bytes) {
  maxBytes = bytes;
}

/** @param {() => void} listener called for each new recording @returns {() => void} */
export function onRecording(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The recording of the client that trapped last. @returns {Recording | null} */
export const trappedRecording = () => trapped;

/**
 * The recording of a client.
 * @param {{ standing(seq: number): number }} client
 * @returns {Recording | null} null if the client's module had died before the first time that it was asked for
 */
export function recordingOf(client) {
  /** @type {Recording | null} */
  let found = known.get(client) ?? null;
  if (found) return found;
  asking = (recording) => {
    found = recording;
  };
  try {
    // Any call works. This one only asks: no message has this number. It is recorded too, because each call reads the clocks.
    client.standing(0);
  } finally {
    asking = null;
  }
  if (found) known.set(client, found);
  return found;
}

/**
 * Records every client of a module from now on.
 * @param {import('../shell/driver.js').Module} module
 * @param {ModuleKind} kind
 */
export function tap(module, kind) {
  let { instance } = module;
  if (instance) instance.wasm = tapped(instance.wasm, kind);
  Object.defineProperty(module, 'instance', {
    configurable: true,
    enumerable: true,
    get: () => instance,
    set(next) {
      if (next) next.wasm = tapped(next.wasm, kind);
      instance = next;
    },
  });
}

/**
 * @param {any} wasm the exports of an instance
 * @param {ModuleKind} kind
 */
function tapped(wasm, kind) {
  const { driver_new, driver_tell } = wasm;
  /** The recordings, by the addresses of their drivers. @type {Map<number, Recording>} */
  const byAddress = new Map();
  // Most calls are for the same client as the call before, so its recording is cached.
  let lastAddress = 0;
  /** @type {Recording | undefined} */
  let last;
  /** The addresses of the orders' fields in the module's memory, by recording. @type {WeakMap<Recording, number>} */
  const fields = new WeakMap();

  const add = (/** @type {number} */ at, /** @type {Recording} */ recording) => {
    byAddress.set(at, recording);
    lastAddress = at;
    last = recording;
    recordings.push(recording);
    if (recordings.length > MOST) recordings.shift();
    for (const listener of listeners) listener();
    return recording;
  };

  const late = (
    /** @type {number} */ at,
    /** @type {number} */ wall,
    /** @type {number} */ running,
  ) => {
    const recording = createRecording(kind, { wall, running, seed: 0 }, maxBytes);
    recording.isLate = true;
    return add(at, recording);
  };

  /** The fields of the last order, in the module's memory as it is. */
  let view = new Float64Array(0);
  let viewAt = -1;

  const settled = (/** @type {Recording} */ recording) => {
    const at = fields.get(recording);
    if (at === undefined || !recording.onSettle) return;
    const { buffer } = wasm.memory;
    if (view.buffer !== buffer || viewAt !== at) {
      view = new Float64Array(buffer, at, 1);
      viewAt = at;
    }
    recording.onSettle(view[0]);
  };

  const made = (
    /** @type {number} */ wall,
    /** @type {number} */ running,
    /** @type {number} */ seed,
  ) => {
    const at = driver_new(wall, running, seed);
    add(at, createRecording(kind, { wall, running, seed }, maxBytes));
    return at;
  };

  /** @type {(at: number, what: number, wall: number, running: number, a: number, b: number, c: number, d: number, e: number, f: number) => number} */
  const told = (at, what, wall, running, a, b, c, d, e, f) => {
    if (at !== lastAddress || !last) {
      last = byAddress.get(at) ?? late(at, wall, running);
      lastAddress = at;
    }
    const recording = last;
    asking?.(recording);
    let answer = NaN;
    try {
      answer = driver_tell(at, what, wall, running, a, b, c, d, e, f);
    } catch (error) {
      // The client trapped. No step follows.
      trapped = recording;
      recording.note(what, wall, running, NaN, a, b, c, d, e, f);
      throw error;
    }
    recording.note(what, wall, running, answer, a, b, c, d, e, f);
    if (what === TOLD.poll) {
      if (answer === ORDER.settle) settled(recording);
    } else if (what === TOLD.fields) {
      fields.set(recording, answer);
    }
    return answer;
  };

  // All other exports are inherited, not copied. In the JavaScript build, `memory` becomes a new object when it grows, and
  // a copy would be stale.
  return Object.create(wasm, { driver_new: { value: made }, driver_tell: { value: told } });
}
