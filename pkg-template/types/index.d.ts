// The public types of `holdfast`.
// biome-ignore-all lint/suspicious/noExplicitAny: payloads and replies are the app's, and any is what socket.io gives them

import type { ManagerOptions, Socket, SocketOptions } from 'socket.io-client';

/**
 * The codes with which Holdfast itself ends a message. A refusal of the server has the server's own code, unchanged.
 * docs/troubleshooting.md explains each one.
 */
export type Code =
  /** The server did not acknowledge the message, and all retries are used up. */
  | 'ACK_TIMEOUT'
  /** The client was closed after the message had left and before the server answered. */
  | 'NO_RESPONSE'
  /** The payload cannot be encoded. */
  | 'INVALID_MESSAGE_PAYLOAD'
  /** The message is larger than the queue or the server allows. */
  | 'PAYLOAD_TOO_LARGE'
  /** Another message with this id waits, or the server has answered other content under it. */
  | 'DUPLICATE_ID'
  /** The queue is full. */
  | 'QUEUE_FULL'
  /** The message was not delivered within its time to live. */
  | 'EXPIRED'
  /** The app cancelled the message. */
  | 'CANCELLED'
  /** The connection was lost after the message had left, and the message must not be repeated. */
  | 'LINK_LOST'
  /** The user logged out, or another user took their place. */
  | 'LOGGED_OUT'
  /** The client was destroyed, or its engine cannot run. */
  | 'CLOSED'
  /** `configureSocket` was not called. */
  | 'NOT_CONFIGURED';

/**
 * The phase of the link.
 *
 * - `idle`: no link is wanted.
 * - `waiting`: the client waits before its next attempt.
 * - `authorizing`: the option `auth` is being asked for credentials.
 * - `connecting`: socket.io-client makes the connection.
 * - `joining`: the connection is up, and the answer to the join is awaited.
 * - `ready`: messages leave.
 * - `suspect`: the link was silent for too long and is being probed. Messages wait.
 * - `closed`: the client was destroyed.
 */
export type Phase =
  | 'idle'
  | 'waiting'
  | 'authorizing'
  | 'connecting'
  | 'joining'
  | 'ready'
  | 'suspect'
  | 'closed';

/**
 * The meaning of an acknowledgement, as a `verdict` function returns it.
 *
 * - `accepted`: the message took effect.
 * - `refused`: the message failed for good.
 * - `retry`: send it again. Each time uses up a retry.
 * - `{ retryAfterMs }`: send it again after so many milliseconds, at least 100. This uses up no retry.
 */
export type Verdict = 'accepted' | 'refused' | 'retry' | { retryAfterMs: number };

/**
 * How a message settles as a success.
 *
 * - `acked`: by the server's acknowledgement. If the server does not acknowledge the event, by a receipt.
 * - `received`: by a receipt, which proves that the server has received the message.
 * - `latest`: it has no result. While there is no link, only the newest message of each key is kept.
 * - `volatile`: it has no result. It is dropped while the link is not ready.
 */
export type Way = 'acked' | 'received' | 'latest' | 'volatile';

/** Credentials for the handshake. null and undefined mean that nobody is logged in. */
export type Credentials = Record<string, unknown> | null | undefined;

/**
 * The options of `createClient`, `configureSocket` and `SocketProvider`. All are optional. A span is a whole number of
 * milliseconds from 1 to 2,147,483,647 unless its option says otherwise. A value that does not fit and an unknown name
 * throw `INVALID_OPTION`; the error names the option, the kind of value it got and what it takes.
 */
