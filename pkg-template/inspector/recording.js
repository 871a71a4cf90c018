/** Records the numbers that cross the border between the shell and one client, up to a limit of memory. */

/** How many numbers a chunk has. */
const CHUNK = 16_384;
/** How many numbers a step has when it is read: what, wall, running, answer, and the six that came with it. */
export const STEP = 10;
/** How many numbers the border takes with each command or fact. */
const NUMBERS = 6;

/** The first number of a step is `what + COUNT * (how many numbers it has) + (CLOCKS if the clocks changed)`. */
export const COUNT = 128;
const CLOCKS = COUNT * 8;

/** The default limit of a recording's memory, in bytes. */
export const MAX_BYTES = 33_554_432;

/** @typedef {'client' | 'followed'} ModuleKind a client that makes its own links, or one of `holdfast/io` */
/** @typedef {{ event?: string | undefined, id?: string | undefined, data?: unknown }} Label */
/** @typedef {ReturnType<typeof createRecording>} Recording */

/** How many of the numbers were given: those after the last one are NaN. */
function given(
  /** @type {number} */ a,
  /** @type {number} */ b,
  /** @type {number} */ c,
  /** @type {number} */ d,
  /** @type {number} */ e,
  /** @type {number} */ f,
) {
  if (!Number.isNaN(f)) return 6;
  if (!Number.isNaN(e)) return 5;
  if (!Number.isNaN(d)) return 4;
  if (!Number.isNaN(c)) return 3;
  if (!Number.isNaN(b)) return 2;
  return Number.isNaN(a) ? 0 : 1;
}

/**
 * An empty recording.
 * @param {ModuleKind} kind
 * @param {{ wall: number, running: number, seed: number }} start how the client was made
 * @param {number} [maxBytes] the limit of its memory
 */
export function createRecording(kind, start, maxBytes = MAX_BYTES) {
  /** The full chunks, and the one that is being filled. */
  const chunks = [new Float64Array(CHUNK)];
  let chunk = chunks[0];
  let used = 0;
  let { wall: lastWall, running: lastRunning } = start;
  /** @type {Set<() => void>} */
  const listeners = new Set();
  const tell = () => {
    for (const listener of listeners) listener();
  };

  /** Begins another chunk. Returns whether there is room for it. */
  const grow = () => {
    if ((chunks.length + 1) * CHUNK * 8 > maxBytes) return false;
    try {
      chunk = new Float64Array(CHUNK);
    } catch {
      // The page has no memory left.
      return false;
    }
    chunks.push(chunk);
    used = 0;
    return true;
  };

  const recording = {
    kind,
    start,
    /** The number of steps. */
    length: 0,
    /** The limit of memory is reached, and later steps are missing. */
    isFull: false,
    /** The client existed before the first step, so it cannot be replayed. */
    isLate: false,
    /** The labels of the messages, by their `seq`. @type {Map<number, Label>} */
    labels: new Map(),
    /** Called with a message's number when the client orders it settled. @type {((seq: number) => void) | null} */
    onSettle: null,

    /**
     * Adds one step. The answer NaN means that the client trapped.
     * @param {number} what index in the table `TOLD`
     * @param {number} wall
     * @param {number} running
     * @param {number} answer
     * @param {number} a @param {number} b @param {number} c @param {number} d @param {number} e @param {number} f
     */
    note(what, wall, running, answer, a, b, c, d, e, f) {
      if (recording.isFull) return;
      if (used > CHUNK - STEP && !grow()) {
        recording.isFull = true;
        tell();
        return;
      }
      const count = given(a, b, c, d, e, f);
      const hasClocks = wall !== lastWall || running !== lastRunning;
      chunk[used] = what + COUNT * count + (hasClocks ? CLOCKS : 0);
      used += 1;
      if (hasClocks) {
        lastWall = wall;
        lastRunning = running;
        chunk[used] = wall;
        chunk[used + 1] = running;
        used += 2;
      }
      chunk[used] = answer;
      if (count > 0) chunk[used + 1] = a;
      if (count > 1) chunk[used + 2] = b;
      if (count > 2) chunk[used + 3] = c;
      if (count > 3) chunk[used + 4] = d;
      if (count > 4) chunk[used + 5] = e;
      if (count > 5) chunk[used + 6] = f;
      used += 1 + count;
      recording.length += 1;
      if (listeners.size > 0) tell();
    },

    /** @param {() => void} listener called after each step, so it must be cheap @returns {() => void} removes it */
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    /** The reading of the `running` clock at the last step. That clock may stop while the machine sleeps. */
    running: () => lastRunning,

    /** The memory that it takes, in bytes. */
    bytes: () => chunks.length * CHUNK * 8,

    /** Reads the steps in order, including those that are added later. */
    reader() {
      let index = 0;
      let at = 0;
      let { wall, running } = start;
      const isAtEnd = () => index === chunks.length - 1 && at >= used;

      /** Writes the next step to `into` at `offset`. @param {Float64Array} into @param {number} offset */
      const read = (into, offset) => {
        // A full chunk ends once fewer than STEP cells are free.
        if (index < chunks.length - 1 && at > CHUNK - STEP) {
          index += 1;
          at = 0;
        }
        const from = chunks[index];
        const packed = from[at];
        at += 1;
        if (packed >= CLOCKS) {
          wall = from[at];
          running = from[at + 1];
          at += 2;
        }
        const count = Math.trunc((packed % CLOCKS) / COUNT);
        into[offset] = packed % COUNT;
        into[offset + 1] = wall;
        into[offset + 2] = running;
        into[offset + 3] = from[at];
        for (let nth = 0; nth < NUMBERS; nth += 1) {
          into[offset + 4 + nth] = nth < count ? from[at + 1 + nth] : NaN;
        }
        at += 1 + count;
      };

      return {
        /**
         * The next steps, at most `most`, each of `STEP` numbers.
         * @param {number} most
         */
        next(most) {
          const steps = new Float64Array(most * STEP);
          let count = 0;
          while (count < most && !isAtEnd()) {
            read(steps, count * STEP);
            count += 1;
          }
          return steps.subarray(0, count * STEP);
        },
      };
    },
  };
  return recording;
}
