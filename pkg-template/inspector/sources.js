/** The inspector's recordings. Of each it shows the newest step, or the step that the user went to. */

import { read, write } from './file.js';
import { innerOf, watch } from './labels.js';
import { createPlayback } from './playback.js';
import { onRecording, recordingOf, recordings } from './tap.js';

/**
 * @typedef {import('./recording.js').Recording} Recording
 * @typedef {import('./playback.js').Replay} Replay
 * @typedef {import('./playback.js').Playback} Playback
 * @typedef {import('./source.d.ts').Source} Source
 * @typedef {import('./source.d.ts').Sources} Sources
 */

/** Load the modules that play recordings. Each is loaded when its first recording is shown. */
const LOADERS = {
  client: () => import('../inspector-replay.js'),
  followed: () => import('../inspector-io-replay.js'),
};
/** How many descriptions of steps are kept. */
const DESCRIBED = 20_000;
/** How many steps are described in one turn of the event loop. */
const TURN = 2_000;

const LATE =
  'This client was made before holdfast/inspector was loaded, so it cannot be replayed. Import holdfast/inspector first.';

/** @param {Recording} recording @returns {string | null} */
const noteOf = ({ isLate, isFull, length }) => {
  if (isLate) return LATE;
  if (!isFull) return null;
  return `The recording was full after ${length.toLocaleString('en')} steps. Later steps are missing. Reload the page to begin a new one.`;
};

/**
 * @param {Recording} recording
 * @param {Replay} replay
 * @param {{ title: string, isLive: boolean, version: string }} about
 * @returns {Source}
 */
function createSource(recording, replay, { title, isLive, version }) {
  /** Plays to the newest step. */
  const newest = createPlayback(recording, replay);
  /** Plays to the step of the last `seek`. Null follows the newest. @type {Playback | null} */
  let sought = null;
  /** Describes the steps, in order. @type {Playback | null} */
  let describing = null;
  /** @type {Map<number, import('./replay.d.ts').Step>} */
  const described = new Map();
  /** @type {Map<number, string>} */
  const eventNames = new Map();
  const { labels } = recording;

  /** A playback that has not passed a step: the given one, or a new one. @param {Playback | null} playback @param {number} index */
  const upTo = (playback, index) => {
    if (playback && playback.position() <= index) return playback;
    playback?.free();
    return createPlayback(recording, replay, panicOf());
  };
  const panicOf = () => newest.panic() ?? sought?.panic() ?? describing?.panic() ?? null;

  const named = (/** @type {import('./replay.d.ts').View | null} */ view) => {
    for (const { seq, event } of view?.messages ?? []) {
      const name = labels.get(seq)?.event;
      if (event > 0 && name !== undefined) eventNames.set(event, name);
    }
    return /** @type {import('./replay.d.ts').View} */ (view);
  };

  const source = {
    title,
    isLive,
    get isWhole() {
      return !recording.isFull && !recording.isLate;
    },
    get note() {
      return noteOf(recording);
    },
    get length() {
      return recording.length;
    },
    get panic() {
      return (sought ?? newest).panic()?.text ?? null;
    },
    labels,
    eventNames,

    view() {
      if (sought) return named(sought.view());
      if (!recording.isLate) newest.playTo();
      return named(newest.view());
    },

    follow() {
      sought?.free();
      sought = null;
    },

    /** Goes on between steps, so that the shown times count down. */
    now: () => (newest.view()?.at ?? 0) + (isLive ? performance.now() - recording.running() : 0),

    isOf(/** @type {unknown} */ shown) {
      const inner = innerOf(shown);
      if (!inner || recordingOf(inner) !== recording) return false;
      watch(inner);
      return true;
    },

    async find(/** @type {string} */ text) {
      const wanted = text.toLowerCase();
      const from = sought ? sought.position() : 0;
      for (let index = from; index < recording.length; index += 1) {
        const { told, order, says } = await source.step(index);
        if (`${told} ${order?.name ?? ''} ${says}`.toLowerCase().includes(wanted)) return index;
      }
      return -1;
    },

    async seek(/** @type {number} */ index) {
      const isThere = sought?.position() === index + 1;
      if (!isThere) sought = upTo(sought, index);
      sought?.playTo(index);
      return named(sought?.view() ?? null);
    },

    async step(/** @type {number} */ index) {
      const known = described.get(index);
      if (known) return known;
      describing = upTo(describing, index);
      // Describe the steps just before, too, as the list shows them next to it.
      describing.playTo(index - 64);
      for (let count = 1; describing.position() <= index; count += 1) {
        const step = describing.next();
        if (!step) break;
        described.set(step.index, step);
        if (described.size > DESCRIBED) described.delete(described.keys().next().value ?? 0);
        if (count % TURN === 0) await new Promise((done) => setTimeout(done));
      }
      const step = described.get(index);
      if (step) return step;
      return panicStep(index, describing.panic()?.text ?? 'The recording ends before this step.');
    },

    /** @type {Source['subscribe']} */
    subscribe: (listener) => recording.subscribe(listener),

    /** @type {Source['export']} */
    export: (options) => write(recording, { version, ...options }),
  };
  return source;
}

/** @param {number} index @param {string} text @returns {import('./replay.d.ts').Step} */
const panicStep = (index, text) => ({
  index,
  at: 0,
  told: 'panic',
  numbers: [],
  answer: null,
  order: null,
  says: text,
  kind: 'fact',
  message: null,
  agrees: false,
});

/**
 * The list of the page's recordings and of the files that were opened.
 * @param {string} version of the package
 * @returns {Sources}
 */
export function createSources(version) {
  /** @type {Map<Recording, Source>} */
  const sources = new Map();
  /** @type {Set<() => void>} */
  const listeners = new Set();
  const changed = () => {
    for (const listener of listeners) listener();
  };

  const add = async (
    /** @type {Recording} */ recording,
    /** @type {string} */ title,
    /** @type {boolean} */ isLive,
  ) => {
    const replay = await LOADERS[recording.kind]();
    const source = createSource(recording, replay, { title, isLive, version });
    sources.set(recording, source);
    return source;
  };

  /** Those whose sources are being made. @type {WeakSet<Recording>} */
  const pending = new WeakSet();

  let made = 0;
  const found = async () => {
    for (const [recording, source] of sources) {
      if (source.isLive && !recordings.includes(recording)) sources.delete(recording);
    }
    for (const recording of [...recordings]) {
      if (sources.has(recording) || pending.has(recording)) continue;
      pending.add(recording);
      const kind = recording.kind === 'followed' ? 'io' : 'client';
      made += 1;
      try {
        await add(recording, `${kind} ${made}`, true);
      } catch (error) {
        // The module did not load, or is forbidden here. The app goes on, and its recording can be exported.
        console.warn('[holdfast] The inspector cannot show this client.', error);
      }
    }
    changed();
  };

  onRecording(found);
  found();
  return {
    list: () => [...sources.values()],
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async open(file) {
      const source = await add(read(await file.text()), file.name, false);
      changed();
      return source;
    },
  };
}
