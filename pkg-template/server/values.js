// What the parts of holdfast/server make of values that they were given.

/**
 * A user's id as text, null where nobody is logged in.
 *
 * @param {unknown} user what the app's `userId` answered
 * @throws {TypeError} on what is no id: 'NaN', '[object Object]' or '[object Promise]' would make one user of all
 */
export function idText(user) {
  if (user === undefined || user === null || user === '') return null;
  const text = ['string', 'number', 'bigint', 'object'].includes(typeof user) ? String(user) : '';
  if (text === '' || text === 'NaN' || text.startsWith('[object ')) {
    throw new TypeError(`userId takes a function that answers an id, got ${show(user)} from it`);
  }
  return text;
}

/**
 * What a value is, in a message about it. A text is never quoted: it may be a secret.
 *
 * @param {unknown} value
 */
export function show(value) {
  if (value === '') return 'an empty string';
  if (value === null || ['number', 'boolean', 'undefined'].includes(typeof value))
    return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/**
 * Prints a failure with where it happened. Of an error its stack alone is printed: a store's client puts the command
 * that failed on it, with keys, ids and answers.
 *
 * @param {string} what
 * @param {any} error
 */
export function printFailure(what, error) {
  let text = 'an error that cannot be shown';
  try {
    text = String(error?.stack ?? error);
  } catch {
    // A getter of the app's threw.
  }
  console.error(`holdfast/server: ${what}`, text);
}

/** @param {unknown} value @returns {value is PromiseLike<unknown>} */
export function isThenable(value) {
  return typeof (/** @type {{ then?: unknown } | null | undefined} */ (value)?.then) === 'function';
}

/** What is wrong with an argument. */
export class Misuse extends TypeError {}

/**
 * Runs the checks of what a function was given. What cannot even be read is refused as what is wrong is.
 *
 * @template T
 * @param {string} name of the function
 * @param {() => T} check
 * @returns {T}
 * @throws {TypeError}
 */
export function checking(name, check) {
  try {
    return check();
  } catch (error) {
    throw isMisuse(error) ? error : new Misuse(`${name}: what it was given cannot be read`);
  }
}

/** Of an exception that may be anything. @param {unknown} error */
function isMisuse(error) {
  try {
    return error instanceof Misuse;
  } catch {
    return false;
  }
}

/**
 * Refuses a misspelt option.
 *
 * @param {string} name of the function
 * @param {object} options
 * @param {string[]} known
 */
export function checkNames(name, options, known) {
  for (const option of Object.keys(options)) {
    if (!known.includes(option)) {
      throw new Misuse(`${name}: there is no option ${option}; it takes ${known.join(', ')}`);
    }
  }
}
