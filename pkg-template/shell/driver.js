/**
 * A module: made at the first call, and called for one client.
 *
 * Its wasm is inlined, so importing the package does nothing, and needs no bundler setting, no fetch and no waiting.
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
 * @property {Set<{ deref(): Life | undefined }>} lives of the drivers in it
 *
 * @typedef {object} Module
 * @property {string} text its wasm, as `wasm-text.js` writes it
 * @property {Instance | undefined} [instance] the one that new drivers are made in
 *
 * @typedef {{ die(error: unknown): void }} Life
 * @typedef {ReturnType<typeof createDriver>} Driver
 */

/** Frees what nothing can call any more. @type {FinalizationRegistry<() => void> | undefined} */
let unreachable;

/** What a dead driver answers to a send: that it is closed. */
const CLOSED = -(CODES.indexOf('CLOSED') + CLAIM.retryable);
/** What comes of a call about the Socket that a dead driver cannot carry out. */
export const DEAD = Symbol('dead');

/** The engine as JavaScript, where the app has imported it: in place of any module. @type {((imports: any) => any) | undefined} */
let script;

/** @param {typeof script} given */
export const provide = (given) => {
  script = given;
};

/** @param {string} text @returns {Instance} */
function load(text) {
  /** @type {Record<string | symbol, any>} */
  const functions = { call, get, is, kind, number, set, toNumber };
  // What it imports besides names a mistake that cannot occur, and traps then.
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
 * Notes down that a driver lives. Answers what frees it, which must not know the driver: nothing would be freed.
 * @param {Instance} its
 * @param {number} at
 * @param {{ deref(): Life | undefined }} life
 */
function placed({ wasm, lives }, at, life) {
  lives.add(life);
  return () => {
    // A module that is dead is not called.
    if (lives.delete(life)) wasm.__wbg_driver_free(at, 1);
  };
}

/**
 * A driver whose calls never trap. A trap leaves the module's memory in an unknown state, so after one nothing
 * calls that module again, and all drivers in it are dead (D6): one trap ends every client. The next one that is made
 * has an instance of its own.
 * @param {Module} module
 */
export function createDriver(module) {
  let onDeath = (/** @type {unknown} */ _error) => {};
  /** Who answers in the module's place. @type {(what: number, ...more: any[]) => number | undefined} */
  let instead = () => undefined;
  /** What the clocks show. */
  let wall = Date.now();
  let running = performance.now();
  /** Where it runs, unless it is dead. @type {Instance | undefined} */
  let its;
  /** Its place in the module's memory. */
  let at = 0;
  /** What it died of. @type {unknown} */
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
    // Once for all of them.
    report(error);
  };

  /**
   * At the time that was read last. What is not given is NaN: that is what the module makes of undefined, but slower.
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
      unreachable.register(life, placed(its, at, new WeakRef(life)));
    } else {
      its.lives.add({ deref: () => life });
    }
  } catch (error) {
    fatal = error;
    trapped(error);
  }

  return {
    /**
     * Never throws.
     * @param {number} what one of `TOLD`
     * @param {any} [a] @param {any} [b] @param {any} [c] @param {any} [d] @param {any} [e] @param {any} [f]
     */
    tell(what, a, b, c, d, e, f) {
      const shown = Date.now();
      if (shown !== wall) {
        wall = shown;
        // This clock costs more to read, and time counts whole milliseconds.
        running = performance.now();
      }
      return run(what, a, b, c, d, e, f);
    },

    /** What the clock showed that may stand still, when it was read last. */
    now: () => running,

    /** The next order, see `Told::Poll`. Nothing there needs the time, which costs as much to read as the rest. */
    poll: () => run(TOLD.poll),

    /**
     * What is called for of the Socket, with what is known for every call, and then for this one.
     * @param {number} what
     * @param {number} link
     * @param {unknown[]} parts
     * @param {unknown} subject
     * @param {unknown} said arguments, or of a connection what was said of it
     * @returns {any}
     * @throws what somebody else's code threw on the way
     */
    wire(what, link, parts, subject, said) {
      if (!its) return DEAD;
      const first = begin(parts, subject, said);
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

    /** The module's memory; none any more where it is dead. */
    memory: () => its?.wasm.memory,

    /**
     * Who is told that the driver died: at once, where it has by now.
     * @param {(error: unknown) => void} death
     */
    listen(death) {
      onDeath = death;
      if (!its) death(fatal);
    },

    /** From now on somebody else answers. @param {typeof instead} tell */
    replace(tell) {
      instead = tell;
    },
  };
}
