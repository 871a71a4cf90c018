// The public types of `holdfast`.
// biome-ignore-all lint/suspicious/noExplicitAny: payloads and replies are the app's, and any is what socket.io gives them

import type { ManagerOptions, Socket, SocketOptions } from 'socket.io-client';

/** Codes of ours. A server's own codes come beside them, as the server wrote them. */
export type Code =
  | 'ACK_TIMEOUT'
  | 'NO_RESPONSE'
  | 'INVALID_MESSAGE_PAYLOAD'
  | 'PAYLOAD_TOO_LARGE'
  | 'DUPLICATE_ID'
  | 'QUEUE_FULL'
  | 'EXPIRED'
  | 'CANCELLED'
  | 'LINK_LOST'
  | 'LOGGED_OUT'
  | 'CLOSED'
  | 'NOT_CONFIGURED';

/** Where the link is. */
export type Phase =
  | 'idle'
  | 'waiting'
  | 'authorizing'
  | 'connecting'
  | 'joining'
  | 'ready'
  | 'suspect'
  | 'closed';

/** What a `verdict` function answers about an acknowledgement. */
export type Verdict = 'accepted' | 'refused' | 'retry' | { retryAfterMs: number };

type OneOrMore = string | readonly string[];

/** What `auth` may answer: null or undefined is nobody logged in. */
type Credentials = Record<string, unknown> | null | undefined;

/** Every option has a default; see the README for what each means. Spans are in milliseconds. */
export interface Options {
  /** The server; the page's own where there is none. */
  url?: string;
  /** Handed on to socket.io-client: `path`, `query`, `transports`, `withCredentials` and so on. */
  io?: Partial<ManagerOptions & SocketOptions>;
  /** Asked before every attempt to connect. */
  auth?: Credentials | (() => Credentials | Promise<Credentials>);
  authTimeoutMs?: number;
  userId?: string | number | (() => string | number | null | undefined);
  join?:
    | false
    | {
        event?: string | null;
        payload?: (userId: string | undefined) => unknown;
        confirm?: string;
        reject?: string;
        fallbackMs?: number;
      };
  send?: {
    event?: string;
    idField?: string;
    ackTimeoutMs?: number;
    retries?: number;
    backoffMs?: number;
    backoffMaxMs?: number;
    window?: number;
    windowBytes?: number;
    lane?: (data: any) => unknown;
    strict?: boolean;
    final?: readonly string[];
    verdict?: (acknowledgement: any) => Verdict | undefined;
  };
  health?:
    | false
    | {
        event?: string;
        args?: readonly unknown[];
        intervalMs?: number;
        timeoutMs?: number;
        probeMs?: number;
      };
  presence?: {
    list?: OneOrMore;
    online?: OneOrMore;
    offline?: OneOrMore;
    update?: OneOrMore;
    request?: OneOrMore;
  };
  events?: {
    message?: OneOrMore;
    sent?: OneOrMore;
    typing?: OneOrMore;
    friendRequest?: OneOrMore;
    friendAccepted?: OneOrMore;
    typingExpiryMs?: number;
  };
  queue?: {
    capacity?: number;
    maxBytes?: number;
    ttlMs?: number;
    storage?: 'indexeddb' | 'memory';
  };
  reconnect?: {
    minMs?: number;
    maxMs?: number;
    spreadMs?: number;
    stableMs?: number;
    connectTimeoutMs?: number;
    upgradeTimeoutMs?: number;
    onRejected?: (
      error: Error & { data?: any },
    ) => 'retry' | 'stop' | { retryAfterMs: number } | undefined;
  };
  dedupe?: { id?: (message: any) => unknown; size?: number };
  connectedMeans?: 'link' | 'accepting';
  onForceLogout?: (data: { reason?: string; final?: boolean }) => void;
  /**
   * Asked on every return that was not a recovered session. Live messages are held until what it
   * answers is settled, for 5 s or 1,000 at most.
   */
  onResync?: (missed: {
    /** The last message that arrived; its id is null where none did. `at` in ms since the epoch. */
    since: { id: string | null; at: number };
    /** Hands messages to the listeners of `events.message`; repeats are dropped. */
    deliver: (messages: readonly unknown[]) => void;
  }) => unknown;
  onError?: (error: Error) => void;
  /** null for silence. */
  logger?: { warn(...args: unknown[]): void; debug(...args: unknown[]): void } | null;
}

