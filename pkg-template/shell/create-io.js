/**
 * Makes `io` and `Manager` of `holdfast/io` from those of socket.io-client. Each entry passes the socket.io-client that it
 * imports: `holdfast/io` and `holdfast/alias` import different ones.
 */

// biome-ignore assist/source/organizeImports: the wasm compresses best at the start of an app's bundle
import { wasm } from '../io-module.js';

import { follow, ioSettings, watchConnect, watchManager } from '../core.js';

/** Marks our `io`, also one from another copy of the package. */
const KEY = Symbol.for('holdfast io@1');

/**
 * Separates the option `holdfast`, which socket.io-client does not know.
 * @param {unknown} uri
 * @param {any} options
 * @returns {[uri: any, options: any, holdfast: any]}
 */
function split(uri, options) {
  if (uri !== null && typeof uri === 'object') {
    const [, rest, holdfast] = split(undefined, uri);
    return [rest, undefined, holdfast];
  }
  if (!options || !('holdfast' in options)) return [uri, options, undefined];
  const { holdfast, ...rest } = options;
  return [uri, rest, holdfast];
}

/**
 * @param {any} lookup the `io` of socket.io-client
 * @param {any} PlainManager
 * @param {any} Socket
 * @returns {{ io: any, Manager: any }}
 */
export function createIo(lookup, PlainManager, Socket) {
  // If the app aliases `socket.io-client` to `holdfast/alias`, its Sockets are followed already.
  if (lookup[KEY]) return { io: lookup, Manager: PlainManager };

  /** True while a Socket is being made. */
  let isMaking = false;

  /**
   * @param {() => any} make
   * @param {any} holdfast
   * @param {any} options
   */
  function followed(make, holdfast, options) {
    // Before `make`: an invalid option must not leave a connection open.
    const settings = holdfast !== false && ioSettings(holdfast, options);
    const before = isMaking;
    isMaking = true;
    try {
      if (!settings) return make();
      const { made, early } = watchConnect(Socket.prototype, make);
      follow(made, settings, options, early, wasm);
      return made;
    } finally {
      isMaking = before;
    }
  }

  /** Follows the Sockets that the app makes from a Manager that `io` made. @param {any} manager @param {any} holdfast */
  function adopt(manager, holdfast) {
    const { socket } = PlainManager.prototype;
    if (holdfast === false || manager.socket !== socket) return;
    manager.socket = (/** @type {string} */ nsp, /** @type {any} */ options) => {
      const [, rest, own = holdfast] = split(undefined, options);
      const make = () => socket.call(manager, nsp, rest);
      return isMaking ? make() : followed(make, own, { parser: manager.opts.parser, ...rest });
    };
  }

  /** @param {any} [uri] @param {any} [options] @returns {any} */
  function io(uri, options) {
    const [where, rest, holdfast] = split(uri, options);
    const made = followed(
      () => (rest === undefined && where === undefined ? lookup() : lookup(where, rest)),
      holdfast,
      rest ?? (typeof where === 'object' ? where : undefined),
    );
    adopt(made.io, holdfast);
    return made;
  }

  /** @this {Function} @param {unknown} value @returns {boolean} */
  function isInstance(value) {
    return Function.prototype[Symbol.hasInstance].call(
      this === Manager ? PlainManager : this,
      value,
    );
  }

  /** The option of each Manager. Not a private field: that takes three times the bytes in the syntax that ships. @type {WeakMap<object, any>} */
  const given = new WeakMap();

  /** A Manager whose Sockets are followed. */
  class Manager extends PlainManager {
    /** @param {any} [uri] @param {any} [options] */
    constructor(uri, options) {
      const [where, rest, holdfast] = split(uri, options);
      super(where, rest);
      given.set(this, holdfast);
      if (holdfast !== false) watchManager(this);
    }

    /** @param {string} nsp @param {any} [options] */
    socket(nsp, options) {
      const [, rest, holdfast = given.get(this)] = split(undefined, options);
      return followed(() => super.socket(nsp, rest), holdfast, {
        parser: this.opts.parser,
        ...rest,
      });
    }
  }

  // Every Manager of socket.io-client counts as an instance.
  Object.defineProperty(Manager, Symbol.hasInstance, { value: isInstance });
  Object.assign(io, { [KEY]: true, Manager, Socket, io, connect: io });
  return { io, Manager };
}
