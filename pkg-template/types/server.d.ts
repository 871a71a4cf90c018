// The public types of `holdfast/server`. Nothing here depends on socket.io's own types.
// biome-ignore-all lint/suspicious/noExplicitAny: data and sockets are the app's, and any is what socket.io gives it

/** What is needed of a Socket.IO server's `Socket`. */
export interface ServerSocket {
  readonly id: string;
}

/** What a handler answers with: the arguments of the client's acknowledgement callback. */
export type Reply = unknown[];

/** Answers the client. The first answer counts; later calls are ignored. */
export type Acknowledge = (...reply: unknown[]) => void;

/**
 * Does the work of one event. It answers by calling `ack`, or by returning (or resolving with)
 * anything but undefined, which becomes the only argument of the acknowledgement: `null` is an empty
 * acknowledgement. The first of the two counts. Returning undefined says that `ack` is called later.
 *
 * It gets as many arguments of the event as it names before `ack`, and one where it names none: what is missing is
 * undefined, and what is beyond is left out. So whatever a client sends, `ack` is the last of the parameters it names.
 * Parameters with defaults and `...rest` do not count as named.
 *
 * The client need not have asked for an acknowledgement: `ack` is a function all the same.
 * A throw, a rejection, or an `Error` as the answer is a failure: the client is told INTERNAL_ERROR,
 * without the error's text, and may send the message again.
 *
 * What Socket.IO cannot encode is left out of an answer and reported: a bigint becomes its text; a Blob, an object that
 * contains itself, what throws when it is read, and what is nested over 1,000 deep become null. The message counts as
 * handled.
 */
export type Handler<D = any, S = any> = (this: S, data: D, ack: Acknowledge) => unknown;

/** A {@link Handler} of an event that has several arguments. In TypeScript its parameters need their types. */
export type SeveralHandler<A extends any[] = any[], S = any> = (
  this: S,
  ...args: [...A, ack: Acknowledge]
) => unknown;

/** For `socket.on(event, listener)`. */
export type Listener = (...args: any[]) => void;

/** What an error that goes to `onError` was met in. */
export interface ErrorContext<S = any> {
  socket: S;
  /** The message's id, where it has one. */
  id: string | undefined;
  /**
   * `ack`: the client's acknowledgement callback threw, the handler returned and never answered, or its answer held
   * something that cannot be encoded. `handler`: it threw, or was given up. `verdict`: it threw, or answered no
   * verdict. `store`: the store failed, or lost a claim.
   */
  at: 'handler' | 'userId' | 'store' | 'ack' | 'verdict';
}

