/** What this server has shown of itself, kept for later lives of the page. */

import { TOLD } from './numbers.js';

/** More events than an app has. */
const MOST_EVENTS = 1000;

/**
 * @param {string} endpoint names the server; nothing of it is secret
 * @param {import('./engine.js').Engine} engine is told of each event of which something is known
 */
export function createKnown(endpoint, engine) {
  const key = `holdfast server ${endpoint}`;
  /** Whether the server acknowledges an event, and whether it gives no receipts. */
  /** @type {{ events: Record<string, boolean>, isReceiptless: boolean }} */
  const known = { events: Object.create(null), isReceiptless: false };
  try {
    const { events, isReceiptless } = JSON.parse(localStorage.getItem(key) ?? '{}');
    Object.assign(known.events, events);
    known.isReceiptless = isReceiptless === true;
  } catch {
    // Nothing is known, or storage is blocked.
  }
  const write = () => {
    try {
      localStorage.setItem(key, JSON.stringify(known));
    } catch {
      // It is found out again in the next life.
    }
  };
  /** @type {Map<string, number>} */
  const numbers = new Map();

  return {
    isReceiptless: () => known.isReceiptless,

    /** The engine's number for an event; 0 is any that nothing is remembered of. @param {string} event */
    numberOf(event) {
      const number = numbers.get(event);
      if (number !== undefined || numbers.size >= MOST_EVENTS) return number ?? 0;
      numbers.set(event, numbers.size + 1);
      if (typeof known.events[event] === 'boolean')
        engine.note(TOLD.learn, numbers.size, known.events[event]);
      return numbers.size;
    },

    /** @param {number} number @param {boolean} answers @returns {string} the event */
    keepAnswers(number, answers) {
      const event = [...numbers.keys()][number - 1];
      known.events[event] = answers;
      write();
      return event;
    },

    withoutReceipts() {
      known.isReceiptless = true;
      write();
    },
  };
}
