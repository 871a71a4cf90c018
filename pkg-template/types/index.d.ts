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

/**
 * How a message may settle as a success.
 *
 * - `acked`: with the server's acknowledgement. Where the server does not acknowledge the event, with a receipt.
 * - `received`: with a receipt, which proves that the server has taken it.
 * - `latest`: it has no result. Only the newest of its key is kept while there is no link.
 * - `volatile`: it has no result, and is dropped while the link is not ready.
 */
export type Way = 'acked' | 'received' | 'latest' | 'volatile';

type OneOrMore = string | readonly string[];

/** What `auth` may answer: null or undefined is nobody logged in. */
type Credentials = Record<string, unknown> | null | undefined;

/** Every option has a default; see the README for what each means. Spans are in milliseconds. */
export interface Options {
  /** The server; the page's own where there is none. */
  url?: string | undefined;
  /** Handed on to socket.io-client: `path`, `query`, `transports`, `withCredentials` and so on. */
  io?: Partial<ManagerOptions & SocketOptions> | undefined;
  /** Asked before every attempt to connect. */
  auth?: Credentials | (() => Credentials | Promise<Credentials>) | undefined;
  authTimeoutMs?: number | undefined;
  userId?: string | number | (() => string | number | null | undefined) | undefined;
  /**
   * The event that asks the server for the user's room. Default: `false` with `createClient`, `{}` with
   * `holdfast/socket`. `{}` is `join` with the user's id, confirmed by `room:joined`, refused by `room:error`.
   */
  join?:
    | false
    | {
        event?: string | null | undefined;
        payload?: ((userId: string | undefined) => unknown) | undefined;
        confirm?: string | undefined;
        reject?: string | undefined;
        fallbackMs?: number | undefined;
      }
    | undefined;
  send?:
    | {
        event?: string | undefined;
        idField?: string | undefined;
        ackTimeoutMs?: number | undefined;
        retries?: number | undefined;
        backoffMs?: number | undefined;
        backoffMaxMs?: number | undefined;
        window?: number | undefined;
        windowBytes?: number | undefined;
        lane?: ((data: any) => unknown) | undefined;
        strict?: boolean | undefined;
        final?: readonly string[] | undefined;
        /**
         * What an acknowledgement means, where the rules are not yours; it gets all of its arguments. undefined leaves it to the
         * rules, and so do a throw and anything that is no verdict, which are reported. A wait is 100 ms at least.
         */
        verdict?: ((...acknowledgement: any[]) => Verdict | undefined) | undefined;
        /**
         * Whether the server acknowledges. `true`: only an acknowledgement is a success. `false`: receipts are.
         * Default: found out for each event.
         */
        ack?: boolean | undefined;
      }
    | undefined;
  /** Whether to ask the server for receipts. Default: true. */
  receipts?: boolean | undefined;
  /**
   * Whether to read the user's own feed from a server that announces feeds (`createFeed` in `holdfast/server`): what it publishes
   * for the user arrives once and in order, also what it published while this client was away. A server that announces none is
   * asked for nothing. Default: true; in `createClient` false.
   */
  feed?: boolean | undefined;
  /**
   * How events are sent, by their names; what `send` is told goes before. `repeat: false`: it leaves once, for what must not
   * take effect twice. Default: `{}`, all are `acked`.
   */
  ways?:
    | Readonly<
        Record<
          string,
          | Way
          | { way: Way; key?: ((data: any) => unknown) | undefined; repeat?: boolean | undefined }
        >
      >
    | undefined;
  /**
   * How a dead link is noticed. `false`: by Socket.IO's own heartbeat alone. Default: by receipts, and with
   * `holdfast/socket` by the event `ping` too.
   */
  /**
   * Events of the app's own that the server forgets with the connection, such as joins of rooms: what was emitted is
   * emitted again after each return that is not a recovered session, after the listeners of `connect` and before
   * what waits. `{ join, leave }`: an event `leave` with the same arguments ends that. Default: `[]`.
   */
  session?: readonly (string | RegExp | { join: string; leave: string })[] | undefined;
  health?:
    | false
    | {
        /** null for none. Default: null with `createClient`, `ping` with `holdfast/socket`. */
        event?: string | null | undefined;
        args?: readonly unknown[] | undefined;
        intervalMs?: number | undefined;
        timeoutMs?: number | undefined;
        probeMs?: number | undefined;
      }
    | undefined;
  /** Who is online, by the names of events. `false`: nothing is asked and nothing noted. */
  presence?:
    | false
    | {
        /** Default: `online_users`. */
        list?: OneOrMore | undefined;
        /** Default: `user_online`. */
        online?: OneOrMore | undefined;
        /** Default: `user_offline`. */
        offline?: OneOrMore | undefined;
        /** Default: `presence:update`. */
        update?: OneOrMore | undefined;
        /** Emitted on each return. Default: none with `createClient`, `get_online_users` with `holdfast/socket`. */
        request?: OneOrMore | undefined;
      }
    | undefined;
  events?:
    | {
        /** Default: `message:new`. */
        message?: OneOrMore | undefined;
        /** They confirm the message whose id they carry. Default: `message:sent`. */
        sent?: OneOrMore | undefined;
        /**
         * They refuse the message whose id they carry, in `send.idField` or in `cause.data`: it fails with the
         * payload as its reply. Default: none.
         */
        failed?: OneOrMore | undefined;
        typing?: OneOrMore | undefined;
        friendRequest?: OneOrMore | undefined;
        friendAccepted?: OneOrMore | undefined;
        typingExpiryMs?: number | undefined;
      }
    | undefined;
  queue?:
    | {
        capacity?: number | undefined;
        maxBytes?: number | undefined;
        ttlMs?: number | undefined;
        storage?: 'indexeddb' | 'memory' | undefined;
      }
    | undefined;
  reconnect?:
    | {
        minMs?: number | undefined;
        maxMs?: number | undefined;
        spreadMs?: number | undefined;
        stableMs?: number | undefined;
        connectTimeoutMs?: number | undefined;
        upgradeTimeoutMs?: number | undefined;
        onRejected?:
          | ((
              error: Error & { data?: any },
            ) => 'retry' | 'stop' | { retryAfterMs: number } | undefined)
          | undefined;
        /**
         * Asked when the server ended the connection by `socket.disconnect()`. Default: 'retry', with waits that grow each
         * time. 'stop': no further attempt until the app connects; what waits stays queued.
         */
        onServerDisconnect?:
          | ((details: {
              /** socket.io's: 'io server disconnect' */
              reason: string;
            }) => 'retry' | 'stop' | { retryAfterMs: number } | undefined)
          | undefined;
      }
    | undefined;
  /**
   * Repeats of `events.message` and `notification:new`: the same id and equal content. Default: `_id` or `id`,
   * and the last 1,000.
   */
  dedupe?: { id?: ((message: any) => unknown) | undefined; size?: number | undefined } | undefined;
  connectedMeans?: 'link' | 'accepting' | undefined;
  onForceLogout?:
    | ((data: { reason?: string | undefined; final?: boolean | undefined }) => void)
    | undefined;
  /**
   * Asked on every return that was not a recovered session, and where a feed has lost its place: what was published since then is
   * not in the server's store. Live messages are held until what it answers is settled, for 5 s or 1,000 at most.
   */
  onResync?:
    | ((missed: {
        /** The last message that arrived; its id is null where none did. `at` in ms since the epoch. */
        since: { id: string | null; at: number };
        /**
         * `returned`: the link was lost, and what was sent over no feed may be missing. `trimmed`: the store keeps no items as
         * old as the first that is missing. `replaced`: the store, or the feed in it, is another one. The app loads its state anew.
         */
        reason: 'returned' | 'trimmed' | 'replaced';
        /** Whose feed has lost its place: a room's, or with null the user's own. */
        room: string | null;
        /** Hands messages to the listeners of `events.message`; what came before under the same id is dropped. */
        deliver: (messages: readonly unknown[]) => void;
      }) => unknown)
    | undefined;
  onError?: ((error: Error) => void) | undefined;
  /** null for silence. */
  logger?: { warn(...args: unknown[]): void; debug(...args: unknown[]): void } | null | undefined;
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
  /**
   * `plain`: WebAssembly cannot run here, or the engine failed. Sends leave once, over a plain Socket, and end with their
   * acknowledgement or after `send.ackTimeoutMs`; nothing is repeated, and nothing is kept over a reload.
   */
  readonly mode: 'reliable' | 'plain';
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
  id?: string | undefined;
  /** The conversation: messages of one lane reach the server in send order. */
  lane?: string | number | undefined;
  /** Nothing of its lane in flight beside it. */
  strict?: boolean | undefined;
  /** `false` keeps it in memory only. */
  durable?: boolean | undefined;
  ttlMs?: number | undefined;
  /** How long its acknowledgement may take, in milliseconds. Default: `send.ackTimeoutMs`. */
  ackTimeoutMs?: number | undefined;
  /** Default: by the option `ways`, else `acked`. */
  way?: Way | undefined;
  /** With `latest`: what a newer message replaces. Default: by the option `ways`, else all of the event. */
  key?: string | number | undefined;
  /** `false`: it never leaves again once it has left. Default: true. */
  repeat?: boolean | undefined;
  /**
   * The arguments after the payload: `send('beats', 7, { rest: [24] })` emits what `socket.emit('beats', 7, 24)` does.
   * The id, the lane and the key are told by the payload alone. Default: none.
   */
  rest?: readonly unknown[] | undefined;
  signal?: AbortSignal | undefined;
}