export interface DeduplicatorOptions<S extends ServerSocket = any> {
  /**
   * Whose message it is, asked for every message. An id counts per user, so that nobody can read or
   * block another's. Numbers, bigints and objects with a `toString` of their own (an ObjectId) are
   * taken as their text. undefined, null or '' means that nobody is logged in: the id then
   * counts for this one connection only, never across users. Anything else, a promise for instance,
   * or a throw is reported, and the message is answered INTERNAL_ERROR without running the handler.
   */
  userId: (socket: S) => unknown;
  /** Where answers are kept. Default: the memory of this process. */
  store?: DeduplicationStore | undefined;
  /** The property of the data that is the message's id. Default `'_tempId'`. */
  idField?: string | undefined;
  /**
   * How long an answer is kept after it was last asked for. Default 86,400,000, a day, which is also how long a client
   * keeps a message by default (`queue.ttlMs`). Never set it shorter than that: a message that comes again after its
   * answer was forgotten runs its handler a second time.
   */
  ttlMs?: number | undefined;
  /**
   * How many answers the memory keeps. Beyond it, and beyond `maxBytes`, one of the users who hold most loses the
   * answer that was not asked for the longest, so nobody can push out the answers of others. Default 100,000. Not
   * together with `store`, which has a bound of its own.
   */
  max?: number | undefined;
  /**
   * How many bytes of memory the answers may take, by estimate: two for each character, and 400 for each answer.
   * Default 100,000,000. Not together with `store`.
   */
  maxBytes?: number | undefined;
  /**
   * How many calls may be without an answer at once: handlers at work, and repeats that wait for
   * them. Work in progress is never forgotten, so beyond this bound a message is answered RATE_LIMITED with
   * `retryAfterMs`, which costs a holdfast client no retry. Default 10,000.
   */
  maxPending?: number | undefined;
  /**
   * How many of these may be one user's, or of one connection where nobody is logged in. Default 2048, two full windows of a
   * client.
   */
  maxPendingPerUser?: number | undefined;
  /**
   * How long a handler may take. One that is still at work then is given up: it is reported, its message is answered
   * INTERNAL_ERROR, and if the message comes again the handler runs again. In milliseconds, default 600,000, ten
   * minutes; waits of over 24 days are 24 days.
   */
  handlerTimeoutMs?: number | undefined;
  /**
   * Whether an acknowledgement means that the message took effect, where the rules are not yours; as the client's
   * `send.verdict`, which has to say the same. It gets all arguments of the acknowledgement. `'accepted'` is kept for
   * repeats; after `'refused'`, `'retry'` and `{ retryAfterMs }` a repeat runs the handler again. undefined leaves it to
   * the rules, and so do a throw and anything that is no verdict, which are reported.
   */
  verdict?:
    | ((
        ...acknowledgement: any[]
      ) => 'accepted' | 'refused' | 'retry' | { retryAfterMs: number } | undefined)
    | undefined;
  /** Told of what went wrong on the server. Default: `console.error`. */
  onError?: ((error: unknown, context: ErrorContext<S>) => void) | undefined;
}

/** What a store knows about a key. */
export type Claim =
  /** Nobody is at work on it and no answer is kept: it is the asker's now. */
  | { status: 'claimed' }
  /** It was answered with this. `fingerprint`: what `complete` was given with the answer, if the store keeps it. */
  | { status: 'done'; reply: Reply; fingerprint?: string | undefined }
  /**
   * Another process is at work on it. It is asked again after `retryAfterMs` (default 100), then after longer and
   * longer waits, and soon after `endsInMs`, when the claim ends unless it is renewed.
   */
  | { status: 'busy'; retryAfterMs?: number | undefined; endsInMs?: number | undefined };

/** What a store is told of a message, and may ignore. */
export interface ClaimDetails {
  /** Whose message it is: a user, or a connection where nobody is logged in. A store with a bound shares its room by this. */
  user: string;
  /**
   * Stands for the content, to be kept with the answer: another message under the same id is then refused with
   * DUPLICATE_ID. undefined where the content cannot be read.
   */
  fingerprint?: string | undefined;
  /** To be called once if the claim was lost while the message was at work: it is reported to `onError`. */
  onLost?: ((error: Error) => void) | undefined;
}

/**
 * Where answers are kept. Every method may be synchronous or answer a promise, which has to settle:
 * the messages of a socket wait for one another's claims, so that a slow store can't reorder them.
 *
 * Within one process the deduplicator itself lets a repeat wait for the work in progress, and asks the
 * store once per key at a time. A store that several processes share must make `claim` atomic, and
 * answer `busy` while another process holds the key. If that process dies the claim has to end by itself
 * (a lease which is renewed until `complete` or `release`), after which the next asker gets `claimed`.
 *
 * A `claim` that fails is answered INTERNAL_ERROR without running the handler. A `complete` that fails
 * is reported and the client gets its answer, because the work is done; a later repeat may then run the handler
 * again, unless a unique index forbids it.
 *
 * While a claim is `busy` the messages behind it on its connection wait, for twice `leaseMs` at most: if the other
 * process died, this message is the first.
 */
