/**
 * Gives the module access to JavaScript's values, by their indexes on a stack. Each call of the module pushes its
 * arguments; what it pushes further is popped when it returns. So no value outlives a call, nothing in the module keeps a
 * client from being collected, and nothing has to be freed. None of the functions that the module calls throws: an
 * exception is kept, and the answer is 0. The other half is `src/web/value.rs`.
 */

/** The values at the bottom stay: the constants that the module knows by index, 48 small numbers, and its names. @type {any[]} */
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

/** A property name: the value at an index, or for a negative number an array index. */
const key = (/** @type {number} */ at) => (at < 0 ? ~at : stack[at]);

const caught = (/** @type {unknown} */ error) => {
  thrown = error;
  return 0;
};

/** Reads a property; `undefined` if that fails. @param {number} of @param {number} name */
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
    // A value that cannot be written to stays as it is.
  }
}

/**
 * Calls a method with up to three arguments; 0 is no argument.
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

/** A value as a number; NaN if that fails. @param {number} of */
export function toNumber(of) {
  try {
    return Number(stack[of]);
  } catch {
    return Number.NaN;
  }
}

/** The kind of a value: 0 falsy, 1 any other, 2 function, 3 string, 4 array. @param {number} of */
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
 * Begins a call of the module: pushes the values that it gets.
 * @param {unknown[]} parts @param {unknown} subject @param {unknown} data
 * @returns the index of the first of them
 */
export function begin(parts, subject, data) {
  const first = push(parts);
  push(parts[0]);
  push(parts[1]);
  push(subject);
  push(data);
  return first;
}

/**
 * Ends a call: pops its values.
 * @param {number} first @param {number} answer
 * @returns the value at `answer`
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

/** The last exception. */
export const lastThrown = () => thrown;

/** Pushes the module's names, which stay. @param {WebAssembly.Memory} memory @param {number} at their address in it */
export function readNames(memory, at) {
  // Pushed already: every module has the same names.
  if (top > FIRST_NAME) return;
  const bytes = new Uint8Array(memory.buffer, at);
  const text = String.fromCharCode(...bytes.subarray(0, bytes.indexOf(0)));
  text.split('|').forEach(push);
}
