/**
 * Listens at the border. The shell calls a module by its exports, and finds these in one object, which the tap replaces: so
 * an app that does not load the inspector carries nothing for it.
 */

import { ORDER, TOLD } from '../shell/numbers.js';
import { createRecording, MAX_BYTES } from './recording.js';

/** @typedef {import('./recording.js').ModuleKind} ModuleKind */
/** @typedef {import('./recording.js').Recording} Recording */

/** Every client that was seen, the oldest first. @type {Recording[]} */
export const recordings = [];
/** @type {Set<() => void>} */
const listeners = new Set();
/** Who is asking which recording is a client's. @type {((recording: Recording) => void) | null} */
let asking = null;
/** The recordings of clients that were asked for: a client whose module has died answers no more. @type {WeakMap<object, Recording>} */
const known = new WeakMap();
/** The newest recording that ended with a trap. @type {Recording | null} */
let trapped = null;
/** Clients that are listed; of a page that makes very many the oldest are dropped. */
const MOST = 20;

/** What a recording may take. */
let maxBytes = MAX_BYTES;

/** @param {number} bytes that each recording from now on may take */
export function limit(bytes) {
  maxBytes = bytes;
}

/** @param {() => void} listener told of each new recording @returns {() => void} */
export function onRecording(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The recording of the client that trapped last. @returns {Recording | null} */
export const trappedRecording = () => trapped;

/**
 * The recording of a client.
 * @param {{ standing(seq: number): number }} client
 * @returns {Recording | null} none of a client whose module had died before it was asked for
 */
export function recordingOf(client) {
  /** @type {Recording | null} */
  let found = known.get(client) ?? null;
  if (found) return found;
  asking = (recording) => {
    found = recording;
  };
  try {
    // A question that changes nothing: no message has this number.
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
  /** By the address of its driver. @type {Map<number, Recording>} */
  const byAddress = new Map();
  // Most calls are about the same one as the call before.
  let lastAddress = 0;
  /** @type {Recording | undefined} */
  let last;
  /** Where the fields of its orders are, by recording. @type {WeakMap<Recording, number>} */
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

  const settled = (/** @type {Recording} */ recording) => {
    const at = fields.get(recording);
    if (at === undefined || !recording.onSettle) return;
    recording.onSettle(new Float64Array(wasm.memory.buffer, at, 1)[0]);
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
    if (asking) {
      asking(recording);
      return driver_tell(at, what, wall, running, a, b, c, d, e, f);
    }
    let answer = NaN;
    try {
      answer = driver_tell(at, what, wall, running, a, b, c, d, e, f);
    } catch (error) {
      // A trap: nothing is recorded after it.
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

  // What is inherited is read where it is: of the module as JavaScript the memory is another object once it has grown.
  return Object.create(wasm, { driver_new: { value: made }, driver_tell: { value: told } });
}