export interface Options {
  /** The server's URL. Default: the page's own origin. */
  url?: string | undefined;
  /**
   * Options for socket.io-client: `path`, `query`, `transports`, `withCredentials`, `autoUnref` and so on.
   * `reconnection*`, `timeout`, `forceNew` and `multiplex` have no effect, because the option `reconnect` replaces them; the
   * client warns about them. `retries` and `ackTimeout` apply only to what the app emits itself with a callback. With a
   * `parser`, payloads keep every kind of value that the parser keeps, such as Date, Map and NaN.
   * Default: `{}`.
   */
  io?: Partial<ManagerOptions & SocketOptions> | undefined;
  /**
   * Credentials for the handshake: an object, or a function that returns one or a promise of one. The function is called
   * before each attempt to connect. null or undefined means that nobody is logged in: the client makes no attempt until the
   * app connects again. A function that throws or rejects is a failed attempt, reported as `AUTH_FAILED`.
   * If a component assigns `socket.auth`, that value is used, as long as it names the same user.
   * Default: `{ token }` from `localStorage.token`, or no credentials if that key does not exist.
   */
  auth?: Credentials | (() => Credentials | Promise<Credentials>) | undefined;
  /** How long `auth` may take, in milliseconds. After that the attempt counts as failed. Default: `5000`. */
  authTimeoutMs?: number | undefined;
  /**
   * The user's id, or a function that returns it. An id given to `initializeSocket` has priority. Without an id the client
   * sends no join, `ready` means connected, and messages are kept in memory only.
   * Default: `userId`, `sub` or `id` of the token.
   */
  userId?: string | number | (() => string | number | null | undefined) | undefined;
  /**
   * How the client asks the server for the user's room after connecting. `false` sends no join: the link is ready as soon as
   * it is connected. Default: the defaults of its fields. With `createClient`: `false`.
   */
  join?:
    | false
    | {
        /** The event to emit. null emits nothing and only waits for `confirm`. Default: `'join'`. */
        event?: string | null | undefined;
        /** Returns the event's argument. undefined emits the event without one. Default: the user's id. */
        payload?: ((userId: string | undefined) => unknown) | undefined;
        /** The server's event that confirms the join. Default: `'room:joined'`. */
        confirm?: string | undefined;
        /**
         * The server's event that refuses the join. It counts only while the join is unanswered. If it names a `room` or
         * `roomId`, that must be the user's id, `user_<id>` or the join's payload. Default: `'room:error'`.
         */
        reject?: string | undefined;
        /** How long to wait for the confirmation. Then messages leave without it. In milliseconds. Default: `3000`. */
        fallbackMs?: number | undefined;
      }
    | undefined;
  /** How messages are sent. */
  send?:
    | {
        /** The event of `sendMessage`. Default: `'send_message'`. */
        event?: string | undefined;
        /**
         * The property of the payload that carries the message's id: a string of up to 200 characters, or a number. Results carry it as
         * it was given. A message without one gets `temp_` and 96 random bits. Default: `'_tempId'`.
         */
        idField?: string | undefined;
        /**
         * How long an acknowledgement may take, in milliseconds. The span begins when the message leaves, or at the
         * acknowledgement of an older message if that is later. Default: `10_000`.
         */
        ackTimeoutMs?: number | undefined;
        /** How often a message is sent again after a missing or negative answer, from 0 to 1,000. Default: `3`. */
        retries?: number | undefined;
        /**
         * The longest wait before the first retry, in milliseconds, 0 allowed. It doubles with each further retry; the wait itself
         * is drawn at random between 0 and it. Default: `1000`.
         */
        backoffMs?: number | undefined;
        /** The longest wait before any retry, in milliseconds, 0 allowed. Default: `30_000`. */
        backoffMaxMs?: number | undefined;
        /** How many messages may be unanswered at once, from 1 to 100,000. Default: `1024`. */
        window?: number | undefined;
        /** How many bytes of messages may be unanswered at once. One message always may. Default: `1_000_000`. */
        windowBytes?: number | undefined;
        /**
         * Returns the lane of a `send.event` message from its payload. Messages of one lane reach the server in send order.
         * A message without a lane shares one lane with all others without.
         * Default: `recipientId`, `conversationId`, `roomId` or `groupChatId` of the payload.
         */
        lane?: ((data: any) => unknown) | undefined;
        /**
         * Whether a lane has only one message in flight. This keeps the order also after refusals, but costs a round trip for
         * each message. Default: `false`.
         */
        strict?: boolean | undefined;
        /** Codes of the server that are final, besides those that Holdfast knows. Default: `[]`. */
        final?: readonly string[] | undefined;
        /**
         * Interprets acknowledgements whose form differs from the one that Holdfast expects. It gets all arguments of the acknowledgement.
         * undefined leaves the decision to Holdfast. A throw or another value does so too, and is reported as an uncaught exception is (`reportError`).
         * Default: none.
         */
        verdict?: ((...acknowledgement: any[]) => Verdict | undefined) | undefined;
        /**
         * Whether the server acknowledges. `true`: only an acknowledgement is a success. `false`: a receipt is.
         * Default: found out for each event.
         */
        ack?: boolean | undefined;
      }
    | undefined;
  /** Whether the client asks the server for receipts. Default: `true`. */
  receipts?: boolean | undefined;
  /**
   * Whether the client reads the user's own feed from a server that announces feeds (`createFeed` in `holdfast/server`). Events
   * that the server publishes for the user then arrive once and in order, including those published while the client was away.
   * A server that announces no feeds is asked for nothing. Default: `true`. With `createClient`: `false`.
   */
  feed?: boolean | undefined;
  /**
   * How events are sent, by event name: a way, or an object with a way. Options of a single `send` have priority. `key` returns
   * what a newer message of the way `latest` replaces. `repeat: false` sends the message at most once, for what must not
   * take effect twice. Default: `{}`, which sends everything as `acked`.
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
   * The app's own events that the server forgets with the connection, such as joins of rooms: names, regular expressions, or
   * pairs of a join and its leave. The client remembers such an emit and replays it after each return that is not a recovered
   * session: after the listeners of `connect`, before the messages that wait. An event `leave` with the same arguments ends it.
   * Default: `[]`.
   */
  session?: readonly (string | RegExp | { join: string; leave: string })[] | undefined;
  /**
   * How the client detects a dead link. `false`: only by Socket.IO's own heartbeat. Default: the defaults of its fields.
   */
  health?:
    | false
    | {
        /**
         * The event to ping the server with. If the server does not answer it, the client notices, and uses receipts or
         * Socket.IO's own heartbeat. null uses receipts from the start. Default: `'ping'`. With `createClient`: `null`.
         */
        event?: string | null | undefined;
        /** The arguments of the ping. Default: `[]`. */
        args?: readonly unknown[] | undefined;
        /**
         * The span between pings, in milliseconds. A proxy that ends idle connections needs a shorter span than its own limit.
         * Default: `15_000`.
         */
        intervalMs?: number | undefined;
        /** After how much silence a link counts as dead, in milliseconds. Default: `30_000`. */
        timeoutMs?: number | undefined;
        /** How long a doubtful link, such as after a sleep, has to answer a probe, in milliseconds. Default: `5000`. */
        probeMs?: number | undefined;
      }
    | undefined;
  /**
   * Which events say who is online. `false`: the client asks for nothing, and nobody is online. Default: the defaults of its
   * fields.
   */
  presence?:
    | false
    | {
        /** Events with the whole list of users. Default: `'online_users'`. */
        list?: string | readonly string[] | undefined;
        /** Events for a user who came online. Default: `'user_online'`. */
        online?: string | readonly string[] | undefined;
        /** Events for a user who went offline. Default: `'user_offline'`. */
        offline?: string | readonly string[] | undefined;
        /** Events with the new status of a user. Default: `'presence:update'`. */
        update?: string | readonly string[] | undefined;
        /**
         * Events that ask for the list, emitted on each return. An empty list asks for nothing.
         * Default: `'get_online_users'`. With `createClient`: `[]`.
         */
        request?: string | readonly string[] | undefined;
      }
    | undefined;
  /** The names of the server's events, each a name or a list of names. */
  events?:
    | {
        /** New messages, for `onNewMessage`. The option `dedupe` drops their repeats. Default: `'message:new'`. */
        message?: string | readonly string[] | undefined;
        /** Confirmations: each settles the message whose id it carries as a success. Default: `'message:sent'`. */
        sent?: string | readonly string[] | undefined;
        /**
         * Refusals: each settles the message whose id it carries as failed, with the event's payload as its reply. The id is
         * in the field `send.idField`, or in `cause.data`, as in the `exception` event of a NestJS gateway. Default: `[]`.
         */
        failed?: string | readonly string[] | undefined;
        /** Typing marks, for `onUserTyping`. Default: `['typing', 'user_typing']`. */
        typing?: string | readonly string[] | undefined;
        /** For `onFriendRequestReceived`. Default: `['friend_request_received', 'friendRequestReceived']`. */
        friendRequest?: string | readonly string[] | undefined;
        /** For `onFriendRequestAccepted`. Default: `['friend_request_accepted', 'friendRequestAccepted']`. */
        friendAccepted?: string | readonly string[] | undefined;
        /** After how long a typing mark ends by itself, in milliseconds. Default: `5000`. */
        typingExpiryMs?: number | undefined;
      }
    | undefined;
  /** Limits of the queue: how much may wait, for how long, and where. */
  queue?:
    | {
        /** How many messages may be unsettled, from 1 to 1,000,000. Beyond it a send fails as `QUEUE_FULL`. Default: `10_000`. */
        capacity?: number | undefined;
        /**
         * How many bytes of messages may be unsettled. Beyond it a send fails as `QUEUE_FULL`, and a single larger message as
         * `PAYLOAD_TOO_LARGE`. Default: `10_000_000`.
         */
        maxBytes?: number | undefined;
        /** How long a message may stay unsettled, in milliseconds. Then it fails as `EXPIRED`. Default: `86_400_000`, a day. */
        ttlMs?: number | undefined;
        /**
         * Where waiting messages are kept. `'memory'` keeps nothing on disk, so a reload loses them. If IndexedDB fails,
         * messages stay in memory and `onError` gets `STORAGE_FAILED`. Default: `'indexeddb'`.
         */
        storage?: 'indexeddb' | 'memory' | undefined;
      }
    | undefined;
  /**
   * When the client tries to connect again. Sending, coming back online and being shown again shorten a wait.
   */
  reconnect?:
    | {
        /** The least wait from the second attempt on, in milliseconds, at most `maxMs`. Default: `1000`. */
        minMs?: number | undefined;
        /**
         * The longest wait between attempts, in milliseconds. Waits are drawn at random from a range that doubles up to it. After
         * repeated disconnects by the server a wait can be eight times as long. Default: `30_000`.
         */
        maxMs?: number | undefined;
        /**
         * The first attempt after a loss comes within this span, in milliseconds, 0 allowed. About half of the time it comes
         * within the first third. Default: `3000`.
         */
        spreadMs?: number | undefined;
        /** How long a link must stay ready before the waits start anew, in milliseconds, 0 allowed. Default: `5000`. */
        stableMs?: number | undefined;
        /** How long one attempt may take, in milliseconds. Default: `20_000`. */
        connectTimeoutMs?: number | undefined;
        /**
         * How long the upgrade from polling to WebSocket may take, in milliseconds. Then polling is kept. Default: `5000`.
         */
        upgradeTimeoutMs?: number | undefined;
        /**
         * Called when the server refuses the handshake. `'stop'` makes no further attempt until the app connects again, and
         * what waits stays in the queue. Default: retry, unless `error.data.final` is set.
         */
        onRejected?:
          | ((
              error: Error & { data?: any },
            ) => 'retry' | 'stop' | { retryAfterMs: number } | undefined)
          | undefined;
        /**
         * Called when the server ended the connection by `socket.disconnect()`. `'stop'` makes no further attempt until the app
         * connects again, and what waits stays in the queue. Default: retry, with waits that grow each time.
         */
        onServerDisconnect?:
          | ((details: {
              /** socket.io's reason: `'io server disconnect'`. */
              reason: string;
            }) => 'retry' | 'stop' | { retryAfterMs: number } | undefined)
          | undefined;
      }
    | undefined;
  /**
   * Which of the server's messages are repeats. It applies to `events.message` and `notification:new`: a message with the id and
   * the content of a recent one is dropped.
   */
  dedupe?:
    | {
        /** Returns the id of a message. Default: `_id` or `id` of the message. */
        id?: ((message: any) => unknown) | undefined;
        /** How many ids are remembered, from 0 to 1,000,000. 0 drops nothing. Default: `1000`. */
        size?: number | undefined;
      }
    | undefined;
  /**
   * The meaning of `isConnected` and `isSocketConnected()`. `'link'`: there is a connection. `'accepting'`: a send would be
   * accepted. Default: `'link'`.
   */
  connectedMeans?: 'link' | 'accepting' | undefined;
  /**
   * Called when the server emits `force_logout`. The client has then logged out: what waited has settled as `LOGGED_OUT`.
   * Default: none.
   */
  onForceLogout?:
    | ((data: { reason?: string | undefined; final?: boolean | undefined }) => void)
    | undefined;
  /**
   * Called on each return that is not a recovered session, and when a feed cannot be continued. Load what is missing and pass it
   * to `deliver`. Live messages are buffered until the returned promise settles, for at most 5 s and 1,000 messages.
   * Default: none.
   */
  onResync?:
    | ((missed: {
        /** The last message that arrived. `id` is null if there was none; `at` is in milliseconds since the epoch. */
        since: { id: string | null; at: number };
        /**
         * `returned`: the link was lost; what the server emitted outside of feeds may be missing. `trimmed`: the store no longer
         * has the oldest items that are missing. `replaced`: the store, or the feed in it, is another one. After the last two
         * the app loads its state anew.
         */
        reason: 'returned' | 'trimmed' | 'replaced';
        /** The room of the feed that cannot be continued. null: the user's own feed, or no feed. */
        room: string | null;
        /** Passes messages to the listeners of `events.message`. Messages whose id already came are dropped. */
        deliver: (messages: readonly unknown[]) => void;
      }) => unknown)
    | undefined;
  /**
   * Called with each problem that is not the result of a single call. `error.code` is a code of docs/troubleshooting.md, and
   * `error.cause` the first cause. Default: none.
   */
  onError?: ((error: Error) => void) | undefined;
  /** Where warnings go. null for silence. Default: `console.warn`. */
  logger?: { warn(...args: unknown[]): void; debug(...args: unknown[]): void } | null | undefined;
}

