/** How a message may settle as a success, and what becomes of it while there is no link. */

import { call } from './report.js';

/**
 * @typedef {'acked' | 'always' | 'received' | 'latest' | 'volatile'} Way `always`: by the server's
 *   acknowledgement alone
 *
 * @param {import('../types/settings.d.ts').Settings} settings
 * @param {string} event
 * @param {{ way?: Way, key?: unknown }} given what `send` was told, which goes before the option `ways`
 * @param {unknown} data
 * @returns {{ way: Way, key: unknown }}
 */
export function wayOf({ ways, send }, event, given, data) {
  const option = /** @type {any} */ (ways[event]);
  const byOption = typeof option === 'string' ? { way: option } : option;
  const { ack } = send;
  const byDefault = ack === undefined ? 'acked' : ack ? 'always' : 'received';
  return {
    way: given.way ?? byOption?.way ?? byDefault,
    key: given.key ?? call(byOption?.key, data),
  };
}

export const WAYS = ['acked', 'received', 'latest', 'volatile'];

/** @param {any} value */
export const isWay = (value) =>
  WAYS.includes(value) ||
  (WAYS.includes(value?.way) &&
    Object.keys(value).every((name) => name === 'way' || name === 'key') &&
    ['function', 'undefined'].includes(typeof value.key));
