/**
 * Runs the wasm module, and makes a driver in it for each client.
 *
 * The wasm is inlined: importing the package has no effect and needs no bundler setting, no fetch and no waiting. The
 * module is compiled when the first driver is made.
 */

import reader from 'holdfast:reader';
import { decode } from '../wasm-text.js';
import { HoldfastError } from './errors.js';
import { CLAIM, CODES, TOLD } from './numbers.js';
import { report } from './report.js';
import { begin, call, end, get, is, kind, number, readNames, set, toNumber } from './values.js';

/**
 * @typedef {object} Instance
 * @property {typeof import('../../target/package/holdfast_bg.wasm')} wasm
 * @property {Set<{ deref(): Life | undefined }>} lives one for each driver in this instance
 *
 * @typedef {object} Module
 * @property {string} text the wasm, as `wasm-text.js` encodes it
 * @property {Instance | undefined} [instance] the instance that new drivers are made in
 *
 * @typedef {{ die(error: unknown): void }} Life
 * @typedef {ReturnType<typeof createDriver>} Driver
 */

/** Frees the drivers of clients that were collected. @type {FinalizationRegistry<() => void> | undefined} */
let unreachable;

/** A dead driver's answer to a send: the client is closed. */
const CLOSED = -(CODES.indexOf('CLOSED') + CLAIM.retryable);
/** The result of a call about the Socket that a dead driver cannot carry out. */
export const DEAD = Symbol('dead');

/** The engine as JavaScript, if the app imported `holdfast/without-wasm`: used where WebAssembly cannot run. @type {((imports: any) => any) | undefined} */
let script;

/** @param {typeof script} given */
export const provide = (given) => {
  script = given;
};

/** @param {string} text @returns {Instance} */
function load(text) {
  /** @type {Record<string | symbol, any>} */
  const functions = { call, get, is, kind, number, set, toNumber };
  // Any other import reports an error that cannot occur here; the module traps after calling it.
  const those = new Proxy({}, { get: (_, name) => functions[name] ?? (() => {}) });
  const imports = new Proxy({}, { get: () => those });
  try {
    const module = new WebAssembly.Module(decode(text, reader));
    const { exports } = new WebAssembly.Instance(module, imports);
    return { wasm: /** @type {any} */ (exports), lives: new Set() };
  } catch (error) {
    if (script) return { wasm: script(imports), lives: new Set() };
    throw new HoldfastError(
      'WASM_UNAVAILABLE',
      `WebAssembly cannot run: a Content-Security-Policy needs 'wasm-unsafe-eval' in its script-src; or import 'holdfast/without-wasm' first. (${error})`,
    );
  }
}

/**
 * Registers a driver. Returns the function that frees it, which must not refer to the driver: the driver could never
 * be collected.
 * @param {Instance} its
 * @param {number} at
 * @param {{ deref(): Life | undefined }} life
 */
function registered({ wasm, lives }, at, life) {
  lives.add(life);
  return () => {
    // Never call into an instance that trapped.
    if (lives.delete(life)) wasm.__wbg_driver_free(at, 1);
  };
}

/**
 * Makes a driver: one client's engine inside the module. Its calls never throw because of a trap. A trap leaves the
 * module's memory in an unknown state, so that instance is never called again and every driver in it is dead (D6): one
 * trap ends every client. The next driver that is made gets a new instance.
 * @param {Module} module
 */
