// The public types of `holdfast/react`.

import type { Context, ReactElement, ReactNode } from 'react';
import type { Socket } from 'socket.io-client';
import type { Client, ConnectionHealth, Options, SendOptions, State, Waiting } from './index.js';
import type { QueuedNotice, SendResult } from './socket.js';

/** What Socket.IO takes for a map of events: names and their listeners. */
type Events<Map> = { [Name in keyof Map]: (...args: never[]) => void };
/** An interface as Socket.IO wants its maps: one that may have more names. */
type Plain<Map> = { [Name in keyof Map]: Map[Name] };
/** Socket.IO's own events. */
interface Reserved {
  connect: () => void;
  disconnect: (reason: Socket.DisconnectReason, details?: unknown) => void;
  connect_error: (error: Error & { data?: unknown }) => void;
}
type AnyEvents = Record<string, (...args: never[]) => void>;
type SocketOf<Listen, Emit> = AnyEvents extends Listen
  ? Socket
  : Socket<Plain<Listen>, Plain<Emit>>;

export interface SocketProviderProps {
  /** A client of `createClient`. Default: the one of `configureSocket`. */
  client?: Client | undefined;
  /** For `configureSocket`, where no module of the app's calls it. Handlers in it may change at every render. */
  options?: Options | undefined;
  /** Whose room and messages; connects while there is one. */
  userId?: string | number | null | undefined;
  /**
   * `true` connects, and ends a logout; `false` disconnects and keeps what waits. Default: by `userId` if
   * that is given; else a `client` or `options` connect, and of the configured client nothing is asked.
   */
  isAuthenticated?: boolean | undefined;
  children?: ReactNode;
}

/** Ends the link it asked for when it is unmounted for good. */
export function SocketProvider(props: SocketProviderProps): ReactElement;
export { SocketProvider as SocketContextProvider };

/** The state, the Socket, and what can be done with them. */
export interface SocketView<Listen = AnyEvents, Emit = AnyEvents> extends State {
  /** The one real Socket; null on a server, and before the client is configured. */
  readonly socket: SocketOf<Listen, Emit> | null;
  /** The same as `isConnected`. */
  readonly connected: boolean;
  /** Asks for a link now. Nothing happens while logged out. */
  readonly reconnect: () => void;
  /** That of `holdfast/socket`, for the provider's client. */
  readonly sendMessage: (
    data: unknown,
    callback?: (result: SendResult | QueuedNotice) => void,
  ) => Promise<SendResult>;
}

/** The whole state, or null outside of a provider. Who reads it re-renders for every change. */
export const SocketContext: Context<SocketView | null>;
export default SocketContext;

/** Re-renders for the fields that were read during a render. @throws outside of a provider */
export function useSocket(): SocketView;
/**
 * Re-renders when what is selected changed.
 * @param isEqual default: the same, or objects with the same fields
 */
export function useSocket<Selected>(
  selector: (view: SocketView) => Selected,
  isEqual?: (a: Selected, b: Selected) => boolean,
): Selected;
export { useSocket as useSocketContext };

/**
 * Calls the handler of the last render, for an event of the server's and for socket.io's own `connect`, `disconnect`
 * and `connect_error`. May be used before there is a connection.
 */
export function useSocketEvent<Args extends unknown[]>(
  event: string,
  handler: (...args: Args) => void,
): void;

export function useOnlineUsers(): readonly string[];
export function useIsOnline(userId: string | number | null | undefined): boolean;
export function useConnectionHealth(): ConnectionHealth;
/** What is not settled, in send order, and what each waits for. */
export function useOutbox(): readonly Waiting[];

/** A message as its sender shows it. */
export interface SentMessage<Data = unknown, Reply = unknown> {
  readonly id: string;
  /** As it was given to `send`. */
  readonly data: Data;
  /** `queued`: it waits to leave. `sending`: it left. `sent`: the server took it. */
  readonly status: 'queued' | 'sending' | 'sent' | 'failed';
  readonly error: {
    readonly code: string;
    readonly message: string;
    /** It had left at least once without an answer. */
    readonly maybeDelivered: boolean;
    /** Sending it again can make sense. */
    readonly retryable: boolean;
  } | null;
  /** The server's own acknowledgement. */
  readonly reply: Reply | undefined;
}

export interface Sending<Data = unknown, Reply = unknown> {
  /**
   * Answers the message as it is now: one that cannot be taken, without data for instance, has failed already.
   * @throws where no client was configured, and HoldfastError where an option is wrong
   */
  readonly send: (data: Data, options?: SendOptions) => SentMessage<Data, Reply>;
  /** Sends one that failed again, under its id. */
  readonly retry: (id: string) => void;
  /** Whether it was still waiting; then it fails as CANCELLED. */
  readonly cancel: (id: string) => boolean;
  /** Takes it out of `messages`. Whether it is sent does not change. */
  readonly dismiss: (id: string) => void;
  /** What was sent by this component and is not dismissed, in send order. */
  readonly messages: readonly SentMessage<Data, Reply>[];
}

export function useSendMessage<Data = unknown, Reply = unknown>(): Sending<Data, Reply>;

/** The same hooks, for an app whose events and messages have types. */
export interface SocketHooks<Listen, Emit, Data, Reply> {
  useSocket(): SocketView<Listen, Emit>;
  useSocket<Selected>(
    selector: (view: SocketView<Listen, Emit>) => Selected,
    isEqual?: (a: Selected, b: Selected) => boolean,
  ): Selected;
  useSocketEvent<Name extends keyof Listen & string>(event: Name, handler: Listen[Name]): void;
  useSocketEvent<Name extends keyof Reserved>(event: Name, handler: Reserved[Name]): void;
  useOnlineUsers: typeof useOnlineUsers;
  useIsOnline: typeof useIsOnline;
  useConnectionHealth: typeof useConnectionHealth;
  useOutbox: typeof useOutbox;
  useSendMessage(): Sending<Data, Reply>;
}

/**
 * Types the hooks by the app's maps of events, as Socket.IO has them:
 * `export const { useSocket, useSocketEvent } = createSocketHooks<ServerEvents, ClientEvents>();`
 */
export function createSocketHooks<
  Listen extends Events<Listen>,
  Emit extends Events<Emit> = AnyEvents,
  Data = unknown,
  Reply = unknown,
>(): SocketHooks<Listen, Emit, Data, Reply>;