/** The condition of the connection. */
export interface ConnectionHealth {
  /** Whether the link is ready, so messages leave. */
  readonly isHealthy: boolean;
  /** When the last answer to a ping or probe came, in milliseconds since the epoch. null before the first. */
  readonly lastPongTime: number | null;
  /** The last measured round trip, in milliseconds. null before the first. */
  readonly rttMs: number | null;
  /** Whether there is a connection, whatever the option `connectedMeans` says. */
  readonly isConnected: boolean;
  /** The same as `isHealthy`. */
  readonly isReady: boolean;
  /** How many messages wait to leave. */
  readonly queueLength: number;
}

/** The state of a client: a frozen snapshot. `getState` returns the same object until something changes. */
export interface State {
  /** Whether there is a connection, or a send would be accepted: see the option `connectedMeans`. */
  readonly isConnected: boolean;
  /** Whether messages leave. */
  readonly isReady: boolean;
  /** The phase of the link. */
  readonly phase: Phase;
  /**
   * `plain`: WebAssembly cannot run here, or the engine failed. A message then leaves once, over a plain Socket, and settles with
   * its acknowledgement or after `send.ackTimeoutMs`. Nothing is repeated, and nothing survives a reload.
   */
  readonly mode: 'reliable' | 'plain';
  /** socket.io's name of the transport, such as `'websocket'` or `'polling'`. null without a connection. */
  readonly transport: string | null;
  /** The condition of the connection. */
  readonly connectionHealth: ConnectionHealth;
  /** The ids of the users who are online, as strings. */
  readonly onlineUsers: readonly string[];
  /** Whether the link was lost since the list came, so that the list may be wrong. */
  readonly onlineUsersStale: boolean;
  /** How many messages wait to leave. */
  readonly queueLength: number;
  /** How many messages have left and are not settled. */
  readonly inFlight: number;
  /** When the next attempt to connect begins, in milliseconds since the epoch. null if none is planned. */
  readonly nextAttemptAt: number | null;
  /** The last problem that was reported to `onError` and is not over. */
  readonly error: Error | null;
}