export function createDriver(module) {
  let onDeath = (/** @type {unknown} */ _error) => {};
  /** Answers instead of the module once that is dead. @type {(what: number, ...more: any[]) => number | undefined} */
  let instead = () => undefined;
  /** The clocks, as last read: `wall` may jump, `running` may stand still while the machine sleeps. */
  let wall = Date.now();
  let running = performance.now();
  /** The instance it runs in; undefined once dead. @type {Instance | undefined} */
  let its;
  /** The driver's address in the module's memory. */
  let at = 0;
  /** The error that the driver died of. @type {unknown} */
  let fatal;

  /** @type {Life} */
  const life = {
    die(error) {
      if (!its) return;
      its = undefined;
      fatal = error;
      onDeath(error);
    },
  };

  const trapped = (/** @type {unknown} */ error) => {
    if (!its) return;
    const { lives } = its;
    if (its === module.instance) module.instance = undefined;
    life.die(error);
    for (const other of lives) other.deref()?.die(error);
    lives.clear();
    // One trap is reported once, not once for each driver.
    report(error);
  };

  /**
   * Calls the module with the clocks as last read. Missing numbers are NaN: the module would convert undefined to that,
   * but slower.
   * @param {number} what
   * @param {any} [a] @param {any} [b] @param {any} [c] @param {any} [d] @param {any} [e] @param {any} [f]
   */
  const run = (what, a = NaN, b = NaN, c = NaN, d = NaN, e = NaN, f = NaN) => {
    try {
      if (!its) return instead(what, a, b, c, d, e) ?? (what === TOLD.poll ? -Infinity : CLOSED);
      return its.wasm.driver_tell(at, what, wall, running, a, b, c, d, e, f);
    } catch (error) {
      trapped(error);
      return CLOSED;
    }
  };

  try {
    module.instance ??= load(module.text);
    its = module.instance;
    const { wasm } = its;
    at = wasm.driver_new(wall, running, Math.random());
    readNames(wasm.memory, wasm.driver_tell(at, TOLD.names, wall, running, 0, 0, 0, 0, 0, 0));
    if (globalThis.FinalizationRegistry) {
      unreachable ??= new FinalizationRegistry((free) => free());
      unreachable.register(life, registered(its, at, new WeakRef(life)));
    } else {
      its.lives.add({ deref: () => life });
    }
  } catch (error) {
    fatal = error;
    trapped(error);
  }

  return {
    /**
     * Reads the clocks, then passes a command or a fact to the engine. Never throws.
     * @param {number} what one of `TOLD`
     * @param {any} [a] @param {any} [b] @param {any} [c] @param {any} [d] @param {any} [e] @param {any} [f]
     */
    tell(what, a, b, c, d, e, f) {
      const shown = Date.now();
      if (shown !== wall) {
        wall = shown;
        // This clock costs more to read, and the engine counts whole milliseconds.
        running = performance.now();
      }
      return run(what, a, b, c, d, e, f);
    },

    /** The monotonic clock as last read. */
    now: () => running,

    /**
     * Gets the next order, see `Told::Poll`. Does not read the clocks: polling needs no time, and reading costs as much
     * as polling.
     */
    poll: () => run(TOLD.poll),

    /**
     * Calls the module about the Socket.
     * @param {number} what one of `WIRE`
     * @param {number} link the epoch of the connection attempt
     * @param {unknown[]} parts the values that every call needs
     * @param {unknown} subject the object that this call is about
     * @param {unknown} data the call's arguments, or what an event of the connection carried
     * @returns {any}
     * @throws what code outside of this package threw during the call
     */
    wire(what, link, parts, subject, data) {
      if (!its) return DEAD;
      const first = begin(parts, subject, data);
      let answer = 1;
      let isTrap = true;
      try {
        answer = its.wasm.driver_wire(at, what, link, first);
        isTrap = false;
      } catch (error) {
        trapped(error);
      }
      const value = end(first, answer);
      return isTrap ? DEAD : value;
    },

    /** The module's memory; undefined once the driver is dead. */
    memory: () => its?.wasm.memory,

    /**
     * Sets who hears of the driver's death. Called at once if it is dead already.
     * @param {(error: unknown) => void} death
     */
    listen(death) {
      onDeath = death;
      if (!its) death(fatal);
    },

    /** Has `tell` answer instead of the dead module. @param {typeof instead} tell */
    replace(tell) {
      instead = tell;
    },
  };
}
