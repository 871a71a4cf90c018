/**
 * Loads the engine and drives it: one clock, one timer, and its orders carried out one by one.
 *
 * The wasm is inlined and made at the first call, so importing the package does nothing, and needs no
 * bundler setting, no fetch and no waiting.
 */

import { Driver, initSync } from 'holdfast:glue';
import text from 'holdfast:wasm';
import { decode } from '../wasm-text.js';
import { createClock } from './clock.js';
import { HoldfastError } from './errors.js';
import { configNumbers, ORDERS } from './numbers.js';
import { call } from './report.js';

let isLoaded = false;

function load() {
  if (isLoaded) return;
  try {
    initSync({ module: decode(text) });
    isLoaded = true;
  } catch (error) {
    throw new HoldfastError(
      'WASM_UNAVAILABLE',
      `WebAssembly cannot run here. A Content-Security-Policy needs 'wasm-unsafe-eval' in its script-src. (${error})`,
    );
  }
}

/**
 * @typedef {'cancel' | 'open' | 'close' | 'forget' | 'destroy' | 'authorized' | 'linkUp' | 'linkDown' |
 *   'joined' | 'joinRejected' | 'acked' | 'ponged' | 'heard' | 'woke' | 'timeout'} Told
 * @typedef {Exclude<typeof ORDERS[number], 'none'>} Order
 * @typedef {ReturnType<typeof createEngine>} Engine
 */

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
  /** @type {Driver | null} */
  let driver = null;
  let isDraining = false;
  /** When the timer fires. It is never set later, as one that fires for nothing is cheaper. */
  let armedFor = Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /** @template R @param {(driver: Driver) => R} use @param {R} otherwise */
  const guarded = (use, otherwise) => {
    try {
      return driver ? use(driver) : otherwise;
    } catch (error) {
      driver = null;
      clearTimeout(timer);
      onDeath(error);
      return otherwise;
    }
  };

  const now = createClock((time) => driver?.woke(time));

  const drain = () => {
    if (isDraining) return;
    isDraining = true;
    for (;;) {
      const order = guarded((live) => live.poll(), 0);
      if (order === 0 || !driver) break;
      const field = (/** @type {number} */ index) => /** @type {Driver} */ (driver).field(index);
      const handler = handlers[/** @type {Order} */ (ORDERS[order])];
      call(handler, field(0), field(1), field(2), field(3), field(4), field(5));
    }
    isDraining = false;
    arm();
  };

  const arm = () => {
    const at = guarded((live) => live.nextTimeout(), -1);
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
     * @param {(number | boolean)[]} details
     */
    tell(what, ...details) {
      guarded((live) => /** @type {any} */ (live)[what](now(), ...details), undefined);
      drain();
    },

    /**
     * Takes a message and answers its number, or a negative one for why not. Nothing is carried out
     * before `drain`, so that the caller can note down whose number it is.
     * @param {number} lane
     * @param {number} bytes
     * @param {number} flags
     * @param {number} ttlMs
     */
    send: (lane, bytes, flags, ttlMs) =>
      guarded((live) => live.send(now(), lane, bytes, flags, ttlMs), CLOSED),

    drain,
    now,

    /** @param {import('../types/settings.d.ts').Settings} next */
    configure(next) {
      guarded((live) => {
        for (const [index, number] of configNumbers(next).entries()) live.set(index, number);
        live.configure();
      }, undefined);
    },
  };

  try {
    load();
    driver = new Driver(now(), Math.random());
    engine.configure(settings);
  } catch (error) {
    onDeath(error);
  }
  return engine;
}
