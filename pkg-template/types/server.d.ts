// The public types of `holdfast/server`. Nothing here depends on socket.io's own types.
// biome-ignore-all lint/suspicious/noExplicitAny: data and sockets are the app's, and any is what socket.io gives it

/** The part of a Socket.IO server's `Socket` that is needed here. */
export interface ServerSocket {
  /** The connection's id. */
  readonly id: string;
}

/** The answer of a handler: the arguments of the client's acknowledgement callback. */
export type Reply = unknown[];

/** Answers the client. The first answer counts; later calls are ignored. */
export type Acknowledge = (...reply: unknown[]) => void;

/**
 * Does the work of one event. It answers by calling `ack`, or by returning (or resolving with) anything but undefined, which becomes
 * the only argument of the acknowledgement: null is an empty acknowledgement. The first of the two counts. Returning undefined
 * means that `ack` is called later.
 *
 * It gets as many arguments of the event as it names before `ack`, at least one: missing arguments are undefined, and further
 * ones are left out. So `ack` is always the last parameter that it names, whatever a client sends. Parameters with defaults and
 * `...rest` do not count as named.
 *
 * `ack` is a function even if the client asked for no acknowledgement. A throw, a rejection, or an `Error` as the answer is a
 * failure: the client gets `INTERNAL_ERROR`, without the error's text, and may send the message again.
 *
 * Values that Socket.IO cannot encode are removed from an answer and reported: a bigint becomes its text; a Blob, an object
 * that contains itself, a getter that throws, and anything nested over 1,000 deep become null. The message counts as handled.
 */
export type Handler<D = any, S = any> = (this: S, data: D, ack: Acknowledge) => unknown;

/** A {@link Handler} of an event with several arguments. In TypeScript its parameters need their types. */
export type SeveralHandler<A extends any[] = any[], S = any> = (
  this: S,
  ...args: [...A, ack: Acknowledge]
) => unknown;

/** A listener for `socket.on(event, listener)`. */
export type Listener = (...args: any[]) => void;

/** Where an error of a deduplicator happened. */
export interface ErrorContext<S = any> {
  /** The connection. */
  socket: S;
  /** The message's id. undefined if it has none. */
  id: string | undefined;
  /**
   * `ack`: the client's acknowledgement callback threw, the handler returned and never answered, or its answer held a value that
   * cannot be encoded. `handler`: it threw, or was given up. `userId`: it threw, or returned no id. `verdict`: it threw, or
   * returned no verdict. `store`: the store failed, or lost a claim.
   */
  at: 'handler' | 'userId' | 'store' | 'ack' | 'verdict';
}