/** How the connection is. */
export interface ConnectionHealth {
  readonly isHealthy: boolean;
  /** Milliseconds since the epoch, or null before the first pong. */
  readonly lastPongTime: number | null;
  readonly rttMs: number | null;
  readonly isConnected: boolean;
  readonly isReady: boolean;
  /** Messages that wait to leave. */
  readonly queueLength: number;
}

/** A frozen snapshot; the same object until something changes. */
export interface State {
  readonly isConnected: boolean;
  readonly isReady: boolean;
  readonly phase: Phase;
  readonly transport: string | null;
  readonly connectionHealth: ConnectionHealth;
  readonly onlineUsers: readonly string[];
  /** The link was lost since the list came. */
  readonly onlineUsersStale: boolean;
  readonly queueLength: number;
  readonly inFlight: number;
  /** Milliseconds since the epoch. */
  readonly nextAttemptAt: number | null;
  readonly error: Error | null;
}

export interface SendOptions {
  /** Default: the payload's id field, or a new one. */
  id?: string;
  /** The conversation: messages of one lane reach the server in send order. */
  lane?: string | number;
  /** Nothing of its lane in flight beside it. */
  strict?: boolean;
  /** `false` keeps it in memory only. */
  durable?: boolean;
  ttlMs?: number;
  signal?: AbortSignal;
}

/** How a message ended. */
export interface Settled {
  readonly id: string;
  readonly event: string;
  readonly success: boolean;
  readonly code?: string;
  readonly message?: string;
  /** The server's own acknowledgement, if there was one. */
  readonly reply: any;
  /** It had left at least once without an answer. */
  readonly maybeDelivered: boolean;
  readonly retryable: boolean;
  /** Milliseconds from leaving to the answer, where it left once only: else nobody can tell. */
  readonly rttMs?: number;
}

/** A message that is not settled. */
export interface Waiting {
  readonly id: string;
  readonly event: string;
  /** What will arrive; a copy. */
  readonly data: any;
  /** Its conversation; empty for the one that all without a key share. */
  readonly lane: string;
  /**
   * `link`: for the link to be ready. `turn`: for older messages of its lane, or for room in the window.
   * `delay`: to be tried again later, it or an older one of its lane. `answer`: it left.
   */
  readonly waitsFor: 'link' | 'turn' | 'delay' | 'answer';
  /** How often it left. */
  readonly attempts: number;
  /** Why the server wants it to be tried again, if it said so. */
  readonly code: string | null;
}

/** Since the client was made. */
export interface Stats {
  /** Accepted messages by how they ended: `DELIVERED`, or the code. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** From leaving to the answer, of the last 1,024 that left once; null before the first. */
  readonly rttMs: Readonly<Record<'p50' | 'p95' | 'p99', number | null>>;
  /** How often the link was ready again. */
  readonly reconnects: number;
  /** The most messages that were unsettled at one time. */
  readonly queueHighWater: number;
}

export interface Client {
  /** The one real Socket, for the life of the client. */
  readonly socket: Socket;
  connect(): void;
  /** Keeps the outbox and everybody's listeners. */
  disconnect(): void;
  /** Settles what waits as LOGGED_OUT and forgets the user. */
  logout(): Promise<void>;
  /** Settles what waits as CLOSED, for good. */
  destroy(): void;
  /**
   * Resolves with the server's reply; rejects with a {@link DeliveryError}, or with a {@link HoldfastError}
   * where an option is wrong or the event has no name.
   */
  send<R = any>(event: string, data: unknown, options?: SendOptions): Promise<R> & { id: string };
  /** Whether it was still waiting. */
  cancel(id: string): boolean;
  on(event: string, listener: (...args: any[]) => void): () => void;
  /** Called whenever `getState` has something new. */
  subscribe(listener: () => void): () => void;
  onSettled(listener: (settled: Settled) => void): () => void;
  getState(): State;
  stats(): Stats;
  /** What is not settled, in send order, and what each waits for. */
  outbox(): Waiting[];
}

/** @throws {HoldfastError} for a wrong option: it names the option, what it got and what it takes. */
export function createClient(options?: Options): Client;

/** A mistake in how the package is used, or in what it runs on. */
export class HoldfastError extends Error {
  readonly code: string;
}

/** A message that did not take effect, or for which nobody can tell. */
export class DeliveryError extends Error {
  readonly code: Code | (string & {});
  readonly id: string;
  /** Sending the same message again can make sense. */
  readonly retryable: boolean;
  /** It had left at least once without an answer. */
  readonly maybeDelivered: boolean;
  readonly reply: unknown;
}