export interface DeduplicationStore {
  /** How long the claim of a process that died lasts. Default 5000. */
  readonly leaseMs?: number | undefined;
  claim(key: string, details?: ClaimDetails): Claim | Promise<Claim>;
  /** Keeps the answer for `ttlMs` and ends the claim. */
  complete(key: string, reply: Reply, ttlMs: number, details?: ClaimDetails): void | Promise<void>;
  /** Ends the claim and keeps nothing: the next asker gets `claimed`. */
  release(key: string): void | Promise<void>;
}

/**
 * Wraps a handler, so that a message which arrives again takes effect once.
 * @throws TypeError unless it gets a Socket and a function.
 */
export interface Deduplicator<S = any> {
  <D = any>(socket: S, handler: Handler<D, S>): Listener;
  <A extends any[]>(socket: S, handler: SeveralHandler<A, S>): Listener;
}

/**
 * Makes a deduplicator. Make one for the whole server, outside of `io.on('connection')`: a repeat
 * comes on a new connection more often than not. Use one per event if ids may be shared by events.
 * @throws TypeError on an option that is missing, wrong or unknown.
 */
export function createDeduplicator<S extends ServerSocket = any>(
  options: DeduplicatorOptions<S>,
): Deduplicator<S>;

/**
 * What is needed of a Redis client: one of `redis` (4 or later) or of `ioredis`, connected by the app,
 * for one server or a cluster.
 */
export interface RedisClient {
  eval(script: any, ...args: any[]): any;
}

export interface RedisStoreOptions {
  /** What the keys in Redis begin with; one for each deduplicator. Default `'holdfast:'`. */
  prefix?: string | undefined;
  /**
   * How long a message stays locked when the process at work on it dies. A claim of a living process is
   * renewed three times in it. Default 5000.
   */
  leaseMs?: number | undefined;
}

/**
 * The `store` of a deduplicator that several server processes share. An answer lives as long as Redis
 * keeps it: a unique index on user and id is what holds for good.
 * @throws TypeError on anything that is no such client, and on an option that is wrong or unknown.
 */
export function redisStore(client: RedisClient, options?: RedisStoreOptions): DeduplicationStore;

export interface AttachOptions<S extends ServerSocket = any> {
  /**
   * Who a socket belongs to, asked at each join: see `createDeduplicator`. Nobody joins while it answers
   * undefined, null or ''.
   */
  userId: (socket: S) => unknown;
}

/**
 * Adds `join` and `ping` to a server that has neither. `join` with the socket's own user puts it into the
 * room `user_<id>`, emits `room:joined` and acknowledges; with any other it emits `room:error` and
 * acknowledges FORBIDDEN. `ping` is acknowledged, or answered by `pong` where no acknowledgement is wanted.
 * Call it once, for a Server or a Namespace, before clients connect.
 * @throws TypeError on an argument that is wrong, and on an unknown option.
 */
export function attachReliability<S extends ServerSocket = any>(
  io: { on(event: 'connection', listener: (socket: any) => void): unknown },
  options: AttachOptions<S>,
): void;

/** A place in a feed: that of an item, or of a feed without items, whose number is 0. */
export interface FeedEnd {
  number: number;
  /** Drawn by lot: 6 characters or more of `0-9a-z`. It tells items apart that got one number in two lives of a store. */
  tag: string;
}

/** An item as a store keeps it. */
export interface FeedRow extends FeedEnd {
  /** Opaque. null in the row of number 0, which begins a feed. */
  item: string | null;
  /**
   * The tag of the row before, where the store knows it though that row is gone. Without it a client whose last item was
   * the one before the oldest that is kept is told `trimmed`.
   */
  before?: string | undefined;
}

/** What `createFeed` asks of a store. */
export interface FeedLimits {
  /** How many items of a feed to keep. */
  max: number;
  /** How long to keep an item. */
  ttlMs: number;
  /** How many characters of items make a page. A store may answer less than `count` rows once it has so many. */
  bytes: number;
}

/** What a store has of a feed. */
export interface FeedPage {
  /** Oldest first. */
  rows: FeedRow[];
  /** The last row of the feed, looked up after `rows`; null or undefined where there is none. */
  end: FeedEnd | null | undefined;
}

