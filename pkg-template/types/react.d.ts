// The public types of `holdfast/react`.

import type { Context, ReactElement, ReactNode } from 'react';
import type { Socket } from 'socket.io-client';
import type { Client, ConnectionHealth, Options, SendOptions, State, Waiting } from './index.js';
import type { QueuedNotice, SendResult } from './socket.js';

/** A map of events as Socket.IO has it: names and their listeners. */
type Events<Map> = { [Name in keyof Map]: (...args: never[]) => void };
/** Makes an interface a plain type, which Socket.IO needs for its maps. */
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

/** The props of {@link SocketProvider}. */
export interface SocketProviderProps {
  /** A client of `createClient`. Default: the client of `configureSocket`. */
  client?: Client | undefined;
  /** Options for `configureSocket`, for an app that does not call it. Handlers in it may change at every render. */
  options?: Options | undefined;
  /** The user's id. Without `isAuthenticated`, the provider connects while there is one. */
  userId?: string | number | null | undefined;
  /**
   * `true` connects and ends a logout. `false` disconnects and keeps the queue. Default: whether there is a `userId`, if that
   * prop is given. Otherwise a provider with `client` or `options` connects, and any other leaves connecting to the app.
   */
  isAuthenticated?: boolean | undefined;
  /** The components that use the hooks. */
  children?: ReactNode;
}

/**
 * Provides a client to the hooks below it, and connects it. When the provider is unmounted for good, it ends the link that it
 * asked for. Mounted twice, as in StrictMode, it opens one connection. If two providers share a client, the one that asked last
 * decides the user.
 */
export function SocketProvider(props: SocketProviderProps): ReactElement;
export { SocketProvider as SocketContextProvider };

/** The state, the Socket, and functions for both. */
export interface SocketView<Listen = AnyEvents, Emit = AnyEvents> extends State {
  /** The client's Socket. null on a server, and before the client is configured. */
  readonly socket: SocketOf<Listen, Emit> | null;
  /** The same as `isConnected`. */
  readonly connected: boolean;
  /** Connects now. It does nothing while logged out. */
  readonly reconnect: () => void;
  /** `sendMessage` of `holdfast/socket`, for the provider's client. */
  readonly sendMessage: (
    data: unknown,
    callback?: (result: SendResult | QueuedNotice) => void,
  ) => Promise<SendResult>;
}

/** The context with the whole state. null outside of a provider. A component that reads it re-renders at every change. */
export const SocketContext: Context<SocketView | null>;
export default SocketContext;

/**
 * Returns the state. The component re-renders when a field changes that it read during a render.
 * @throws Error outside of a provider.
 */
export function useSocket(): SocketView;
/**
 * Returns what `selector` makes of the state. The component re-renders when that changes.
 * @param isEqual Whether two selected values count as the same. Default: identical values, and objects with identical fields.
 * @throws Error outside of a provider. HoldfastError `INVALID_OPTION`, if an argument is not a function.
 */
export function useSocket<Selected>(
  selector: (view: SocketView) => Selected,
  isEqual?: (a: Selected, b: Selected) => boolean,
): Selected;
export { useSocket as useSocketContext };

/**
 * Calls the handler of the last render for each event of that name: one of the server, or `connect`, `disconnect` and
 * `connect_error` of socket.io. It can be used before there is a connection, and stops when the component is unmounted.
 * @throws Error outside of a provider.
 */
export function useSocketEvent<Args extends unknown[]>(
  event: string,
  handler: (...args: Args) => void,
): void;

/** Returns the ids of the users who are online. The component re-renders when the list changes. */
export function useOnlineUsers(): readonly string[];
/** Returns whether a user is online. The component re-renders when that changes. */
export function useIsOnline(userId: string | number | null | undefined): boolean;
/** Returns the condition of the connection. The component re-renders when it changes. */
export function useConnectionHealth(): ConnectionHealth;
/** Returns the unsettled messages in send order, and what each waits for. It returns the same list until that changes. */
export function useOutbox(): readonly Waiting[];