/** The options of a single `send`. A value that does not fit, and an unknown name, throw `INVALID_OPTION`. */
export interface SendOptions {
  /** The message's id, of up to 200 characters. Default: the payload's `send.idField`, or a new random id. */
  id?: string | undefined;
  /** The message's lane. Messages of one lane reach the server in send order. Default: by the option `send.lane`. */
  lane?: string | number | undefined;
  /** Whether this message is alone in flight in its lane. Default: by the option `send.strict`. */
  strict?: boolean | undefined;
  /** Whether the message is kept on disk. Default: `true`, if the client keeps messages at all. */
  durable?: boolean | undefined;
  /** How long the message may stay unsettled, in milliseconds. Default: by the option `queue.ttlMs`. */
  ttlMs?: number | undefined;
  /** How long its acknowledgement may take, in milliseconds. Default: by the option `send.ackTimeoutMs`. */
  ackTimeoutMs?: number | undefined;
  /** How the message settles. Default: by the option `ways`, else `'acked'`. */
  way?: Way | undefined;
  /** For the way `latest`: a newer message with the same key replaces this one. Default: by the option `ways`, else the event. */
  key?: string | number | undefined;
  /** `false`: the message leaves at most once. Default: `true`. */
  repeat?: boolean | undefined;
  /**
   * The arguments after the payload: `send('beats', 7, { rest: [24] })` emits what `socket.emit('beats', 7, 24)` emits.
   * The id, the lane and the key are taken from the payload alone. Default: none.
   */
  rest?: readonly unknown[] | undefined;
  /** Aborting it ends the message as `CANCELLED`, if it is not settled yet. Default: none. */
  signal?: AbortSignal | undefined;
}

