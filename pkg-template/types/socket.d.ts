// The public types of `holdfast/socket`.
// biome-ignore-all lint/suspicious/noExplicitAny: payloads are the app's, and any is what socket.io gives them

import type { Socket } from 'socket.io-client';
import type { Code, ConnectionHealth, Options, Settled, Waiting } from './index.js';

export type { Code, ConnectionHealth, Options, Settled, Waiting } from './index.js';
export { HoldfastError } from './index.js';

/** Told at once, where the link is not ready; the final result follows. */
export interface QueuedNotice {
  success: false;
  queued: true;
  message: string;
  _tempId?: string | undefined;
  [field: string]: any;
}

/** The server's own acknowledgement. */
export interface Delivered {
  success: true;
  /** How that is known: by the acknowledgement, by a receipt, or by an event of `events.sent`. */
  confirmedBy: 'ack' | 'receipt' | 'echo';
  _tempId?: string | undefined;
  [field: string]: any;
}

export interface Failed {
  success: false;
  queued?: undefined;
  /** A code of ours or the server's. */
  error: Code | (string & {});
  message: string;
  _tempId?: string | undefined;
  /** It had left at least once without an answer. */
  maybeDelivered: boolean;
  [field: string]: any;
}

export type SendResult = Delivered | Failed;

type Off = () => void;

/** @throws {HoldfastError} for a wrong option: it names the option, what it got and what it takes. */
export function configureSocket(options?: Options): void;

export function initializeSocket(
  userId?: string | number | null,
  authState?: { isAuthReady?: boolean | undefined; [field: string]: unknown } | null,
): Socket | null;
export function connectSocket(
  userId?: string | number | null,
  authState?: { isAuthReady?: boolean | undefined; [field: string]: unknown } | null,
): Socket | null;
/** Keeps the queue and everybody's listeners. */
export function disconnectSocket(): void;
/**
 * Final until `resetLogoutFlag`. The promise resolves once nothing of the user is on disk any more; the logout
 * holds without waiting for it. It never rejects.
 */
export function disconnectSocketForLogout(): Promise<void>;
export function resetLogoutFlag(): void;
/** The one Socket, from configuring on. */
export function getSocket(): Socket | null;
export function isSocketConnected(): boolean;
export function isConnectionReady(): boolean;
export function getMessageQueueLength(): number;
/** What has not settled, in send order: what was restored after a reload too. */
export function getOutbox(): Waiting[];
export function startHealthMonitoring(): void;
export function stopHealthMonitoring(): void;
export function getConnectionHealth(): ConnectionHealth & { timeSinceLastPong: number | null };
/** Never rejects. The callback may be told first that the message waits; the final result comes once. */
export function sendMessage(
  data: unknown,
  callback?: (result: SendResult | QueuedNotice) => void,
): Promise<SendResult>;
/**
 * Reads the feed of a room from now on, as `followRoom` of `createClient`. Before `configureSocket` it is kept.
 */
export function followRoom(room: string): Off;
/**
 * Told how each message ended, those of an earlier life too; and once more where an acknowledgement comes after a
 * success by receipt.
 */
export function onMessageSettled(callback: (settled: Settled) => void): Off;
/** Each of these hands on all arguments of the event, the acknowledgement that the server wants as the last one. */
export function onMessageSent(callback: (data: any, ...rest: any[]) => void): Off;
export function onNewMessage(callback: (message: any, ...rest: any[]) => void): Off;
export function onUserTyping(
  callback: (data: { userId: string; isTyping: boolean }, ...rest: any[]) => void,
): Off;
export function onFriendRequestReceived(callback: (data: any, ...rest: any[]) => void): Off;
export function onFriendRequestAccepted(callback: (data: any, ...rest: any[]) => void): Off;
export function onUserOnline(callback: (data: { userId: string }, ...rest: any[]) => void): Off;
export function onUserOffline(callback: (data: { userId: string }, ...rest: any[]) => void): Off;
/** A late subscriber is told the current list at once. */
export function onOnlineUsers(callback: (userIds: string[], ...rest: any[]) => void): Off;
/** Dropped unless the link is ready: worthless when late. */
export function emitTyping(
  recipientId: string | number,
  userId?: string | number,
  isTyping?: boolean,
): void;
/** Emits `presence.request`; dropped unless the link is ready. */
export function requestOnlineUsers(): void;
/** Held until the link is ready, for a minute. */
export function emitFriendRequestSent(data: unknown): void;
export function emitFriendRequestAccepted(data: unknown): void;

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