/**
 * Where items are kept, in a database of your own: a table of feed, number, tag and item, with feed and number as its
 * primary key. docs/feeds.md has one for SQL. Both methods may answer promises.
 *
 * Delete what is too old when you like, but never the last row of a feed: it is the feed's place.
 * `createFeed` checks whatever the store answers, and never hands on rows with a hole as if they were whole.
 */
export interface FeedStore {
  /**
   * Adds a row if its number is one above that of the feed's last row, or 0 where the feed has no rows. In one step:
   * of two processes that add the same number at the same moment, one is answered false.
   */
  append(feed: string, row: FeedRow, limits: FeedLimits): boolean | Promise<boolean>;
  /** The rows whose number is `from` or more, at most `count` of them, and the last row of all. `count` may be 0. */
  read(feed: string, from: number, count: number, limits: FeedLimits): FeedPage | Promise<FeedPage>;
}

/** A store that counts by itself, as `memoryFeeds` and `redisFeeds` do. */
export interface CountingFeedStore {
  /** Adds items behind the last one, all or none, in one step. Answers the place that the first of them came behind. */
  push(
    feed: string,
    items: { tag: string; item: string }[],
    limits: FeedLimits,
  ): FeedEnd | Promise<FeedEnd>;
  /** As in `FeedStore`. It begins a feed that it does not know, so that there always is an end. */
  read(feed: string, from: number, count: number, limits: FeedLimits): FeedPage | Promise<FeedPage>;
}

/** What an error that goes to a feed's `onError` was met in. */
export interface FeedErrorContext<S = any> {
  /**
   * `userId`, `authorize`: it threw, answered what it may not, or (authorize) did not answer in time. `store`: it failed
   * while a client read, or has rows that are no chain. `emit`: an item is stored, and could not be sent; clients read it.
   * `encode`: what was published held something that cannot be encoded, and was published without it. `ack`: an answer
   * could not be sent.
   */
  at: 'userId' | 'authorize' | 'store' | 'emit' | 'encode' | 'ack';
  /** Whose connection it was met on, if any. */
  socket: S | undefined;
  /** The feed as the store names it, where something was published: `u:<id>` or `r:<room>`. */
  feed: string | undefined;
}

export interface FeedOptions<S extends ServerSocket = any> {
  /**
   * Who a connection belongs to, asked when it is made and at every read. Ids as in `createDeduplicator`. While it
   * answers undefined, null or '' the connection has no feed of its own; a promise and what else is no id is an error. A
   * connection that has become another user's ends reading for the one before.
   */
  userId: (socket: S) => unknown;
  /**
   * Whether a connection may read the feed of a room; its user is `userId(socket)`. Asked at the first read of a room on
   * each connection, and again where the right was revoked. Anything but true, a throw and a rejection are a no. Without
   * it nobody reads the feed of a room.
   */
  authorize?: ((socket: S, room: string) => boolean | Promise<boolean>) | undefined;
  /**
   * The room of a user in which connections that read no feed are sent plain events. Default `user_<id>`, which is what
   * `attachReliability` lets them join.
   */
  userRoom?: ((id: string) => string) | undefined;
  /** Where items are kept. Default: `memoryFeeds()`, the memory of this process. */
  store?: FeedStore | CountingFeedStore | undefined;
  /** How many items of a feed are kept. Default 1000. A client further behind is told to load its state anew. */
  max?: number | undefined;
  /** How long an item is kept. In milliseconds, default 86,400,000, a day. */
  ttlMs?: number | undefined;
  /** How many items one answer to a client has at most. Default 1000: a client that was away for long reads on with each of them. */
  pageSize?: number | undefined;
  /** How many characters of items one answer has at most, unless one item alone has more. Default 256,000. */
  pageBytes?: number | undefined;
  /**
   * How long the store and `authorize` may take. A client is answered UNAVAILABLE then, and reads again; a publish
   * rejects. In milliseconds, default 10,000.
   */
  timeoutMs?: number | undefined;
  /** How many reads may be without an answer at once. Beyond it a read is answered UNAVAILABLE. Default 1000. */
  maxReads?: number | undefined;
  /** How many of these may be of one connection. Default 64. */
  maxReadsPerConnection?: number | undefined;
  /** Told of what went wrong on the server, but not of what a publish rejects with. Default: `console.error`. */
  onError?: ((error: unknown, context: FeedErrorContext<S>) => void) | undefined;
}

