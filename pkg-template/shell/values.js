/**
 * JavaScript's values as the module has them: by their places on a stack, on which each call of it puts what it gets, and
 * from which all that goes when the call returns. So no value outlives a call, nothing in the module keeps a client from
 * being collected, and there is nothing to free. None of the functions that the module calls throws: what was thrown
 * is kept, and the answer is 0. The other half is `src/web/value.rs`.
 */

/** Some stay: those that the module knows by number, 48 small numbers, and its names. @type {any[]} */
const stack = [null, undefined, true, false, Object, Array, Reflect, JSON, ...Array(48).keys()];
const FIRST_NAME = stack.length;
let top = FIRST_NAME;
/** @type {unknown} */
let thrown;

const push = (/** @type {unknown} */ value) => {
  stack[top] = value;
  top += 1;
  return top - 1;
};

/** A property: by a value, or an index by a negative number. */
const key = (/** @type {number} */ at) => (at < 0 ? ~at : stack[at]);

const caught = (/** @type {unknown} */ error) => {
  thrown = error;
  return 0;
};

/** Answers `undefined` where there is nothing to be read. @param {number} of @param {number} name */
export function get(of, name) {
  try {
    return push(stack[of]?.[key(name)]);
  } catch {
    return 1;
  }
}

/** @param {number} of @param {number} name @param {number} to */
export function set(of, name, to) {
  try {
    stack[of][stack[name]] = stack[to];
  } catch {
    // What cannot be written to stays as it is.
  }
}

/**
 * Calls a method, with as many arguments as are not 0.
 * @param {number} of @param {number} name @param {number} a @param {number} b @param {number} c
 */
export function call(of, name, a, b, c) {
  try {
    const self = stack[of];
    const method = stack[name];
    if (c) return push(self[method](stack[a], stack[b], stack[c]));
    if (b) return push(self[method](stack[a], stack[b]));
    return push(a ? self[method](stack[a]) : self[method]());
  } catch (error) {
    return caught(error);
  }
}

export { push as number };

/** NaN where it is none. @param {number} of */
export function toNumber(of) {
  try {
    return Number(stack[of]);
  } catch {
    return Number.NaN;
  }
}

/** What it counts as: nothing, something, or one of three that are told apart. @param {number} of */
export function kind(of) {
  const value = stack[of];
  if (!value) return 0;
  if (typeof value === 'function') return 2;
  if (typeof value === 'string') return 3;
  return Array.isArray(value) ? 4 : 1;
}

/** @param {number} of @param {number} other */
export const is = (of, other) => stack[of] === stack[other];

/**
 * A call of the module begins.
 * @param {unknown[]} parts @param {unknown} subject @param {unknown} said
 * @returns the place of the first of its values
 */
export function begin(parts, subject, said) {
  const first = push(parts);
  push(parts[0]);
  push(parts[1]);
  push(subject);
  push(said);
  return first;
}

/**
 * It is over.
 * @param {number} first @param {number} answer
 * @throws what was thrown, where it answers 0
 */
export function end(first, answer) {
  const value = stack[answer];
  while (top > first) {
    top -= 1;
    stack[top] = undefined;
  }
  if (answer) return value;
  const error = thrown;
  thrown = undefined;
  throw error;
}

/** What was thrown last. */
export const lastThrown = () => thrown;

/** @param {WebAssembly.Memory} memory @param {number} at where they are there */
export function readNames(memory, at) {
  // Another module has the same ones.
  if (top > FIRST_NAME) return;
  const bytes = new Uint8Array(memory.buffer, at);
  const text = String.fromCharCode(...bytes.subarray(0, bytes.indexOf(0)));
  text.split('|').forEach(push);
}
