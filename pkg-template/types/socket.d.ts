// The public types of `holdfast/socket`.
// biome-ignore-all lint/suspicious/noExplicitAny: payloads are the app's, and any is what socket.io gives them

import type { Socket } from 'socket.io-client';
import type { Code, ConnectionHealth, Options, Settled, Waiting } from './index.js';

export type { Code, ConnectionHealth, Options, Settled, Waiting } from './index.js';
export { HoldfastError } from './index.js';

/** What the callback of `sendMessage` gets first, if the message has to wait. The final result follows. */
export interface QueuedNotice {
  /** Always false. */
  success: false;
  /** Always true: only a notice has it. */
  queued: true;
  /** An explanation. */
  message: string;
  /** The message's id, as it was given. The field has the name of the option `send.idField`. */
  _tempId?: string | undefined;
  [field: string]: any;
}

/** The result of a delivered message: the fields of the server's own acknowledgement, and these. */
export interface Delivered {
  /** Always true. */
  success: true;
  /** The proof: the acknowledgement, a receipt, or an event of `events.sent`. */
  confirmedBy: 'ack' | 'receipt' | 'echo';
  /** The message's id, as it was given. The field has the name of the option `send.idField`. */
  _tempId?: string | undefined;
  [field: string]: any;
}

/** The result of a failed message: the fields of the server's refusal, if there was one, and these. */
export interface Failed {
  /** Always false. */
  success: false;
  /** Never present: only a {@link QueuedNotice} has it. */
  queued?: undefined;
  /** Why it failed: a code of Holdfast, or the server's own. */
  error: Code | (string & {});
  /** An explanation. */
  message: string;
  /** The message's id, as it was given. The field has the name of the option `send.idField`. */
  _tempId?: string | undefined;
  /** Whether the message left at least once without an answer, so that it may have taken effect. */
  maybeDelivered: boolean;
  [field: string]: any;
}

/** The final result of a message. */
export type SendResult = Delivered | Failed;

/** Removes what was registered. Calling it again does nothing. */
type Off = () => void;

/**
 * Configures the one client of the page. Called again with the same `url`, it takes the new options and keeps the Socket. Another
 * `io.query`, `io.extraHeaders` or `auth` object makes the connection anew. Another `url` ends the old client, whose messages
 * settle as `CLOSED`, and makes a new one.
 * @throws {HoldfastError} `INVALID_OPTION`, if an option is wrong. `UNSUPPORTED_SOCKET_IO`, if the app's socket.io-client lacks
 *   methods that 4.7 and later have. No other function of this entry throws.
 */
export function configureSocket(options?: Options): void;

/**
 * Connects, and names the user. Another user than before ends the earlier user's session: what waited settles as `LOGGED_OUT`.
 * @param userId The user's id. Without one the option `userId` or the token names the user.
 * @param authState `{ isAuthReady: false }` delays every attempt to connect until a call with `true`.
 * @returns The Socket. null while logged out, and before `configureSocket`.
 */
export function initializeSocket(
  userId?: string | number | null,
  authState?: { isAuthReady?: boolean | undefined; [field: string]: unknown } | null,
): Socket | null;
/** The same as {@link initializeSocket}. */
export function connectSocket(
  userId?: string | number | null,
  authState?: { isAuthReady?: boolean | undefined; [field: string]: unknown } | null,
): Socket | null;
/** Ends the link. The queue and all listeners stay. */
export function disconnectSocket(): void;
/**
 * Logs out: what waits settles as `LOGGED_OUT`, and nothing connects until {@link resetLogoutFlag}. The logout holds when the call
 * returns, in every tab.
 * @returns A promise that resolves once nothing of the user is on disk any more. It never rejects, and need not be awaited.
 */
export function disconnectSocketForLogout(): Promise<void>;
/** Ends a logout. A call of `initializeSocket` that the logout refused is made up for. */
export function resetLogoutFlag(): void;
/** Returns the one Socket, before it is connected too. null before `configureSocket`. */
export function getSocket(): Socket | null;
/** Returns whether there is a connection: see the option `connectedMeans`. */
export function isSocketConnected(): boolean;
/** Returns whether messages leave. */
export function isConnectionReady(): boolean;
/** Returns how many messages wait to leave. */
export function getMessageQueueLength(): number;
/** Returns the unsettled messages in send order, including those of an earlier page load once they are read from disk. */
export function getOutbox(): Waiting[];
/** Does nothing: health is watched as long as there is a link. It exists for apps that call it. */
export function startHealthMonitoring(): void;
/** Does nothing: health is watched as long as there is a link. It exists for apps that call it. */
export function stopHealthMonitoring(): void;
/** Returns the condition of the connection. `timeSinceLastPong` is in milliseconds, or null before the first answer. */
export function getConnectionHealth(): ConnectionHealth & { timeSinceLastPong: number | null };
/**
 * Sends a message as the event `send.event`.
 * @param callback Called once with the final result. If the message has to wait, it is first called once with a
 *   {@link QueuedNotice}, before `sendMessage` returns.
 * @returns A promise of the final result. It never rejects. Before `configureSocket` the result is `NOT_CONFIGURED`.
 */
