// The schedule of a run: the faults, their durations, and the messages around each. The seed determines all of it.

/**
 * @typedef {object} Kind
 * @property {string} kind
 * @property {'link' | 'server' | 'tabs'} part the faulty part: two faults of one part would cancel each other
 * @property {number} weight how frequent it is, compared with the others
 * @property {true} [ms] it has a duration
 * @property {[number, number]} [longMs] how long a long one lasts, in place of `LONG_MS`
 * @property {[number, number]} [amount]
 */

/** Every kind of fault. @type {Kind[]} */
const KINDS = [
  { kind: 'cut', part: 'link', weight: 3 },
  { kind: 'hang', part: 'link', weight: 3, ms: true },
  { kind: 'half-open', part: 'link', weight: 2, ms: true },
  { kind: 'delay', part: 'link', weight: 2, ms: true, amount: [20, 400] },
  { kind: 'throttle', part: 'link', weight: 2, ms: true, amount: [256_000, 256_000] },
  { kind: 'drop-after', part: 'link', weight: 3, ms: true, amount: [1, 20_000] },
  { kind: 'refuse', part: 'link', weight: 2, ms: true },
  { kind: 'hang-upgrade', part: 'link', weight: 2, ms: true },
  { kind: 'kill', part: 'server', weight: 3, ms: true },
  { kind: 'stop', part: 'server', weight: 2, ms: true },
  { kind: 'lose-acks', part: 'server', weight: 3, ms: true },
  { kind: 'answer-twice', part: 'server', weight: 1, ms: true },
  { kind: 'answer-late', part: 'server', weight: 2, ms: true, amount: [50, 3000] },
  { kind: 'reload', part: 'tabs', weight: 3 },
  { kind: 'leave', part: 'tabs', weight: 1, amount: [2000, 5000] },
  { kind: 'crash', part: 'tabs', weight: 2 },
  { kind: 'close', part: 'tabs', weight: 2 },
];

/** Most faults are short, and some outlast the deadlines of pings and acknowledgements. */
const SHORT_MS = [30, 500];
const LONG_MS = [1500, 4000];
const LONG_SHARE = 0.08;
/** So many faults meet another one, and so many of a tab's: with a good link it has nothing to lose. */
const MEET = 0.15;
const TAB_MEETS = 0.6;
const GAP_MS = [0, 300];

/**
 * @typedef {{ kind: string, part: Kind['part'], ms: number, amount: number, tab: number }} Fault
 * @typedef {object} Step
 * @property {Fault[]} faults one or two: the second begins during the first
 * @property {number[]} sends messages before, during and after them
 * @property {number} gapMs the delay before the next step
 * @property {number} seed determines the tabs and conversations of the messages
 */

/**
 * @param {{ seed: number, messages: number, faults: number, tabs: number, reloads: number }} options
 *   `reloads` come in addition to those among the faults
 * @param {Kind[]} [of]
 * @returns {Step[]}
 */
export function makeSchedule({ seed, messages, faults, tabs, reloads }, of = KINDS) {
  const random = createRandom(seed);
  const kinds = of.flatMap((kind) => Array(kind.weight).fill(kind));
  // Every kind comes once. After that the kinds are random.
  const drawn = Array.from(
    { length: faults },
    (_, n) => of[n] ?? kinds[random.below(kinds.length)],
  );
  for (let n = 0; n < reloads; n += 1) drawn.push(of.find(({ kind }) => kind === 'reload'));
  random.shuffle(drawn);
  /** @type {Step[]} */
  const steps = [];
  for (const { kind, part, ms, longMs = LONG_MS, amount } of drawn) {
    const range = random.chance(LONG_SHARE) ? longMs : SHORT_MS;
    const fault = {
      kind,
      part,
      ms: ms ? random.between(...range) : 0,
      amount: amount ? random.between(...amount) : 0,
      tab: random.below(tabs),
    };
    const last = steps.at(-1)?.faults;
    const share = [fault, last?.[0]].some((one) => one?.part === 'tabs') ? TAB_MEETS : MEET;
    const isAlone = last?.length === 1 && last[0].part !== part;
    if (last && isAlone && random.chance(share)) {
      last.push(fault);
      // A fault without duration happens during one with a duration.
      last.sort((one, other) => other.ms - one.ms);
    } else {
      const gapMs = random.between(...GAP_MS);
      steps.push({ faults: [fault], sends: [0, 0, 0], gapMs, seed: random.below(2 ** 31) });
    }
  }
  for (let n = 0; n < messages; n += 1) {
    steps[Math.floor((n * steps.length) / messages)].sends[random.below(3)] += 1;
  }
  return steps;
}

/** One line for each step. @param {Step[]} steps */
export function describe(steps) {
  return steps.map(({ faults, sends, gapMs }, n) => {
    const what = faults.map(({ kind, part, ms, amount, tab }) => {
      const details = [ms ? `${ms} ms` : '', amount ? `of ${amount}` : ''];
      if (part === 'tabs') details.push(`tab ${tab}`);
      return [kind, ...details.filter(Boolean)].join(' ');
    });
    return `${n + 1}. ${what.join(' + ')}; sends ${sends.join(', ')}; then ${gapMs} ms`;
  });
}

/** A small generator with a seed (mulberry32). @param {number} seed */
export function createRandom(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (/** @type {number} */ end) => Math.floor(next() * end);
  return {
    below,
    between: (/** @type {number} */ from, /** @type {number} */ to) => from + below(to - from + 1),
    chance: (/** @type {number} */ share) => next() < share,
    shuffle(/** @type {any[]} */ list) {
      for (let n = list.length - 1; n > 0; n -= 1) {
        const other = below(n + 1);
        [list[n], list[other]] = [list[other], list[n]];
      }
    },
  };
}
