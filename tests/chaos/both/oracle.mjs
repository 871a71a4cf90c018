// Compares the published numbers with the calls of each page's listener.

/** What was shown this long before a crash may be shown again: how far a page has come is written down a moment later. */
const NOTED_AFTER_MS = 500;

/**
 * The reports of a page, in order. A life is a page from its load to its end.
 *
 * @typedef {object} Life
 * @property {string} id
 * @property {{ n: number, at: number }[]} shown
 * @property {'open' | 'reloaded' | 'crashed'} ending
 * @property {number} endedAt
 *
 * @typedef {object} Fact as page.mjs reports it
 * @property {string} life
 * @property {number} at
 * @property {true} [begins]
 * @property {number} [n] the argument of the listener's call
 * @property {string} [resync]
 * @property {{ life: string, tail: { n: number, at: number }[] }} [before] the last calls of an earlier life
 */
export function createLog() {
  /** @type {Life[]} */
  const lives = [];
  /** Why the app was asked to load its state anew, and how often. @type {Map<string, number>} */
  const resyncs = new Map();
  const shown = new Set();
  const shownIn = (id) => lives.find((life) => life.id === id)?.shown ?? [];
  const add = (id, one) => {
    shownIn(id).push(one);
    shown.add(one.n);
  };
  return {
    lives,
    resyncs,
    /** Every number that any life has shown. @type {Set<number>} */
    shown,

    /** @param {Fact} fact */
    note({ life, at, begins, n, resync, before }) {
      if (begins) lives.push({ id: life, shown: [], ending: 'open', endedAt: Infinity });
      if (n !== undefined) add(life, { n, at });
      // The last calls of a life that the page could not report itself.
      const known = shownIn(before?.life);
      for (const one of before?.tail ?? []) {
        if (!known.some(({ n: other }) => other === one.n)) add(before.life, one);
      }
      if (resync) resyncs.set(resync, (resyncs.get(resync) ?? 0) + 1);
    },

    /** The life that there is comes to an end. @param {Life['ending']} ending @param {number} endedAt */
    ends(ending, endedAt) {
      Object.assign(lives.at(-1) ?? {}, { ending, endedAt });
    },
  };
}

/**
 * @param {ReturnType<typeof createLog>} log
 * @param {Set<number>} published the numbers whose `publish` resolved. Another may be there or not, but not twice
 * @returns {Record<string, number[]>} the numbers that each kind of fault is about
 */
export function judge({ lives, shown }, published) {
  /** @type {Record<string, number[]>} */
  const wrong = {
    missed: [...published].filter((n) => !shown.has(n)),
    'out of order': [],
    'twice in a life': [],
    'twice across lives': [],
    'twice though noted down': [],
  };
  /** What earlier lives have shown, and whether that was just before a crash. @type {Map<number, boolean>} */
  const earlier = new Map();
  for (const { shown: notes, ending, endedAt } of lives) {
    const own = new Set();
    let highest = 0;
    for (const { n } of notes) {
      if (own.has(n)) wrong['twice in a life'].push(n);
      else if (earlier.has(n)) {
        wrong['twice across lives'].push(n);
        if (!earlier.get(n)) wrong['twice though noted down'].push(n);
      }
      own.add(n);
      // The position of a number whose publish was interrupted is unknown.
      if (!published.has(n)) continue;
      if (n < highest) wrong['out of order'].push(n);
      highest = Math.max(highest, n);
    }
    for (const { n, at } of notes) {
      earlier.set(n, ending === 'crashed' && at > endedAt - NOTED_AFTER_MS);
    }
  }
  return wrong;
}

/** The guarantees of the package. @param {Record<string, number[]>} wrong @param {Map<string, number>} resyncs */
export function violationsOf(wrong, resyncs) {
  const { 'twice across lives': _, ...promised } = wrong;
  const violations = Object.entries(promised)
    .filter(([, list]) => list.length > 0)
    .map(([name, list]) => `${name}: ${list.length} (${list.slice(0, 8).join(', ')})`);
  for (const reason of ['trimmed', 'replaced']) {
    const times = resyncs.get(reason);
    if (times) violations.push(`told ${reason}: ${times} times, though the store has everything`);
  }
  return violations;
}
