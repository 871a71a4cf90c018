// The public types of `holdfast/io`.
//
// A plain `emit` is delivered at least once: what was on its way when a connection was lost is sent again. Events that must
// not take effect twice (moves, bids, payments) are marked: `ways: { bid: { way: 'received', repeat: false } }`.
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

/** What `onError` gets for an event that may not have arrived, and for other problems of the Socket. */
export interface EmitError extends HoldfastError {
  /** The event's name. Absent if the problem is not that of one event. */
  readonly event?: string | undefined;
  /** The arguments as they were sent. */
  readonly args?: readonly any[] | undefined;
  /** Whether the event left at least once, and nobody can tell whether the server received it. */
  readonly maybeDelivered?: boolean | undefined;
}

/**
 * The option `holdfast` of `io` and `Manager`. All fields are optional. A value that does not fit, and an unknown name, throw
 * `INVALID_OPTION`.
 */
export interface HoldfastOptions {
  /**
   * The user's id, or a function that returns it. It is read at each connection; a function is called at each emit too. Events
   * that wait for one user never leave as another. Events emitted after `connect()` belong to the user of that connection,
   * unless this is a function.
   * Default: the user whom a token or `userId` in `auth`, `query` or `extraHeaders` names, else one anonymous user.
   */
  userId?: Options['userId'] | undefined;
  /**
   * How events are sent, by event name. `received` delivers at least once. `repeat: false` delivers at most once; if nobody can
   * tell whether such an event arrived, `onError` gets `LINK_LOST` with `maybeDelivered: true`.
   * Default: `{}`, which sends everything as `received`.
   */
  ways?: Options['ways'] | undefined;
  /**
   * Events that the server forgets with the connection, such as joins of rooms. They keep their position among the emitted
   * events, and are replayed after each return that is not a recovered session, before waiting events leave. A list replaces
   * the default.
   * Default: names that begin with `join` or `subscribe` or end with `:join`, each ended by the name with `leave`, `left`,
   * `exit`, `quit` or `unsubscribe` instead; and `setup`, `add-user`, `new-user`, `user-joined`, `user_connected`, `user-online`,
   * `setUsername`, `register`, `authenticate`, `identify` and their spellings.
   */
  session?: Options['session'] | undefined;
  /**
   * Events that are worthless when late: names or regular expressions. They are dropped while there is no connection. A list
   * replaces the default.
   * Default: names of typing (`typing`, `stop typing`, `userTyping` and so on) and of cursors (`cursor`, `mousemove`,
   * `pointer-move` and so on).
   */
  volatile?: readonly (string | RegExp)[] | undefined;
  /** Whether the client asks the server for receipts. `false`: an event is sent once. Default: `true`. */
  receipts?: boolean | undefined;
  /** How a dead connection is detected. `false`: only by Socket.IO's own heartbeat. Default: by receipts. */
  health?: Options['health'] | undefined;
  /**
   * Called for each event that may not have arrived, and if the credentials are another user's. Default: none.
   */
  onError?: ((error: EmitError) => void) | undefined;
  /** Where warnings go. null for silence. Default: `console.warn`. */
  logger?: Options['logger'] | undefined;
}

interface Holdfast {
  /** `false` leaves the Socket as socket.io-client made it. Default: `{}`. */
  holdfast?: false | HoldfastOptions | undefined;
}

type IoOptions = Partial<ManagerOptions & SocketOptions> & Holdfast;

/** A Socket whose Manager accepts the option `holdfast` for further Sockets. */
type IoSocket = Socket & { readonly io: Manager };

/** The type of `io`: that of socket.io-client, with the option `holdfast`. */
export interface Io {
  (options?: IoOptions): IoSocket;
  (uri: string, options?: IoOptions): IoSocket;
  new (options?: IoOptions): IoSocket;
  new (uri: string, options?: IoOptions): IoSocket;
  /** The same function. */
  readonly io: Io;
  /** The same function. */
  readonly connect: Io;
  /** The class of Managers. */
  readonly Manager: typeof Manager;
  /** The class of Sockets: socket.io-client's own. */
  readonly Socket: typeof Socket;
}

/**
 * Makes a Socket, as `io` of socket.io-client does. A plain `emit` of the Socket is delivered at least once; `repeat: false` in
 * `holdfast.ways` makes that at most once.
 * @throws {HoldfastError} `INVALID_OPTION`, if a field of `holdfast` is wrong.
 */
export declare const io: Io;
export { io as connect, io as default };

/**
 * The class of Managers: socket.io-client's, with the option `holdfast`. Its Sockets use the options of the Manager, or those
 * given to `socket`.
 */
export declare class Manager<
  ListenEvents extends Record<string, any> = DefaultEventsMap,
  EmitEvents extends Record<string, any> = ListenEvents,
> extends PlainManager<ListenEvents, EmitEvents> {
  /** Makes a Manager for the page's own origin. */
  constructor(options?: Partial<ManagerOptions> & Holdfast);
  /** Makes a Manager for the server at `uri`. */
  constructor(uri?: string, options?: Partial<ManagerOptions> & Holdfast);
  /** Makes a Socket for a namespace. Without `holdfast` it gets the options of the Manager. */
  socket(
    nsp: string,
    options?: Partial<SocketOptions> & Holdfast,
  ): Socket<ListenEvents, EmitEvents>;
}
