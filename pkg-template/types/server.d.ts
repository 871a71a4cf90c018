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
