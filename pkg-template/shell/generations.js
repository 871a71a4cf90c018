/**
 * Logout generations of a scope (a server and a user): each logout begins a new one, which makes everything saved before
 * void. They are in localStorage, which is written synchronously, so that a logout takes effect even if the page navigates
 * away at once. Hashes, accepted subjects and positions of feeds are here too.
 *
 * Generations are compared for equality. The first one of a scope is random: if an app clears localStorage at a logout,
 * an earlier generation must not come back.
 */

const RESERVE = 'holdfast';
/** Reserves space: it is removed if localStorage is full when a logout has to be written. */
const SPACE = ' '.repeat(200);
/** The most positions of feeds for one user; those that were saved last stay. */
const MOST_POSITIONS = 200;
/** First generations are multiples of this; each logout adds 1. */
const STEP = 2 ** 16;

/**
 * A hash of 64 bits, from two seeds. Not cryptographic: it hides a text from a glance, not from an attacker.
 * @param {string} text
 */
export const hash = (text) => [mix(text, 1), mix(text, 2)].join('-');

/** The fingerprint of a text: a hash of 53 bits, by which the client knows texts. @param {string} text */
export const printOf = (text) => mix(text, 1) * 2 ** 21 + (mix(text, 2) >>> 11);

/** The same fingerprint, from `hash` of the text; 0 from ''. @param {string} hashed */
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

/** @template T @param {() => T} work @returns {T | null} null if localStorage fails */
const attempt = (work) => {
  try {
    return work();
  } catch {
    return null;
  }
};

const keyOf = (/** @type {string} */ scope) => `${RESERVE} ${hash(scope)}`;

/** The stored generation; 0 if there is none, or it is malformed. */
const stored = (/** @type {string} */ scope) =>
  Number(/^\d{1,15}$/.exec(localStorage.getItem(keyOf(scope)) ?? '') ?? 0);

/** Adds to the generation of a scope, and begins one if there is none. @param {string} scope @param {number} step */
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
    // A polyfill may store nothing.
    return stored(scope) === next ? next : null;
  });

/**
 * The generation of a scope: 0 if none has begun, null if localStorage cannot be read and written.
 * @param {string} scope
 */
export const read = (scope) =>
  attempt(() => {
    localStorage.setItem(RESERVE, SPACE);
    return stored(scope);
  });

/** A cache of `peek`: the last scope, its key, and the storage: the getter `localStorage` is slower than a read. */
let [lookedAt, itsKey] = ['', ''];
/** @type {Storage} */
let storage;
/** The last result of `peek`, and its time. */
let [generation, readAt] = [0, NaN];

/**
 * The current generation of a scope; -1 if localStorage fails. Called before messages are sent, so it reads at most once
 * a millisecond: changes by other tabs do not arrive sooner.
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

/** The generation of a scope, which is begun if there is none. @param {string} scope */
export function begin(scope) {
  const generation = read(scope);
  return generation === 0 ? advance(scope, 0) : generation;
}

/** Begins the next generation of a scope, which forgets its subject. Returns the new one. @param {string} scope */
export const raise = (scope) => advance(scope, 1);

/** Whether a scope had a logout since its first generation. @param {number} generation */
export const isRaised = (generation) => generation % STEP > 0;

/**
 * The hash of the subject that was accepted in this generation, or ''. It has a key of its own, so that writing it never
 * undoes a logout in another tab.
 * @param {string} scope
 */
export const subjectOf = (scope) =>
  attempt(() => {
    const [generation, subject] = String(localStorage.getItem(`${keyOf(scope)} s`)).split(' ');
    return Number(generation) === stored(scope) && subject;
  }) || '';

/**
 * The saved positions of feeds in this generation.
 * @param {string} scope @returns {Record<string, string>}
 */
export const positionsOf = (scope) =>
  attempt(() => {
    const [generation, kept] = JSON.parse(localStorage.getItem(`${keyOf(scope)} f`) ?? '');
    return generation === stored(scope) && kept;
  }) || {};

/** Changes the saved positions of feeds. @param {string} scope @param {(kept: Record<string, string>) => void} change */
export const keepPositions = (scope, change) =>
  attempt(() => {
    const kept = positionsOf(scope);
    change(kept);
    for (const key of Object.keys(kept).slice(0, -MOST_POSITIONS)) delete kept[key];
    localStorage.setItem(`${keyOf(scope)} f`, JSON.stringify([begin(scope), kept]));
  });

/** Saves the accepted subject. Without localStorage, a change of the subject is not noticed. @param {string} scope @param {string} subject */
export const keepSubject = (scope, subject) =>
  attempt(() => localStorage.setItem(`${keyOf(scope)} s`, `${begin(scope)} ${hash(subject)}`));
