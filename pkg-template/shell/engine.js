/** Drives the engine: one timer, and its orders carried out one by one. */

import { settingNumbers } from 'holdfast:settings';
import { FIELDS, ORDER, TOLD } from './numbers.js';
import { report } from './report.js';
import { later } from './timer.js';

/** @typedef {ReturnType<typeof createEngine>} Engine */

/**
 * An engine whose calls never throw.
 *
 * @param {import('./driver.js').Driver} driver
 * @param {import('../types/settings.d.ts').Settings} settings
 */
export function createEngine(driver, settings) {
  const { poll, tell: put } = driver;
  /** Those of the order that was polled last. */
  let fields = new Float64Array(0);
  /** Where they are. @type {unknown} */
  let memory;
  /** By the table `ORDER`; none before the start. @type {Record<number, (...fields: any[]) => void>} */
  let actions = {};
  let isDraining = true;
  /** The one that there is (D5). @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const drain = () => {
    if (isDraining) return;
    isDraining = true;
    let hasLeft = false;
    try {
      let order = poll();
      for (; order > 0; order = poll()) {
        // A memory that has grown is another one: of WebAssembly the buffer, of the module as JavaScript the object too.
        if (fields.length === 0 || memory !== driver.memory()) fields = view();
        if (fields.length === 0) break;
        try {
          actions[order](fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]);
        } catch (error) {
          report(error);
        }
        hasLeft ||= order === ORDER.transmit;
        // Between two groups socket.io-client hands what it has to the network, which is at work then
        // while the next group is encoded.
        if (order === ORDER.look && hasLeft) return queueMicrotask(drain);
      }
      if (order < 0) arm(-1 - order);
    } finally {
      isDraining = false;
    }
  };

  const view = () => {
    // The call may grow the memory, so that is asked for after it.
    const at = put(TOLD.fields);
    const its = driver.memory();
    memory = its;
    return its ? new Float64Array(its.buffer, at, FIELDS) : fields;
  };

  const arm = (/** @type {number} */ ms) => {
    clearTimeout(timer);
    if (ms < Infinity) timer = later(() => engine.tell(TOLD.timeout), ms, settings.io);
  };

  const engine = {
    /**
     * A command or a fact, and the numbers that come with it; then every order that follows from it.
     * @param {number} what one of `TOLD`
     * @param {number | boolean} [a]
     * @param {number | boolean} [b]
     * @param {number | boolean} [c]
     * @param {number | boolean} [d]
     * @param {number | boolean} [e]
     * @param {number | boolean} [f]
     */
    tell(what, a, b, c, d, e, f) {
      put(what, a, b, c, d, e, f);
      drain();
    },

    /**
     * The same without the orders, where none is expected or more is to be told first. Answers a number where
     * one is asked for.
     * @param {number} what one of `TOLD`
     * @param {number | boolean} [a]
     * @param {number | boolean} [b]
     * @param {number | boolean} [c]
     * @param {number | boolean} [d]
     * @param {number | boolean} [e]
     * @param {number | boolean} [f]
     */
    note: put,

    drain,
    now: driver.now,
    isDead: () => driver.memory() === undefined,

    /**
     * Until here nothing was carried out. When the driver dies, or has by now, `onDeath` settles what waits (D6).
     * @param {typeof actions} handlers who carry out the orders. They run with no frame
     *   of the engine's beneath them (D1) and may call it again: that changes its state at once, and the orders that
     *   follow from it are carried out by the loop that is already running (D2).
     * @param {(error: unknown) => void} onDeath
     */
    start(handlers, onDeath) {
      actions = handlers;
      isDraining = false;
      driver.listen((error) => {
        clearTimeout(timer);
        onDeath(error);
      });
    },

    /** @param {import('../types/settings.d.ts').Settings} next */
    configure(next) {
      for (const [index, number] of settingNumbers(next).entries()) put(TOLD.set, index, number);
      put(TOLD.configure);
    },
  };

  engine.configure(settings);
  return engine;
}