/** A message as a component shows it: a frozen snapshot. */
export interface SentMessage<Data = unknown, Reply = unknown> {
  /** The message's id. */
  readonly id: string;
  /** As it was given to `send`. */
  readonly data: Data;
  /** `queued`: it waits to leave. `sending`: it has left. `sent`: it was delivered. `failed`: see `error`. */
  readonly status: 'queued' | 'sending' | 'sent' | 'failed';
  /** Why it failed. null unless it failed. */
  readonly error: {
    /** A code of Holdfast, or the server's own. */
    readonly code: string;
    /** An explanation. */
    readonly message: string;
    /** Whether it left at least once without an answer, so that it may have taken effect. */
    readonly maybeDelivered: boolean;
    /** Whether sending it again can succeed. */
    readonly retryable: boolean;
  } | null;
  /** The server's own acknowledgement. undefined before it comes, and if there is none. */
  readonly reply: Reply | undefined;
}

/** What {@link useSendMessage} returns. */
export interface Sending<Data = unknown, Reply = unknown> {
  /**
   * Sends a message as the event `send.event`, and returns it as it is now. A message that cannot be accepted, for instance
   * one without data, has failed already.
   * @throws Error if no client is configured. HoldfastError `INVALID_OPTION`, if an option is wrong.
   */
  readonly send: (data: Data, options?: SendOptions) => SentMessage<Data, Reply>;
  /** Sends a failed message again, as it was, under its id. It ignores any other id. */
  readonly retry: (id: string) => void;
  /** Cancels a message, which then fails as `CANCELLED`. Returns whether it was unsettled. */
  readonly cancel: (id: string) => boolean;
  /** Removes a message from `messages`. It does not cancel it. */
  readonly dismiss: (id: string) => void;
  /** The messages that this component sent and has not dismissed, in send order. A logout removes those that waited. */
  readonly messages: readonly SentMessage<Data, Reply>[];
}

/**
 * Sends messages and shows the state of each.
 * @throws Error outside of a provider.
 */
export function useSendMessage<Data = unknown, Reply = unknown>(): Sending<Data, Reply>;

/** The hooks with the types of an app's events and messages. What {@link createSocketHooks} returns. */
export interface SocketHooks<Listen, Emit, Data, Reply> {
  /** `useSocket` with the app's types. */
  useSocket(): SocketView<Listen, Emit>;
  /** `useSocket` with a selector and the app's types. */
  useSocket<Selected>(
    selector: (view: SocketView<Listen, Emit>) => Selected,
    isEqual?: (a: Selected, b: Selected) => boolean,
  ): Selected;
  /** `useSocketEvent` with the app's types. */
  useSocketEvent<Name extends keyof Listen & string>(event: Name, handler: Listen[Name]): void;
  /** `useSocketEvent` for the events of socket.io. */
  useSocketEvent<Name extends keyof Reserved>(event: Name, handler: Reserved[Name]): void;
  /** `useOnlineUsers`. */
  useOnlineUsers: typeof useOnlineUsers;
  /** `useIsOnline`. */
  useIsOnline: typeof useIsOnline;
  /** `useConnectionHealth`. */
  useConnectionHealth: typeof useConnectionHealth;
  /** `useOutbox`. */
  useOutbox: typeof useOutbox;
  /** `useSendMessage` with the app's types. */
  useSendMessage(): Sending<Data, Reply>;
}

/**
 * Returns the hooks with the types of the app's events, as maps of the form that Socket.IO uses:
 * `export const { useSocket, useSocketEvent } = createSocketHooks<ServerEvents, ClientEvents>();`
 */
export function createSocketHooks<
  Listen extends Events<Listen>,
  Emit extends Events<Emit> = AnyEvents,
  Data = unknown,
  Reply = unknown,
>(): SocketHooks<Listen, Emit, Data, Reply>;
