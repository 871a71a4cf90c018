// Reads and describes values from the app: ids, errors, options.

/**
 * A user's id as text; null if nobody is logged in.
 *
 * @param {unknown} user what the app's `userId` returned
 * @throws {TypeError} if it is no id: 'NaN', '[object Object]' or '[object Promise]' would be one id for all users
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
 * Describes a value for an error message. Never quotes a text, which may be a secret.
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
 * Prints a failure. Of an error only the stack is printed: a store's client may attach the failed command to the error,
 * with keys, ids and answers.
 *
 * @param {string} what
 * @param {any} error
 */
export function printFailure(what, error) {
  let text = 'an error that cannot be shown';
  try {
    text = String(error?.stack ?? error);
  } catch {
    // A getter of the app threw.
  }
  console.error(`holdfast/server: ${what}`, text);
}

/** @param {unknown} value @returns {value is PromiseLike<unknown>} */
export function isThenable(value) {
  return typeof (/** @type {{ then?: unknown } | null | undefined} */ (value)?.then) === 'function';
}

/** An invalid argument. */
export class Misuse extends TypeError {}

/**
 * Checks the arguments of a function. Arguments that throw when they are read are refused like invalid ones.
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
    throw isMisuse(error) ? error : new Misuse(`${name}: its arguments cannot be read`);
  }
}

/** Never throws, for an exception that may be anything. @param {unknown} error */
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