/** The options of {@link createDeduplicator}. */
export interface DeduplicatorOptions<S extends ServerSocket = any> {
  /**
   * Returns the user of a connection. It is called for every message. Ids count per user, so nobody can read or block another
   * user's. Numbers, bigints and objects with a `toString` of their own (an ObjectId) count as their text. undefined, null and ''
   * mean that nobody is logged in: ids then count for this connection only. After any other value, such as a promise, and after
   * a throw, the problem is reported and the message is answered `INTERNAL_ERROR` without running the handler. Required.
   */
  userId: (socket: S) => unknown;
  /** Where answers are kept. Default: the memory of this process. */
  store?: DeduplicationStore | undefined;
  /** The property of the data that carries the message's id. Default: `'_tempId'`. */
  idField?: string | undefined;
  /**
   * How long an answer is kept after it was last asked for, in milliseconds. Do not set it below the client's `queue.ttlMs`: a
   * message that is sent again after its answer was forgotten runs its handler a second time. Default: `86_400_000`, a day.
   */
  ttlMs?: number | undefined;
  /**
   * How many answers are kept in memory. Beyond it, and beyond `maxBytes`, the user who has most answers loses the one that was
   * not asked for the longest. So nobody can displace the answers of others. Not allowed together with `store`. Default: `100_000`.
   */
  max?: number | undefined;
  /**
   * How many bytes of memory the answers may take, by estimate: two for each character, and 400 for each answer. Not allowed
   * together with `store`. Default: `100_000_000`.
   */
  maxBytes?: number | undefined;
  /**
   * How many calls may be without an answer at once: running handlers, and repeats that wait for them. Beyond it a message is
   * answered `RATE_LIMITED` with `retryAfterMs`, which uses up no retry of a Holdfast client. Default: `10_000`.
   */
  maxPending?: number | undefined;
  /**
   * How many of these calls may be of one user, or of one connection if nobody is logged in. Default: `2048`, two full windows of
   * a client.
   */
  maxPendingPerUser?: number | undefined;
  /**
   * How long a handler may take, in milliseconds. After that it is given up and reported, and its message is answered
   * `INTERNAL_ERROR`. If the message is sent again, the handler runs again. Values over 24 days count as 24 days.
   * Default: `600_000`, ten minutes.
   */
  handlerTimeoutMs?: number | undefined;
  /**
   * Interprets acknowledgements whose form differs from the one that Holdfast expects. It gets all arguments of the
   * acknowledgement, and has to agree with the client's `send.verdict`. `'accepted'` keeps the answer for repeats; after any other
   * verdict a repeat runs the handler again. undefined leaves the decision to Holdfast. A throw or another value does so too, and
   * is reported. Default: none.
   */
  verdict?:
    | ((
        ...acknowledgement: any[]
      ) => 'accepted' | 'refused' | 'retry' | { retryAfterMs: number } | undefined)
    | undefined;
  /** Called with each problem on the server. Default: `console.error`. */
  onError?: ((error: unknown, context: ErrorContext<S>) => void) | undefined;
}

/** What a store knows about a key. */
export type Claim =
  /** Nobody works on it, and no answer is kept. The caller has it now. */
  | { status: 'claimed' }
  /** It was answered with `reply`. `fingerprint` is the one that `complete` was given, if the store keeps it. */
  | { status: 'done'; reply: Reply; fingerprint?: string | undefined }
  /**
   * Another process works on it. The deduplicator asks again after `retryAfterMs` (100 by default), then after longer and longer
   * waits, and soon after `endsInMs`, when the claim ends unless it is renewed.
   */
  | { status: 'busy'; retryAfterMs?: number | undefined; endsInMs?: number | undefined };

/** Details of a message for a store, which may ignore them. */
export interface ClaimDetails {
  /** The user, or the connection if nobody is logged in. A store with a limit shares its room by this. */
  user: string;
  /**
   * A fingerprint of the content, to be kept with the answer: other content under the same id is then refused as `DUPLICATE_ID`.
   * undefined if the content cannot be read.
   */
  fingerprint?: string | undefined;
  /** To be called once if the claim is lost while the handler runs. The deduplicator reports it to `onError`. */
  onLost?: ((error: Error) => void) | undefined;
}

/**
 * A store for answers. Every method may be synchronous or return a promise, which has to settle: the messages of a connection wait
 * for one another's claims, so that a slow store cannot reorder them.
 *
 * Within one process the deduplicator lets a repeat wait for the running handler, and asks the store once per key at a time. A
 * store that several processes share must make `claim` atomic, and return `busy` while another process has the key. If that
 * process dies, the claim has to end by itself (a lease that is renewed until `complete` or `release`); the next caller then gets
 * `claimed`.
 *
 * If `claim` fails, the message is answered `INTERNAL_ERROR` without running the handler. If `complete` fails, that is reported and
 * the client gets its answer, because the work is done; a later repeat may then run the handler again, unless a unique index
 * prevents it.
 *
 * While a claim is `busy`, the later messages of its connection wait, for at most twice `leaseMs`.
 */
export interface DeduplicationStore {
  /** How long the claim of a process that died lasts, in milliseconds. Default: `5000`. */
  readonly leaseMs?: number | undefined;
  /** Claims a key for the caller, or returns what is known about it. */
  claim(key: string, details?: ClaimDetails): Claim | Promise<Claim>;
  /** Keeps the answer for `ttlMs` milliseconds and ends the claim. */
  complete(key: string, reply: Reply, ttlMs: number, details?: ClaimDetails): void | Promise<void>;
  /** Ends the claim and keeps nothing: the next caller gets `claimed`. */
  release(key: string): void | Promise<void>;
}

