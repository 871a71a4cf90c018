/** Drives the engine: passes it facts, carries out its orders one by one, and sets its single timer. */

import { settingNumbers } from 'holdfast:settings';
import { FIELDS, ORDER, TOLD } from './numbers.js';
import { report } from './report.js';
import { later } from './timer.js';

/** @typedef {ReturnType<typeof createEngine>} Engine */

/**
 * Wraps a driver as an engine whose calls never throw.
 *
 * @param {import('./driver.js').Driver} driver
 * @param {import('../types/settings.d.ts').Settings} settings
 */
export function createEngine(driver, settings) {
  const { poll, tell: put } = driver;
  /** A view of the fields of the order that was polled last, in the module's memory. */
  let fields = new Float64Array(0);
  /** The memory that `fields` is a view of. @type {unknown} */
  let memory;
  /** Handlers by the table `ORDER`; none before `start`. @type {Record<number, (...fields: any[]) => void>} */
  let actions = {};
  let isDraining = true;
  /** The engine's only timer (D5). @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const drain = () => {
    if (isDraining) return;
    isDraining = true;
    let hasLeft = false;
    try {
      let order = poll();
      for (; order > 0; order = poll()) {
        // Growing detaches the view: WebAssembly replaces the buffer, and the engine as JavaScript replaces the memory
        // object.
        if (fields.length === 0 || memory !== driver.memory()) fields = view();
        if (fields.length === 0) break;
        try {
          actions[order](fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]);
        } catch (error) {
          report(error);
        }
        hasLeft ||= order === ORDER.transmit;
        // Yield between two groups of messages: socket.io-client passes the first one to the network, which sends it
        // while the next one is encoded.
        if (order === ORDER.look && hasLeft) return queueMicrotask(drain);
      }
      if (order < 0) arm(-1 - order);
    } finally {
      isDraining = false;
    }
  };

  const view = () => {
    // Read the memory after this call, which may grow it.
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
     * Passes a command or a fact with its numbers to the engine, then carries out every order that follows from it.
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
     * Like `tell`, but does not carry out orders: for facts that cause none, or when more facts are to come first.
     * Returns the engine's answer.
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
     * Starts carrying out orders. When the driver dies, or has died already, `onDeath` settles the unsettled messages
     * (D6).
     * @param {typeof actions} handlers carry out the orders. They run with no frame of the engine on the stack (D1) and
     *   may call the engine again: that changes its state at once, and the loop that is already running carries out the
     *   orders that follow (D2).
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