/** How a message ended. */
export interface Settled {
  readonly id: string;
  readonly event: string;
  readonly success: boolean;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  /**
   * The server's own acknowledgement, if there was one: its argument, or a list where there were several, without the
   * null of an error-first one.
   */
  readonly reply: any;
  /** It had left at least once without an answer. */
  readonly maybeDelivered: boolean;
  readonly retryable: boolean;
  /**
   * How it is known: by an acknowledgement, a receipt, or an event of `events.sent` or `events.failed`. Not set
   * where the server said nothing.
   */
  readonly confirmedBy?: 'ack' | 'receipt' | 'echo' | undefined;
  /** Milliseconds from leaving to the answer, where it left once only: else nobody can tell. */
  readonly rttMs?: number | undefined;
}

/** A message that is not settled. */
export interface Waiting {
  readonly id: string;
  readonly event: string;
  /** What will arrive; a copy. undefined where there is no payload. */
  readonly data: any;
  /** The arguments after it; a copy. */
  readonly rest: readonly any[];
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
  /** As that of the state. */
  readonly mode: 'reliable' | 'plain';
  /**
   * Accepted messages by how they ended: `DELIVERED`, or the code. Codes are cut to 100 characters; beyond 100
   * codes the others count as `OTHER`.
   */
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
  /**
   * Keeps the outbox and everybody's listeners. Where it is not known whose the messages are, what waits
   * settles as LOGGED_OUT.
   */
  disconnect(): void;
  /** Settles what waits as LOGGED_OUT and forgets the user. */
  logout(): Promise<void>;
  /** Settles what waits as CLOSED, for good. */
  destroy(): void;
  /**
   * Resolves with the server's reply; rejects with a {@link DeliveryError}, or with a {@link HoldfastError}
   * where an option is wrong or the event has no name. Without `data` the event has no argument; several arguments go into
   * the option `rest`. It takes no callback.
   */
  send(
    event: string,
    data: unknown,
    options: SendOptions & { way: 'latest' | 'volatile' },
  ): undefined;
  send<R = any>(event: string, data?: unknown, options?: SendOptions): Promise<R> & { id: string };
  /** Whether it was still waiting. */
  cancel(id: string): boolean;
  /**
   * Emits an event now, if the link is up, and again after each return that is not a recovered session, before what
   * waits leaves. The same event with the same arguments is remembered once, a logout forgets it, and so does the
   * function that is answered. 1,000 at most, the oldest goes first.
   * @throws {HoldfastError} what cannot be sent, or has more than 10,000 bytes
   */
  remember(event: string, ...args: any[]): () => void;

  /**
   * Reads the feed of a room from now on (`createFeed` in `holdfast/server`): what the server publishes there reaches the listeners
   * of its events once and in order, also what it published while this client was away. The server says who may; where it
   * refuses, `onError` gets FEED_REFUSED. A server without feeds is asked for nothing. A logout ends it.
   * @returns ends it, once as many have called theirs as have asked for the room
   * @throws where `room` is no text, or an empty one
   */
  followRoom(room: string): () => void;
  /** Socket.IO's own `connect`, `disconnect` and `connect_error` too. */
  on(event: string, listener: (...args: any[]) => void): () => void;
  /** Called whenever `getState` has something new. */
  subscribe(listener: () => void): () => void;
  /**
   * Called for each message that settles, those of an earlier life too; and once more where an acknowledgement
   * comes after a success by receipt.
   */
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
