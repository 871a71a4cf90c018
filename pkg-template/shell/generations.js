/**
 * Generations of a scope: each logout begins another one. They are in localStorage, which is written
 * synchronously, so that a page that navigates away right after a logout has ended everything all the same.
 *
 * Generations are compared for equality. The first one of a scope is a random number, so that an app that
 * clears localStorage at a logout does not bring back the generation before.
 */

const RESERVE = 'holdfast';
/** Kept free for a record, should localStorage be full by the time of a logout. */
const SPACE = ' '.repeat(200);
/** Of one user. Those that were written last stay. */
const MOST_POSITIONS = 200;
/** First generations are multiples of it. */
const STEP = 2 ** 16;

/**
 * A hash of 64 bits, from two seeds. It hides a text from a glance, not from an attacker.
 * @param {string} text
 */
export const hash = (text) => [mix(text, 1), mix(text, 2)].join('-');

/** The same in 53 bits, which is what the client knows texts by. @param {string} text */
export const printOf = (text) => mix(text, 1) * 2 ** 21 + (mix(text, 2) >>> 11);

/** The same number from a hash of the text; 0 from none. @param {string} hashed */
export const printOfHash = (hashed) => {
  const [a, b] = hashed.split('-').map(Number);
  return a * 2 ** 21 + (b >>> 11);
};

function mix(/** @type {string} */ text, /** @type {number} */ value) {
  for (let at = 0; at < text.length; at += 1) {
    value = Math.imul(value ^ text.charCodeAt(at), 2654435761);
    value ^= value >>> 15;
  }
  return value >>> 0;
}

/** @template T @param {() => T} work @returns {T | null} null where localStorage fails */
const attempt = (work) => {
  try {
    return work();
  } catch {
    return null;
  }
};

const keyOf = (/** @type {string} */ scope) => `${RESERVE} ${hash(scope)}`;

/** What is no generation of ours counts as none. */
const stored = (/** @type {string} */ scope) =>
  Number(/^\d{1,15}$/.exec(localStorage.getItem(keyOf(scope)) ?? '') ?? 0);

/** @param {string} scope @param {number} step */
const advance = (scope, step) =>
  attempt(() => {
    const next = (stored(scope) || Math.ceil(Math.random() * 2 ** 32) * STEP) + step;
    const put = () => localStorage.setItem(keyOf(scope), String(next));
    readAt = NaN;
    try {
      put();
    } catch {
      localStorage.removeItem(RESERVE);
      put();
    }
    // A stand-in may keep nothing.
    return stored(scope) === next ? next : null;
  });

/**
 * The generation of a scope: 0 where none has begun, null where localStorage cannot be read and written.
 * @param {string} scope
 */
export const read = (scope) =>
  attempt(() => {
    localStorage.setItem(RESERVE, SPACE);
    return stored(scope);
  });

/** The scope that was looked at last, its key, and the storage: `localStorage` itself takes longer than a reading. */
let [lookedAt, itsKey] = ['', ''];
/** @type {Storage} */
let storage;
/** What was read, and when. */
let [generation, readAt] = [0, NaN];

/**
 * The generation of a scope by now, -1 where localStorage fails. It is looked at before messages leave, and read once
 * in a millisecond: what another tab writes is here no sooner.
 * @param {string} scope
 */
export function peek(scope) {
  const now = Date.now();
  try {
    if (scope !== lookedAt) {
      storage = localStorage;
      [lookedAt, itsKey, readAt] = [scope, keyOf(scope), NaN];
    }
    if (now !== readAt) {
      generation = Number(storage.getItem(itsKey) ?? 0);
      readAt = now;
    }
    return generation;
  } catch {
    readAt = NaN;
    return -1;
  }
}

/** The generation of a scope, begun where there was none. @param {string} scope */
export function begin(scope) {
  const generation = read(scope);
  return generation === 0 ? advance(scope, 0) : generation;
}

/** Ends the generation of a scope, and its subject. Answers the new one. @param {string} scope */
export const raise = (scope) => advance(scope, 1);

/** Whether a scope had a logout since its first generation. @param {number} generation */
export const isRaised = (generation) => generation % STEP > 0;

/**
 * The hash of the subject that was accepted first in this generation, or ''. It has a key of its own:
 * writing it never undoes a logout in another tab.
 * @param {string} scope
 */
export const subjectOf = (scope) =>
  attempt(() => {
    const [generation, subject] = String(localStorage.getItem(`${keyOf(scope)} s`)).split(' ');
    return Number(generation) === stored(scope) && subject;
  }) || '';

/**
 * How far each feed had come in this generation.
 * @param {string} scope @returns {Record<string, string>}
 */
export const positionsOf = (scope) =>
  attempt(() => {
    const [generation, kept] = JSON.parse(localStorage.getItem(`${keyOf(scope)} f`) ?? '');
    return generation === stored(scope) && kept;
  }) || {};

/** @param {string} scope @param {(kept: Record<string, string>) => void} change */
export const keepPositions = (scope, change) =>
  attempt(() => {
    const kept = positionsOf(scope);
    change(kept);
    for (const key of Object.keys(kept).slice(0, -MOST_POSITIONS)) delete kept[key];
    localStorage.setItem(`${keyOf(scope)} f`, JSON.stringify([begin(scope), kept]));
  });

/** Without localStorage a subject that changes is not noticed. @param {string} scope @param {string} subject */
export const keepSubject = (scope, subject) =>
  attempt(() => localStorage.setItem(`${keyOf(scope)} s`, `${begin(scope)} ${hash(subject)}`));