/**
 * Wraps a handler, so that a message that arrives again takes effect once.
 * @throws TypeError if the arguments are not a Socket and a function.
 */
export interface Deduplicator<S = any> {
  <D = any>(socket: S, handler: Handler<D, S>): Listener;
  <A extends any[]>(socket: S, handler: SeveralHandler<A, S>): Listener;
}

/**
 * Makes a deduplicator. Make one for the whole server, outside of `io.on('connection')`, because a repeat usually comes over a
 * new connection. Make one for each event if events may share ids.
 * @throws TypeError if an option is missing, wrong or unknown.
 */
export function createDeduplicator<S extends ServerSocket = any>(
  options: DeduplicatorOptions<S>,
): Deduplicator<S>;

/**
 * The part of a Redis client that is needed here: a client of `redis` (4 or later) or `ioredis`, connected by the app, for one
 * server or a cluster.
 */
export interface RedisClient {
  /** Runs a Lua script. */
  eval(script: any, ...args: any[]): any;
}

/** The options of {@link redisStore}. */
export interface RedisStoreOptions {
  /** The beginning of the keys in Redis. Use a different one for each deduplicator. Default: `'holdfast:'`. */
  prefix?: string | undefined;
  /**
   * How long a message stays locked after the process that works on it dies, in milliseconds. A live process renews its claims
   * three times in this span. Default: `5000`.
   */
  leaseMs?: number | undefined;
}

/**
 * Makes a store for a deduplicator that several processes share. An answer lives as long as Redis keeps it; only a unique index on
 * user and id holds for good.
 * @throws TypeError if `client` is no such client, or an option is wrong or unknown.
 */
export function redisStore(client: RedisClient, options?: RedisStoreOptions): DeduplicationStore;

/** The options of {@link attachReliability}. */
export interface AttachOptions<S extends ServerSocket = any> {
  /**
   * Returns the user of a connection, as in {@link DeduplicatorOptions}. It is called at each join. A join is refused while it
   * returns undefined, null or ''. Required.
   */
  userId: (socket: S) => unknown;
}

/**
 * Adds handlers for `join` and `ping` to a server that has neither. `join` with the connection's own user puts the connection into
 * the room `user_<id>`, emits `room:joined` and acknowledges. With another user it emits `room:error` and acknowledges `FORBIDDEN`.
 * `ping` is acknowledged, or answered by `pong` if the client wants no acknowledgement. Call it once for a Server or a Namespace,
 * before clients connect.
 * @throws TypeError if an argument is wrong, or an option is unknown.
 */
export function attachReliability<S extends ServerSocket = any>(
  io: { on(event: 'connection', listener: (socket: any) => void): unknown },
  options: AttachOptions<S>,
): void;

/** A position in a feed: that of an item, or of an empty feed, which has the number 0. */
export interface FeedEnd {
  /** The item's number. The items of a feed are counted from 1. */
  number: number;
  /** Random: 6 characters or more of `0-9a-z`. It distinguishes items that got the same number in two lives of a store. */
  tag: string;
}

/** An item as a store keeps it. */
export interface FeedRow extends FeedEnd {
  /** The content, opaque to the store. null in the row with the number 0, which begins a feed. */
  item: string | null;
  /**
   * The tag of the row before, if the store knows it although that row is deleted. Without it, a client whose last item was the one
   * before the oldest row gets `trimmed`.
   */
  before?: string | undefined;
}

/** Limits that `createFeed` passes to a store. */
export interface FeedLimits {
  /** How many items of a feed to keep. */
  max: number;
  /** How long to keep an item, in milliseconds. */
  ttlMs: number;
  /** How many characters of items make a page. A store may return fewer than `count` rows once it has so many. */
  bytes: number;
}

/** A part of a feed, as a store returns it. */
export interface FeedPage {
  /** The rows, oldest first. */
  rows: FeedRow[];
  /** The last row of the feed, read after `rows`. null or undefined if there is none. */
  end: FeedEnd | null | undefined;
}