/** The final result of a message. */
export interface Settled {
  /** The message's id. */
  readonly id: string;
  /** The event it was sent as. */
  readonly event: string;
  /** Whether it was delivered. */
  readonly success: boolean;
  /** Why it failed: one of {@link Code}, or the server's own code. Absent on success. */
  readonly code?: string | undefined;
  /** An explanation of the failure. Absent on success. */
  readonly message?: string | undefined;
  /**
   * The server's own acknowledgement, if there was one: its argument, or a list if there were several. The leading null of
   * an error-first acknowledgement is left out.
   */
  readonly reply: any;
  /** Whether a failed message left at least once without an answer, so that it may have taken effect. */
  readonly maybeDelivered: boolean;
  /** Whether sending the same message again can succeed. */
  readonly retryable: boolean;
  /**
   * The proof of the result: an acknowledgement, a receipt, or an event of `events.sent` or `events.failed`. Absent if the
   * server said nothing.
   */
  readonly confirmedBy?: 'ack' | 'receipt' | 'echo' | undefined;
  /** Milliseconds from leaving to the answer. Present only if the message left once: otherwise it is not known which attempt was answered. */
  readonly rttMs?: number | undefined;
}

/** A message that is not settled. */
export interface Waiting {
  /** The message's id. */
  readonly id: string;
  /** The event it is sent as. */
  readonly event: string;
  /** The payload as it will arrive, as a copy. undefined if there is none. */
  readonly data: any;
  /** The arguments after the payload, as a copy. */
  readonly rest: readonly any[];
  /** The lane. Empty for the one that all messages without a lane share. */
  readonly lane: string;
  /**
   * `link`: it waits for the link to be ready. `turn`: for older messages of its lane, or for room in the window.
   * `delay`: for the retry of it or of an older message of its lane. `answer`: it has left.
   */
  readonly waitsFor: 'link' | 'turn' | 'delay' | 'answer';
  /** How often it has left in this page load. */
  readonly attempts: number;
  /** The server's code for its last negative answer, or null. */
  readonly code: string | null;
}

