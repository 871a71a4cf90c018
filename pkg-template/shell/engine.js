/**
 * Loads the engine and drives it: one clock, one timer, and its orders carried out one by one.
 *
 * The wasm is inlined and made at the first call, so importing the package does nothing, and needs no
 * bundler setting, no fetch and no waiting.
 */

import * as glue from 'holdfast:glue';
import text, { reader } from 'holdfast:wasm';
import { decode } from '../wasm-text.js';
import { createClock } from './clock.js';
import { HoldfastError } from './errors.js';
import { configNumbers, FIELDS, ORDERS } from './numbers.js';
import { report } from './report.js';

/** @type {WebAssembly.Memory | undefined} */
let memory;

function load() {
  if (memory) return;
  try {
    const module = new WebAssembly.Module(decode(text, reader));
    const { exports } = new WebAssembly.Instance(module, { './holdfast_bg.js': { ...glue } });
    glue.__wbg_set_wasm(exports);
    /** @type {() => void} */ (exports.__wbindgen_start)();
    memory = /** @type {WebAssembly.Memory} */ (exports.memory);
  } catch (error) {
    throw new HoldfastError(
      'WASM_UNAVAILABLE',
      `WebAssembly cannot run here. A Content-Security-Policy needs 'wasm-unsafe-eval' in its script-src. (${error})`,
    );
  }
}

const view = (/** @type {glue.Driver} */ driver) =>
  new Float64Array(/** @type {WebAssembly.Memory} */ (memory).buffer, driver.fields(), FIELDS);

/**
 * @typedef {'cancel' | 'open' | 'close' | 'forget' | 'destroy' | 'authorized' | 'linkUp' | 'linkDown' |
 *   'joined' | 'joinRejected' | 'acked' | 'stored' | 'withheld' | 'restored' | 'ponged' | 'heard' | 'woke' | 'timeout'} Told
 * @typedef {Exclude<typeof ORDERS[number], 'none'>} Order
 * @typedef {ReturnType<typeof createEngine>} Engine
 */

/** Messages that leave in one go. */
const AT_ONCE = 16;
const TRANSMIT = ORDERS.indexOf('transmit');

/** Browsers take a longer delay for none at all (D5). */
const MAX_DELAY_MS = 2 ** 31 - 1;
/** What a dead engine answers to a send: the number of `CLOSED`. */
const CLOSED = -2;

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
  /** @type {glue.Driver | null} */
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
    driver?.woke(time);
  });

  const drain = () => {
    if (isDraining) return;
    isDraining = true;
    let left = AT_ONCE;
    try {
      while (driver) {
        // Between two groups socket.io-client hands what it has to the network, which is at work then
        // while the next group is encoded.
        if (left === 0) {
          queueMicrotask(drain);
          break;
        }
        const order = driver.poll();
        if (order === 0) break;
        if (order === TRANSMIT) left -= 1;
        // A memory that has grown is another one.
        if (fields.length === 0) fields = view(driver);
        try {
          actions[order](fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]);
        } catch (error) {
          report(error);
        }
      }
      arm();
    } catch (error) {
      die(error);
    } finally {
      isDraining = false;
    }
  };

  const arm = () => {
    const at = driver ? driver.nextTimeout() : -1;
    if (at >= armedFor) return;
    clearTimeout(timer);
    armedFor = at < 0 ? Infinity : at;
    if (at >= 0) timer = setTimeout(fire, Math.min(Math.max(at - now(), 0), MAX_DELAY_MS));
  };

  const fire = () => {
    armedFor = Infinity;
    engine.tell('timeout');
  };

  const engine = {
    /**
     * A command or a fact, by the name and with the arguments that the driver has for it; then every
     * order that follows from it.
     * @param {Told} what
     * @param {number | boolean} [a]
     * @param {number | boolean} [b]
     * @param {number | boolean} [c]
     * @param {number | boolean} [d]
     */
    tell(what, a, b, c, d) {
      engine.note(what, a, b, c, d);
      drain();
    },

    /**
     * The same without the orders, where none is expected or more is to be told first.
     * @param {Told} what
     * @param {number | boolean} [a]
     * @param {number | boolean} [b]
     * @param {number | boolean} [c]
     * @param {number | boolean} [d]
     */
    note(what, a, b, c, d) {
      try {
        if (driver) /** @type {any} */ (driver)[what](now(), a, b, c, d);
      } catch (error) {
        die(error);
      }
    },

    /**
     * Takes a message and answers its number, or a negative one for why not. Nothing is carried out
     * before `drain`, so that the caller can note down whose number it is.
     * @param {number} lane
     * @param {number} bytes
     * @param {number} flags
     * @param {number} ttlMs
     */
    send(lane, bytes, flags, ttlMs) {
      try {
        return driver ? driver.send(now(), lane, bytes, flags, ttlMs) : CLOSED;
      } catch (error) {
        die(error);
        return CLOSED;
      }
    },

    /** What a message waits for, by `STANDINGS`. @param {number} seq */
    standing: (seq) => driver?.standing(now(), seq) ?? 0,

    /** Nothing leaves before `restored` is told. */
    restore: () => driver?.restore(),

    drain,
    now,

    /** @param {import('../types/settings.d.ts').Settings} next */
    configure(next) {
      try {
        for (const [index, number] of configNumbers(next).entries()) driver?.set(index, number);
        driver?.configure();
      } catch (error) {
        die(error);
      }
    },
  };

  try {
    load();
    driver = new glue.Driver(now(), Math.random());
    engine.configure(settings);
  } catch (error) {
    onDeath(error);
  }
  return engine;
}