/** The feed of one user. */
export interface UserFeed {
  /**
   * Stores an event and then sends it. Resolves once it is stored. Rejects where the store failed: nothing was sent then,
   * and whether it was stored is unknown where the store did not answer. The arguments may be changed at once; they are
   * what Socket.IO takes, binary too. What cannot be encoded is left out, as `createDeduplicator` does with an answer.
   *
   * Rejects with a TypeError for the events of Socket.IO itself, and for those that begin with `holdfast:`.
   */
  publish(event: string, ...args: unknown[]): Promise<void>;
}

/** The feed of a room. */
export interface RoomFeed extends UserFeed {
  /**
   * Takes all connections of a user out of the room and its feed: no item reaches them from now on, and what they are
   * reading is answered FORBIDDEN. `authorize` is asked when they read again, so let it say no first. In other processes
   * it takes as long as Socket.IO's adapter takes to reach them.
   */
  revoke(userId: unknown): Promise<void>;
}

export interface Feed {
  /** @throws TypeError on what is no id. */
  user(id: unknown): UserFeed;
  /** @throws TypeError on what is no text of 1 to 500 characters, and on a room that begins with `holdfast:`. */
  room(room: string): RoomFeed;
}

/**
 * Makes feeds for a Server (its main namespace) or a Namespace: what is published reaches each listener of a Holdfast
 * client once and in order, also one that was away. Other clients get plain events, in the user's room or in the room of
 * the feed's name. Make one for the whole server, outside of `io.on('connection')`.
 * @throws TypeError on an argument that is missing, wrong or unknown, and for a namespace that has a feed.
 */
export function createFeed<S extends ServerSocket = any>(
  io: {
    on(event: 'connection', listener: (socket: any) => void): unknown;
    to(room: string): unknown;
    in(rooms: string[]): unknown;
  },
  options: FeedOptions<S>,
): Feed;

export interface MemoryFeedsOptions {
  /** Items of a feed. Default: what `createFeed` says. */
  max?: number | undefined;
  /** How long an item is kept, in milliseconds. Default: what `createFeed` says. */
  ttlMs?: number | undefined;
  /**
   * How many feeds are kept, also ones without items. Beyond it the one that was used the longest ago goes, those without
   * items first; its listeners are told `replaced`. Default 100,000.
   */
  maxFeeds?: number | undefined;
  /**
   * How many bytes of memory the items may take, by estimate: two for each character, and 200 for each item. Beyond it the
   * feed that was used the longest ago loses its items. Default 100,000,000.
   */
  maxBytes?: number | undefined;
}

/**
 * Keeps items in the memory of one process. They end with it: clients that come back are told to load their state anew.
 * @throws TypeError on an option that is wrong or unknown.
 */
export function memoryFeeds(options?: MemoryFeedsOptions): CountingFeedStore;

export interface RedisFeedsOptions {
  /** What the keys in Redis begin with; no `{`. Default `'holdfast:feeds:'`. */
  prefix?: string | undefined;
}

/**
 * Keeps items in Redis Streams (Redis 5 or later), for any number of processes that publish to the same feeds. The end of
 * a feed is kept for four times as long as its items, and 30 days at least.
 * @throws TypeError on anything that is no client of Redis, and on an option that is wrong or unknown.
 */
export function redisFeeds(client: RedisClient, options?: RedisFeedsOptions): CountingFeedStore;
