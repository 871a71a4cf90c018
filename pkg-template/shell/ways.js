/** The ways to send: what settles a message as a success, and what happens to it without a link. */

import { call } from './report.js';

/**
 * @typedef {'acked' | 'always' | 'received' | 'latest' | 'volatile'} Way `always`: by the server's
 *   acknowledgement alone
 *
 * @param {import('../types/settings.d.ts').Settings} settings
 * @param {string} event
 * @param {{ way?: Way | undefined, key?: unknown, repeat?: boolean | undefined }} given the options of `send`, which override the option `ways`
 * @param {unknown} data
 * @returns {{ way: Way, key: unknown, repeat: boolean | undefined }}
 */
export function wayOf({ ways, send }, event, given, data) {
  const { way, key, repeat } = optionOf(ways[event]);
  const { ack } = send;
  const byDefault = ack === undefined ? 'acked' : ack ? 'always' : 'received';
  return {
    way: given.way ?? way ?? byDefault,
    key: given.key ?? call(key, data),
    repeat: given.repeat ?? repeat,
  };
}

/**
 * The entry of the option `ways` for an event, as an object.
 * @param {any} option
 * @returns {{ way?: Way, key?: (data: any) => unknown, repeat?: boolean }}
 */
export const optionOf = (option) => (option?.way ? option : { way: option });

export const WAYS = ['acked', 'received', 'latest', 'volatile'];

/** Further fields of such an entry. @type {Record<string, string>} */
const BESIDE = { key: 'function', repeat: 'boolean' };

/** @param {any} value */
export const isWay = (value) =>
  WAYS.includes(value) ||
  (WAYS.includes(value?.way) &&
    Object.entries(value).every(
      ([name, one]) => name === 'way' || one === undefined || typeof one === BESIDE[name],
    ));