/**
 * A store for feeds in a database of your own: a table of feed, number, tag and item, with feed and number as its primary key.
 * docs/feeds.md has an example in SQL. Both methods may return promises.
 *
 * You may delete old rows at any time, but never the last row of a feed: it holds the feed's position. `createFeed` checks what the
 * store returns, and never passes on rows with a gap as if they were complete.
 */
export interface FeedStore {
  /**
   * Adds a row if its number is one above that of the feed's last row, or 0 if the feed has no rows. This has to be atomic: if two
   * processes add the same number, one gets false.
   * @returns Whether the row was added.
   */
  append(feed: string, row: FeedRow, limits: FeedLimits): boolean | Promise<boolean>;
  /** Returns at most `count` rows whose number is `from` or more, and the last row of all. `count` may be 0. */
  read(feed: string, from: number, count: number, limits: FeedLimits): FeedPage | Promise<FeedPage>;
}

/** A store that counts the items itself, as `memoryFeeds` and `redisFeeds` do. */
export interface CountingFeedStore {
  /**
   * Adds items behind the last one: all or none, atomically.
   * @returns The position before the first of them.
   */
  push(
    feed: string,
    items: { tag: string; item: string }[],
    limits: FeedLimits,
  ): FeedEnd | Promise<FeedEnd>;
  /** The same as in {@link FeedStore}. It begins a feed that it does not know, so that there always is an end. */
  read(feed: string, from: number, count: number, limits: FeedLimits): FeedPage | Promise<FeedPage>;
}

/** Where an error of a feed happened. */
export interface FeedErrorContext<S = any> {
  /**
   * `userId` and `authorize`: it threw, returned a wrong value, or (`authorize`) took too long. `store`: it failed while a client
   * read, or has rows that are no chain. `emit`: an item is stored but could not be sent; clients read it. `encode`: a value that
   * was published cannot be encoded, and was left out. `ack`: an answer could not be sent.
   */
  at: 'userId' | 'authorize' | 'store' | 'emit' | 'encode' | 'ack';
  /** The connection, if the error is that of one. */
  socket: S | undefined;
  /** The feed's name in the store, if the error is that of a publish: `u:<id>` or `r:<room>`. */
  feed: string | undefined;
}

/** The options of {@link createFeed}. */
export interface FeedOptions<S extends ServerSocket = any> {
  /**
   * Returns the user of a connection. It is called when the connection is made and at every read. Ids count as in
   * {@link DeduplicatorOptions}. While it returns undefined, null or '', the connection has no feed of its own. A promise, or another
   * value that is no id, is an error. If a connection becomes another user's, it stops reading for the user before. Required.
   */
  userId: (socket: S) => unknown;
  /**
   * Returns whether a connection may read the feed of a room. It is called at the first read of a room on each connection, and
   * again after the right was revoked. Only true allows it; a throw and a rejection refuse. Default: none, so nobody reads the feed
   * of a room.
   */
  authorize?: ((socket: S, room: string) => boolean | Promise<boolean>) | undefined;
  /**
   * Returns the room of a user in which connections that read no feed get plain events. Default: `user_<id>`, which
   * `attachReliability` lets them join.
   */
  userRoom?: ((id: string) => string) | undefined;
  /** Where items are kept. Default: `memoryFeeds()`, the memory of this process. */
  store?: FeedStore | CountingFeedStore | undefined;
  /** How many items of a feed are kept. A client further behind has to load its state anew. Default: `1000`. */
  max?: number | undefined;
  /** How long an item is kept, in milliseconds. Default: `86_400_000`, a day. */
  ttlMs?: number | undefined;
  /** How many items one answer to a client has at most. A client further behind reads several times. Default: `1000`. */
  pageSize?: number | undefined;
  /** How many characters of items one answer has at most, unless a single item has more. Default: `256_000`. */
  pageBytes?: number | undefined;
  /**
   * How long the store and `authorize` may take, in milliseconds. After that a client is answered `UNAVAILABLE` and reads again, and
   * a publish rejects. Default: `10_000`.
   */
  timeoutMs?: number | undefined;
  /** How many reads may be without an answer at once. Beyond it a read is answered `UNAVAILABLE`. Default: `1000`. */
  maxReads?: number | undefined;
  /** How many of these reads may be of one connection. Default: `64`. */
  maxReadsPerConnection?: number | undefined;
  /** Called with each problem on the server, except those that a publish rejects with. Default: `console.error`. */
  onError?: ((error: unknown, context: FeedErrorContext<S>) => void) | undefined;
}

