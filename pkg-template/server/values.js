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
 * A value in a message about it.
 *
 * @param {unknown} value
 */
export function show(value) {
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'object' && value !== null
    ? Object.prototype.toString.call(value)
    : String(value);
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
      throw new TypeError(`${name}: there is no option ${option}; it takes ${known.join(', ')}`);
    }
  }
}
