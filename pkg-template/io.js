/**
 * `io` of socket.io-client, whose plain emits are delivered at least once: what was on its way when a connection was lost is
 * sent again. What must not take effect twice says so: `holdfast: { ways: { bid: { way: 'received', repeat: false } } }`.
 */

import { io as lookup, Manager as PlainManager, Socket } from 'socket.io-client';
import { follow, ioSettings, watchConnect, watchManager } from './core.js';

// Whatever this socket.io-client has besides.
export * from 'socket.io-client';

/**
 * Takes the option `holdfast` off, which socket.io-client does not know.
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

/** A Socket is being made, whose options are those of that call. */
let isMaking = false;

/**
 * @param {() => any} make
 * @param {any} holdfast
 * @param {any} options
 */
function followed(make, holdfast, options) {
  // First, as a mistake in them leaves nothing open.
  const settings = holdfast !== false && ioSettings(holdfast, options);
  const before = isMaking;
  isMaking = true;
  try {
    if (!settings) return make();
    const { made, early } = watchConnect(Socket.prototype, make);
    follow(made, settings, options, early);
    return made;
  } finally {
    isMaking = before;
  }
}

/** Sockets that the app asks a Manager for, which `io` made, are as the first one there. @param {any} manager @param {any} holdfast */
function adopt(manager, holdfast) {
  const { socket } = PlainManager.prototype;
  if (holdfast === false || manager.socket !== socket) return;
  manager.socket = (/** @type {string} */ nsp, /** @type {any} */ options) => {
    const [, rest, own = holdfast] = split(undefined, options);
    const make = () => socket.call(manager, nsp, rest);
    return isMaking ? make() : followed(make, own, { parser: manager.opts.parser, ...rest });
  };
}

/**
 * @param {any} [uri]
 * @param {any} [options]
 * @returns {any}
 */
export function io(uri, options) {
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
  return Function.prototype[Symbol.hasInstance].call(this === Manager ? PlainManager : this, value);
}

/** Its Sockets are followed. Whatever Manager there is counts as one of these. */
export class Manager extends PlainManager {
  #holdfast;

  /** @param {any} [uri] @param {any} [options] */
  constructor(uri, options) {
    const [where, rest, holdfast] = split(uri, options);
    super(where, rest);
    this.#holdfast = holdfast;
    if (holdfast !== false) watchManager(this);
  }

  /** @override */
  static [Symbol.hasInstance] = isInstance;

  /** @param {string} nsp @param {any} [options] @override */
  socket(nsp, options) {
    const [, rest, holdfast = this.#holdfast] = split(undefined, options);
    return followed(() => super.socket(nsp, rest), holdfast, {
      parser: this.opts.parser,
      ...rest,
    });
  }
}

export { io as connect, io as default };

Object.assign(io, { Manager, Socket, io, connect: io });
