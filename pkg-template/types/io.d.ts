// The public types of `holdfast/io`.
//
// A plain `emit` is delivered at least once: what was on its way when a connection was lost is sent again. Events that must
// not take effect twice (moves, bids, payments) say so: `ways: { bid: { way: 'received', repeat: false } }`.
// biome-ignore-all lint/suspicious/noExplicitAny: payloads are the app's, and any is what socket.io gives them

import type { DefaultEventsMap } from '@socket.io/component-emitter';
import {
  type ManagerOptions,
  Manager as PlainManager,
  Socket,
  type SocketOptions,
} from 'socket.io-client';
import type { HoldfastError, Options } from './index.js';

export * from 'socket.io-client';

/** What the app is told of an event that may not have arrived. */
export interface EmitError extends HoldfastError {
  /** The event's name. */
  readonly event?: string | undefined;
  /** The arguments as they were sent. */
  readonly args?: readonly any[] | undefined;
  /** It had left at least once, and nobody can tell whether it was taken. */
  readonly maybeDelivered?: boolean | undefined;
}

/** The option `holdfast`. Each has a default. */
export interface HoldfastOptions {
  /**
   * Who the user is, as the app knows him; asked at each connection, and where it is a function at each emit too. Default:
   * whom a token or `userId` in `auth`, `query` or `extraHeaders` names, else one anonymous session. What waits
   * for one user never leaves as another one. What is emitted after `connect()` is of whoever that connection is for, unless
   * this is a function.
   */
  userId?: Options['userId'] | undefined;
  /**
   * How events are sent, by their names. Default: `{}`, all are `received`: at least once. `repeat: false`: at most once,
   * and `onError` is told (`LINK_LOST`, `maybeDelivered: true`) where nobody can tell whether it arrived.
   */
  ways?: Options['ways'] | undefined;
  /**
   * Events that the server forgets with the connection, such as joins of rooms. They keep their place among what is
   * emitted, and are said again after each return that is not a recovered session, before what waits. Default: names
   * that begin with `join` or `subscribe`, or end with `:join`, each ended by one with `leave`, `left`, `exit`, `quit` or
   * `unsubscribe` instead, and `setup`, `add-user`, `new-user`, `user-joined`, `user_connected`, `user-online`, `setUsername`,
   * `register`, `authenticate`, `identify` and their spellings. A list replaces that.
   */
  session?: Options['session'] | undefined;
  /**
   * Events that are worthless when late: dropped while there is no connection. Default: names of typing (`typing`,
   * `stop typing`, `userTyping`, ...) and of cursors (`cursor`, `mousemove`, `pointer-move`, ...). A list replaces that.
   */
  volatile?: readonly (string | RegExp)[] | undefined;
  /** Whether to ask the server for receipts. Without them an event is sent once. Default: true. */
  receipts?: boolean | undefined;
  /** How a dead connection is noticed. `false`: by Socket.IO's own heartbeat alone. Default: by receipts. */
  health?: Options['health'] | undefined;
  /** Told of each event that may not have arrived, and of credentials that are another user's. */
  onError?: ((error: EmitError) => void) | undefined;
  /** null for silence. */
  logger?: Options['logger'] | undefined;
}

interface Holdfast {
  /** `false`: a plain Socket. */
  holdfast?: false | HoldfastOptions | undefined;
}

type IoOptions = Partial<ManagerOptions & SocketOptions> & Holdfast;

/** A Socket whose Manager takes the option `holdfast` for further ones. */
type IoSocket = Socket & { readonly io: Manager };

/** As `io` of socket.io-client. */
export interface Io {
  (options?: IoOptions): IoSocket;
  (uri: string, options?: IoOptions): IoSocket;
  new (options?: IoOptions): IoSocket;
  new (uri: string, options?: IoOptions): IoSocket;
  readonly io: Io;
  readonly connect: Io;
  readonly Manager: typeof Manager;
  readonly Socket: typeof Socket;
}

/**
 * As `io` of socket.io-client. A plain `emit` of its Sockets is delivered at least once; `repeat: false` in `holdfast.ways` makes
 * that at most once.
 */
export declare const io: Io;
export { io as connect, io as default };

/** As socket.io-client's. Its Sockets are delivered for, by the options of the Manager or of the Socket. */
export declare class Manager<
  ListenEvents extends Record<string, any> = DefaultEventsMap,
  EmitEvents extends Record<string, any> = ListenEvents,
> extends PlainManager<ListenEvents, EmitEvents> {
  constructor(options?: Partial<ManagerOptions> & Holdfast);
  constructor(uri?: string, options?: Partial<ManagerOptions> & Holdfast);
  socket(
    nsp: string,
    options?: Partial<SocketOptions> & Holdfast,
  ): Socket<ListenEvents, EmitEvents>;
}
