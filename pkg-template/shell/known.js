/**
 * Remembers in localStorage what earlier page loads learned about a server: which events it acknowledges, and whether
 * it gives receipts.
 */

import { TOLD } from './numbers.js';

/** The most events that get a number; apps have fewer. */
const MOST_EVENTS = 1000;

/**
 * @param {string} endpoint names the server, the path and the namespace; has no secrets
 * @param {import('./engine.js').Engine} engine is told what is known of an event as that gets its number
 */
export function createKnown(endpoint, engine) {
  const key = `holdfast server ${endpoint}`;
  /** For each event, whether the server acknowledges it; and whether the server gives no receipts. */
  /** @type {{ events: Record<string, boolean>, isReceiptless: boolean }} */
  const known = { events: Object.create(null), isReceiptless: false };
  try {
    const { events, isReceiptless } = JSON.parse(localStorage.getItem(key) ?? '{}');
    Object.assign(known.events, events);
    known.isReceiptless = isReceiptless === true;
  } catch {
    // Nothing is stored, or storage is blocked.
  }
  const write = () => {
    try {
      localStorage.setItem(key, JSON.stringify(known));
    } catch {
      // The next page load has to learn it again.
    }
  };
  /** @type {Map<string, number>} */
  const numbers = new Map();

  return {
    isReceiptless: () => known.isReceiptless,

    /** The engine's number for an event; 0 for events beyond `MOST_EVENTS`. @param {string} event */
    numberOf(event) {
      const number = numbers.get(event);
      if (number !== undefined || numbers.size >= MOST_EVENTS) return number ?? 0;
      numbers.set(event, numbers.size + 1);
      if (typeof known.events[event] === 'boolean')
        engine.note(TOLD.learn, numbers.size, known.events[event]);
      return numbers.size;
    },

    /** Stores whether the server acknowledges an event. @param {number} number @param {boolean} answers @returns {string} the event */
    keepAnswers(number, answers) {
      const event = [...numbers.keys()][number - 1];
      known.events[event] = answers;
      write();
      return event;
    },

    /** Stores that the server gives no receipts. */
    withoutReceipts() {
      known.isReceiptless = true;
      write();
    },
  };
}
