// The payloads of the contenders: messages of 200 bytes, including the id that each gets.

const BYTES = 200;
/** An id with the length of the package's ids. */
const ID_LENGTH = 'temp_'.length + 24;

/** Messages without an id, for who gives them one. @param {number} count */
export const payloads = (count) => Array.from({ length: count }, (_, i) => padded(i, undefined));

/** The same with an id, for who doesn't. @param {number} count */
export const payloadsWithId = (count) =>
  Array.from({ length: count }, (_, i) => padded(i, `temp_${String(i).padStart(24, '0')}`));

function padded(number, id) {
  const message = { recipientId: 'bob', content: `message ${number} ` };
  const size = JSON.stringify({ ...message, _tempId: 'x'.repeat(ID_LENGTH) }).length;
  message.content = message.content.padEnd(message.content.length + BYTES - size, '.');
  return id === undefined ? message : { ...message, _tempId: id };
}