export function sendMessage(
  data: unknown,
  callback?: (result: SendResult | QueuedNotice) => void,
): Promise<SendResult>;
/**
 * Reads the feed of a room, as `followRoom` of `createClient` does. A call before `configureSocket` takes effect after it.
 * A room that is not a string, or is empty, is ignored.
 * @returns A function that ends it.
 */
export function followRoom(room: string): Off;
/**
 * Calls back for each message that settles, including those of an earlier page load. It is called once more if an acknowledgement
 * comes after a success by receipt.
 */
export function onMessageSettled(callback: (settled: Settled) => void): Off;
/**
 * Calls back for each event of `events.sent`. Like the helpers below, it passes on all arguments of the event; if the server wants
 * an acknowledgement, the last one is the function that sends it. All helpers can be registered before `configureSocket`.
 */
export function onMessageSent(callback: (data: any, ...rest: any[]) => void): Off;
/** Calls back for each event of `events.message` that is not a repeat. */
export function onNewMessage(callback: (message: any, ...rest: any[]) => void): Off;
/**
 * Calls back for each event of `events.typing`. If no event ends a typing mark within `events.typingExpiryMs`, it is called with
 * `isTyping: false`.
 */
export function onUserTyping(
  callback: (data: { userId: string; isTyping: boolean }, ...rest: any[]) => void,
): Off;
/** Calls back for each event of `events.friendRequest`. */
export function onFriendRequestReceived(callback: (data: any, ...rest: any[]) => void): Off;
/** Calls back for each event of `events.friendAccepted`. */
export function onFriendRequestAccepted(callback: (data: any, ...rest: any[]) => void): Off;
/** Calls back for each user who comes online. */
export function onUserOnline(callback: (data: { userId: string }, ...rest: any[]) => void): Off;
/** Calls back for each user who goes offline. */
export function onUserOffline(callback: (data: { userId: string }, ...rest: any[]) => void): Off;
/** Calls back with each list of the users who are online. A late subscriber gets the current list at once. */
export function onOnlineUsers(callback: (userIds: string[], ...rest: any[]) => void): Off;
/** Emits `typing` with `{ recipientId, isTyping, userId }`. It is dropped unless the link is ready. */
export function emitTyping(
  recipientId: string | number,
  userId?: string | number,
  isTyping?: boolean,
): void;
/** Emits `presence.request`. It is dropped unless the link is ready. */
export function requestOnlineUsers(): void;
/** Emits `friend_request_sent`. It is deferred until the link is ready, for at most a minute. */
export function emitFriendRequestSent(data: unknown): void;
/** Emits `friend_request_accepted`. It is deferred until the link is ready, for at most a minute. */
export function emitFriendRequestAccepted(data: unknown): void;

/** All functions of this entry as one object. */
declare const socket: {
  configureSocket: typeof configureSocket;
  initializeSocket: typeof initializeSocket;
  connectSocket: typeof connectSocket;
  disconnectSocket: typeof disconnectSocket;
  disconnectSocketForLogout: typeof disconnectSocketForLogout;
  resetLogoutFlag: typeof resetLogoutFlag;
  getSocket: typeof getSocket;
  isSocketConnected: typeof isSocketConnected;
  isConnectionReady: typeof isConnectionReady;
  getMessageQueueLength: typeof getMessageQueueLength;
  getOutbox: typeof getOutbox;
  followRoom: typeof followRoom;
  startHealthMonitoring: typeof startHealthMonitoring;
  stopHealthMonitoring: typeof stopHealthMonitoring;
  getConnectionHealth: typeof getConnectionHealth;
  sendMessage: typeof sendMessage;
  onMessageSettled: typeof onMessageSettled;
  onMessageSent: typeof onMessageSent;
  onNewMessage: typeof onNewMessage;
  onUserTyping: typeof onUserTyping;
  onFriendRequestReceived: typeof onFriendRequestReceived;
  onFriendRequestAccepted: typeof onFriendRequestAccepted;
  onUserOnline: typeof onUserOnline;
  onUserOffline: typeof onUserOffline;
  onOnlineUsers: typeof onOnlineUsers;
  emitTyping: typeof emitTyping;
  requestOnlineUsers: typeof requestOnlineUsers;
  emitFriendRequestSent: typeof emitFriendRequestSent;
  emitFriendRequestAccepted: typeof emitFriendRequestAccepted;
};
export default socket;