/** Figures since the client was made. */
export interface Stats {
  /** The same as `mode` of the state. */
  readonly mode: 'reliable' | 'plain';
  /**
   * How many messages ended with each code. `DELIVERED` counts successes. Codes are cut to 100 characters; after 100 different
   * codes, further ones count as `OTHER`.
   */
  readonly outcomes: Readonly<Record<string, number>>;
  /**
   * Percentiles of the milliseconds from leaving to the answer, over the last 1,024 messages that left once. null before the
   * first.
   */
  readonly rttMs: Readonly<Record<'p50' | 'p95' | 'p99', number | null>>;
  /** How often the link became ready again. */
  readonly reconnects: number;
  /** The highest number of unsettled messages at one time. */
  readonly queueHighWater: number;
}

/** A client: one managed Socket with its queue. Made by {@link createClient}. */
export interface Client {
  /** The Socket of socket.io-client. It stays the same object for the life of the client, across reconnects and users. */
  readonly socket: Socket;
  /** Connects, and keeps the link until `disconnect`. It ends a logout. */
  connect(): void;
  /**
   * Ends the link. The queue and all listeners stay. If it is not known whose the waiting messages are, they settle as
   * `LOGGED_OUT`.
   */
  disconnect(): void;
  /**
   * Logs out: what waits settles as `LOGGED_OUT`, and the user is forgotten. The logout holds when the call returns, in every
   * tab. The promise resolves once nothing of the user is on disk any more; it never rejects.
   */
  logout(): Promise<void>;
  /** Ends the client for good: what waits settles as `CLOSED`, or as `NO_RESPONSE` if it has left. */
  destroy(): void;
  /**
   * Sends a message of the way `latest` or `volatile`, which has no result.
   * @throws {HoldfastError} `INVALID_OPTION`, if an option is wrong or the event has no name.
   */
  send(
    event: string,
    data: unknown,
    options: SendOptions & { way: 'latest' | 'volatile' },
  ): undefined;
  /**
   * Sends a message. Without `data` the event has no argument; further arguments go into the option `rest`. There is no
   * callback: await the promise.
   * @returns A promise with the message's `id`. It resolves with the server's reply. It rejects with a {@link DeliveryError},
   *   or with a {@link HoldfastError} if an option is wrong or the event has no name.
   */
  send<R = any>(event: string, data?: unknown, options?: SendOptions): Promise<R> & { id: string };
  /**
   * Cancels a message, which then settles as `CANCELLED`. A message that has left may take effect all the same.
   * @returns Whether the message was unsettled.
   */
  cancel(id: string): boolean;
  /**
   * Emits an event now, if the link is up, and replays it after each return that is not a recovered session, before waiting
   * messages leave. The same event with the same arguments is remembered once. At most 1,000 are remembered; then the oldest
   * is forgotten. A logout forgets all.
   * @returns A function that forgets it.
   * @throws {HoldfastError} If the arguments cannot be encoded or have more than 10,000 bytes.
   */
  remember(event: string, ...args: any[]): () => void;

