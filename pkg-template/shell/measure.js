/** Measures a message as it is on the wire. */

import { isBinary, utf8Length, withBigInts } from './payload.js';

/** The bytes that socket.io adds to an event and its arguments. */
const ENVELOPE_BYTES = 40;

/**
 * The size of a message's largest packet. Binary data is sent in packets of its own, over polling as base64.
 * @param {string} event
 * @param {any[]} args
 * @param {boolean} isPolling
 */
export function largestPacket(event, args, isPolling) {
  let largest = 0;
  const text = JSON.stringify([event, ...args], (_key, value) => {
    if (!isBinary(value)) return withBigInts(_key, value);
    const bytes = value.byteLength ?? value.size;
    largest = Math.max(largest, isPolling ? Math.ceil(bytes / 3) * 4 + 1 : bytes);
    return { _placeholder: true, num: 99 };
  });
  return Math.max(largest, utf8Length(text) + ENVELOPE_BYTES);
}
