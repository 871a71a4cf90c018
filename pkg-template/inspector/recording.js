/**
 * What crosses the border between the shell and one client: kept as numbers, bounded, and written as a file. Its format is
 * described in `replay/src/recording.rs`.
 */

/** Numbers of one chunk. */
const CHUNK = 16_384;
/** Numbers that a step has when it is read: what, wall, running, answer, and the six that came with it. */
export const STEP = 10;
/** The border takes so many numbers with each command or fact. */
const NUMBERS = 6;

/**
 * What is packed into the first number of a step: `what`, times this how many numbers follow, and times `CLOCKS` whether the
 * clocks showed something else than before.
 */
const COUNT = 128;
const CLOCKS = COUNT * 8;

/** What a recording may take in memory, in bytes, if the app says nothing else. */
export const MAX_BYTES = 33_554_432;

/** @typedef {'client' | 'followed'} ModuleKind with links of its own, or `holdfast/io` */
/** @typedef {{ event?: string, id?: string, data?: unknown }} Label */

/** How many numbers there are up to the last one that was given. */
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

export class Recording {
  /** The chunks that are full, and the one that is being filled. @type {Float64Array[]} */
  #chunks = [new Float64Array(CHUNK)];
  #used = 0;
  #maxBytes;
  #wall;
  #running;
  /** @type {Set<() => void>} */
  #listeners = new Set();

  /** Steps so far. */
  length = 0;
  /** No more fits: what came after is not here. */
  isFull = false;
  /** The client lived before the first step: it cannot be replayed. */
  isLate = false;
  /** Told the number of each message as the client orders it settled. @type {((seq: number) => void) | null} */
  onSettle = null;
  /** What the messages are in the page, by the number of each. @type {Map<number, Label>} */
  labels = new Map();

  /**
   * @param {ModuleKind} kind
   * @param {{ wall: number, running: number, seed: number }} start how the client was made
   * @param {number} [maxBytes]
   */
  constructor(kind, start, maxBytes = MAX_BYTES) {
    this.kind = kind;
    this.start = start;
    this.#maxBytes = maxBytes;
    this.#wall = start.wall;
    this.#running = start.running;
  }

  /**
   * One step, as the border had it; an answer that is NaN is a trap.
   * @param {number} what
   * @param {number} wall
   * @param {number} running
   * @param {number} answer
   * @param {number} a @param {number} b @param {number} c @param {number} d @param {number} e @param {number} f
   */
  note(what, wall, running, answer, a, b, c, d, e, f) {
    if (this.isFull) return;
    let chunk = this.#chunks[this.#chunks.length - 1];
    if (this.#used > CHUNK - STEP) {
      if ((this.#chunks.length + 1) * CHUNK * 8 > this.#maxBytes) {
        this.isFull = true;
        this.#tell();
        return;
      }
      chunk = new Float64Array(CHUNK);
      this.#chunks.push(chunk);
      this.#used = 0;
    }
    const count = given(a, b, c, d, e, f);
    const hasClocks = wall !== this.#wall || running !== this.#running;
    let at = this.#used;
    chunk[at] = what + COUNT * count + (hasClocks ? CLOCKS : 0);
    at += 1;
    if (hasClocks) {
      this.#wall = wall;
      this.#running = running;
      chunk[at] = wall;
      chunk[at + 1] = running;
      at += 2;
    }
    chunk[at] = answer;
    if (count > 0) chunk[at + 1] = a;
    if (count > 1) chunk[at + 2] = b;
    if (count > 2) chunk[at + 3] = c;
    if (count > 3) chunk[at + 4] = d;
    if (count > 4) chunk[at + 5] = e;
    if (count > 5) chunk[at + 6] = f;
    this.#used = at + 1 + count;
    this.length += 1;
    if (this.#listeners.size > 0) this.#tell();
  }

  /** @param {() => void} listener called with each step: it only notes that there is something @returns {() => void} */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell() {
    for (const listener of this.#listeners) listener();
  }

  /** What the clock that may stand still showed at the last step. */
  get running() {
    return this.#running;
  }

  /** Bytes that it takes. */
  get bytes() {
    return this.#chunks.length * CHUNK * 8;
  }

  /** Reads the steps from the first one on; what is noted meanwhile follows. */
  reader() {
    let index = 0;
    let at = 0;
    let { wall, running } = this.start;
    const chunks = this.#chunks;
    const isAtEnd = () => index === chunks.length - 1 && at >= this.#used;

    /** Writes the next step to `into` at `offset`. @param {Float64Array} into @param {number} offset */
    const read = (into, offset) => {
      // A chunk that is not the last one ends where no step fits any more, or where the next one did not.
      if (index < chunks.length - 1 && at > CHUNK - STEP) {
        index += 1;
        at = 0;
      }
      const chunk = chunks[index];
      const packed = chunk[at];
      at += 1;
      if (packed >= CLOCKS) {
        wall = chunk[at];
        running = chunk[at + 1];
        at += 2;
      }
      const count = Math.trunc((packed % CLOCKS) / COUNT);
      into[offset] = packed % COUNT;
      into[offset + 1] = wall;
      into[offset + 2] = running;
      into[offset + 3] = chunk[at];
      for (let nth = 0; nth < NUMBERS; nth += 1) {
        into[offset + 4 + nth] = nth < count ? chunk[at + 1 + nth] : NaN;
      }
      at += 1 + count;
    };

    return {
      /**
       * The next steps, at most so many, `STEP` numbers each.
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
  }
}