  /**
   * Reads the feed of a room (`createFeed` in `holdfast/server`). Events that the server publishes there reach their listeners
   * once and in order, including those published while the client was away. If the server refuses, `onError` gets
   * `FEED_REFUSED`. A server without feeds is asked for nothing. A logout ends it.
   * @returns A function that ends it. The feed is read until every caller has ended it.
   * @throws {HoldfastError} `INVALID_OPTION`, if `room` is not a string or is empty.
   */
  followRoom(room: string): () => void;
  /**
   * Listens to an event of the server, or to `connect`, `disconnect` and `connect_error` of socket.io.
   * @returns A function that removes the listener.
   */
  on(event: string, listener: (...args: any[]) => void): () => void;
  /**
   * Calls the listener whenever `getState` returns a new snapshot.
   * @returns A function that removes the listener.
   */
  subscribe(listener: () => void): () => void;
  /**
   * Calls the listener for each message that settles, including those of an earlier page load. It is called once more if an
   * acknowledgement comes after a success by receipt.
   * @returns A function that removes the listener.
   */
  onSettled(listener: (settled: Settled) => void): () => void;
  /** Returns the current state. */
  getState(): State;
  /** Returns figures since the client was made. */
  stats(): Stats;
  /** Returns the unsettled messages in send order, including those of an earlier page load once they are read from disk. */
  outbox(): Waiting[];
}

/**
 * Makes a client. It does not connect before `connect` or the first `send`.
 * @throws {HoldfastError} `INVALID_OPTION`, if an option is wrong. `UNSUPPORTED_SOCKET_IO`, if the app's socket.io-client lacks
 *   methods that 4.7 and later have.
 */
export function createClient(options?: Options): Client;

/** A mistake in how the package is used, or a problem of the environment that it runs in. */
export class HoldfastError extends Error {
  /** What is wrong: a code of docs/troubleshooting.md. */
  readonly code: string;
}

/** The failure of a message, as the promise of `send` rejects with it. */
export class DeliveryError extends Error {
  /** Why it failed: a code of Holdfast, or the server's own. */
  readonly code: Code | (string & {});
  /** The message's id. */
  readonly id: string;
  /** Whether sending the same message again can succeed. */
  readonly retryable: boolean;
  /** Whether the message left at least once without an answer, so that it may have taken effect. */
  readonly maybeDelivered: boolean;
  /** The server's own acknowledgement, if there was one. */
  readonly reply: unknown;
}