/** The feed of one user. */
export interface UserFeed {
  /**
   * Stores an event and then sends it. The arguments may be any that Socket.IO accepts, binary included; they may be changed as soon
   * as the call returns. Values that cannot be encoded are left out, as in an answer of {@link Handler}.
   * @returns A promise that resolves once the event is stored. It rejects if the store failed: nothing was sent then. If the store
   *   did not answer in time, it is not known whether the event was stored. It rejects with a TypeError for Socket.IO's own
   *   events and for names that begin with `holdfast:`.
   */
  publish(event: string, ...args: unknown[]): Promise<void>;
}

/** The feed of a room. */
export interface RoomFeed extends UserFeed {
  /**
   * Removes all connections of a user from the room and its feed. No item reaches them from now on, and a read in progress is answered
   * `FORBIDDEN`. The next read calls `authorize` again, so let that refuse first. In other processes it takes as long as Socket.IO's
   * adapter takes to reach them.
   */
  revoke(userId: unknown): Promise<void>;
}

/** The feeds of a server. Made by {@link createFeed}. */
export interface Feed {
  /**
   * Returns the feed of a user.
   * @throws TypeError if `id` is no id.
   */
  user(id: unknown): UserFeed;
  /**
   * Returns the feed of a room.
   * @throws TypeError if `room` is not a string of 1 to 500 characters, or begins with `holdfast:`.
   */
  room(room: string): RoomFeed;
}

/**
 * Makes the feeds of a Server (its main namespace) or a Namespace. Each published event reaches each listener of a Holdfast client
 * once and in order, also after an absence. Other clients get plain events, in the user's room or in the room of the feed's name. Make
 * one for the whole server, outside of `io.on('connection')`.
 * @throws TypeError if an argument is missing, wrong or unknown, or the namespace already has feeds.
 */
export function createFeed<S extends ServerSocket = any>(
  io: {
    on(event: 'connection', listener: (socket: any) => void): unknown;
    to(room: string): unknown;
    in(rooms: string[]): unknown;
  },
  options: FeedOptions<S>,
): Feed;

/** The options of {@link memoryFeeds}. */
export interface MemoryFeedsOptions {
  /** How many items of a feed are kept. Default: by `createFeed`. */
  max?: number | undefined;
  /** How long an item is kept, in milliseconds. Default: by `createFeed`. */
  ttlMs?: number | undefined;
  /**
   * How many feeds are kept, empty ones included. Beyond it the least recently used one is removed, empty ones first; its listeners
   * get `replaced`. Default: `100_000`.
   */
  maxFeeds?: number | undefined;
  /**
   * How many bytes of memory the items may take, by estimate: two for each character, and 200 for each item. Beyond it the least
   * recently used feed loses its items. Default: `100_000_000`.
   */
  maxBytes?: number | undefined;
}

/**
 * Makes a store that keeps items in the memory of one process. They end with it: clients that come back load their state anew.
 * @throws TypeError if an option is wrong or unknown.
 */
export function memoryFeeds(options?: MemoryFeedsOptions): CountingFeedStore;

/** The options of {@link redisFeeds}. */
export interface RedisFeedsOptions {
  /** The beginning of the keys in Redis, without `{`. Default: `'holdfast:feeds:'`. */
  prefix?: string | undefined;
}

/**
 * Makes a store that keeps items in Redis Streams (Redis 5 or later), for any number of processes that publish to the same feeds. The
 * end of a feed is kept for four times as long as its items, and at least 30 days.
 * @throws TypeError if `client` is no Redis client, or an option is wrong or unknown.
 */
export function redisFeeds(client: RedisClient, options?: RedisFeedsOptions): CountingFeedStore;
