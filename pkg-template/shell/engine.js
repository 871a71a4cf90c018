/**
 * Loads the engine and drives it: one clock, one timer, and its orders carried out one by one.
 *
 * The wasm is inlined and made at the first call, so importing the package does nothing, and needs no
 * bundler setting, no fetch and no waiting.
 */

import { settingNumbers } from 'holdfast:settings';
import text, { reader } from 'holdfast:wasm';
import { decode } from '../wasm-text.js';
import { createClock, unref } from './clock.js';
import { HoldfastError } from './errors.js';
import { CLAIM, CODES, FIELDS, ORDERS, TOLD } from './numbers.js';
import { report } from './report.js';

/** @type {typeof import('../../target/package/holdfast_bg.wasm')} */
let wasm;

function load() {
  if (wasm) return;
  try {
    const module = new WebAssembly.Module(decode(text, reader));
    // It imports what names a mistake that cannot occur, as nobody calls the engine from within, and traps then.
    const imports = { './holdfast_bg.js': new Proxy({}, { get: () => () => {} }) };
    wasm = /** @type {any} */ (new WebAssembly.Instance(module, imports).exports);
  } catch (error) {
    throw new HoldfastError(
      'WASM_UNAVAILABLE',
      `WebAssembly cannot run here. A Content-Security-Policy needs 'wasm-unsafe-eval' in its script-src. (${error})`,
    );
  }
}

/**
 * An engine, by its place in the module's memory, where it is freed once nothing can call it any more.
 * @typedef {{ at: number }} Driver
 */

/** @type {FinalizationRegistry<number> | undefined} */
let unreachable;

/** @param {number} now @returns {Driver} */
function createDriver(now) {
  load();
  const driver = { at: wasm.driver_new(now, Math.random()) };
  if (globalThis.FinalizationRegistry) {
    unreachable ??= new FinalizationRegistry((at) => wasm.__wbg_driver_free(at, 1));
    unreachable.register(driver, driver.at);
  }
  return driver;
}

/**
 * @typedef {Exclude<typeof ORDERS[number], 'none'>} Order
 * @typedef {ReturnType<typeof createEngine>} Engine
 */

const TRANSMIT = ORDERS.indexOf('transmit');
const LOOK = ORDERS.indexOf('look');

/** Browsers take a longer delay for none at all (D5). */
const MAX_DELAY_MS = 2 ** 31 - 1;
/** What a dead engine answers to a send: that it is closed. */
const CLOSED = -(CODES.indexOf('CLOSED') + CLAIM.retryable);

/**
 * An engine whose calls never throw. A trap inside wasm leaves its memory in an unknown state, so after
 * one the engine is never called again, and `onDeath` settles what waits (D6).
 *
 * @param {import('../types/settings.d.ts').Settings} settings
 * @param {Record<Order, (...fields: any[]) => void>} handlers who carry out the orders. They run with no
 *   wasm frame beneath them (D1) and may call the engine again: that changes its state at once, and the
 *   orders that follow from it are carried out by the loop that is already running (D2).
 * @param {(error: unknown) => void} onDeath
 */
export function createEngine(settings, handlers, onDeath) {
  /** @type {Driver | null} */
  let driver = null;
  /** Those of the order that was polled last. */
  let fields = new Float64Array(0);
  const actions = ORDERS.map((name) => handlers[/** @type {Order} */ (name)]);
  let isDraining = false;
  /** When the timer fires. It is never set later, as one that fires for nothing is cheaper. */
  let armedFor = Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const die = (/** @type {unknown} */ error) => {
    driver = null;
    clearTimeout(timer);
    onDeath(error);
  };

  const now = createClock((time) => {
    // The timer knows nothing of the time that passed.
    armedFor = Infinity;
    if (driver) wasm.driver_tell(driver.at, TOLD.woke, time, 0, 0, 0, 0, 0, 0);
  });

  const drain = () => {
    if (isDraining) return;
    isDraining = true;
    let hasLeft = false;
    try {
      let order = poll();
      for (; order > 0; order = poll()) {
        // A memory that has grown is another one.
        if (fields.length === 0) fields = view();
        try {
          actions[order](fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]);
        } catch (error) {
          report(error);
        }
        hasLeft ||= order === TRANSMIT;
        // Between two groups socket.io-client hands what it has to the network, which is at work then
        // while the next group is encoded.
        if (order === LOOK && hasLeft) return queueMicrotask(drain);
      }
      arm(-order);
    } catch (error) {
      die(error);
    } finally {
      isDraining = false;
    }
  };

  // Nothing here needs the time, which costs as much to read as the rest.
  const poll = () =>
    driver ? wasm.driver_tell(driver.at, TOLD.poll, 0, 0, 0, 0, 0, 0, 0) : -Infinity;

  const view = () => {
    // The call may grow the memory, so the buffer is read after it.
    const at = put(TOLD.fields);
    return new Float64Array(wasm.memory.buffer, at, FIELDS);
  };

  const arm = (/** @type {number} */ at) => {
    const isNever = at === Infinity;
    if (at >= armedFor && !isNever) return;
    clearTimeout(timer);
    armedFor = at;
    if (isNever) return;
    timer = setTimeout(fire, Math.min(Math.max(at - now(), 0), MAX_DELAY_MS));
    unref(timer, settings.io);
  };

  const fire = () => {
    armedFor = Infinity;
    engine.tell(TOLD.timeout);
  };

  /**
   * Never throws: after a trap the engine is never called again.
   * @param {number} what
   * @param {any} [a] @param {any} [b] @param {any} [c] @param {any} [d] @param {any} [e] @param {any} [f]
   */
  const put = (what, a, b, c, d, e, f) => {
    try {
      return driver ? wasm.driver_tell(driver.at, what, now(), a, b, c, d, e, f) : CLOSED;
    } catch (error) {
      die(error);
      return CLOSED;
    }
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
    note: (what, a, b, c, d, e, f) => put(what, a, b, c, d, e, f),

    /**
     * Takes a message and answers its number, or a negative one by the table `CLAIM` for why not. Nothing is carried out
     * before `drain`, so that the caller can note down whose number it is.
     * @param {number} lane a number for its key, or the message that has the id
     * @param {number} bytes
     * @param {number} flags
     * @param {number} ttlMs
     * @param {number} ackTimeoutMs 0 for the configuration's
     * @param {number} print a number for what it is kept as, 0 where it is not
     */
    send: (lane, bytes, flags, ttlMs, ackTimeoutMs, print) =>
      put(TOLD.send, lane, bytes, flags, ttlMs, ackTimeoutMs, print),

    drain,
    now,

    /** @param {import('../types/settings.d.ts').Settings} next */
    configure(next) {
      for (const [index, number] of settingNumbers(next).entries()) put(TOLD.set, index, number);
      put(TOLD.configure);
    },
  };

  try {
    driver = createDriver(now());
  } catch (error) {
    onDeath(error);
  }
  engine.configure(settings);
  return engine;
}
