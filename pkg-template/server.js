// Exactly-once on a Socket.IO server: a message that arrives again under the same id is not handled
// again. It gets the answer of the first time, or waits for it.
//
// What is kept:
// - An acceptance, with its exact acknowledgement, per user and id. A refusal or a failure took no
//   effect, so nothing is kept, and a repeat runs the handler again: it may succeed by then.
// - The id decides, not the content. Under an id that was accepted the first message stands.
// - The memory of a process ends with it. Across restarts a unique index on (user, id) does what this
//   does within one process; the two go together.

import { checking, idText, Misuse, show } from './server/values.js';

export { attachReliability } from './server/attach-reliability.js';
export { redisStore } from './server/redis-store.js';

/**
 * @import {
 *   Claim, DeduplicationStore, DeduplicatorOptions, ErrorContext, Handler, Reply, ServerSocket,
 * } from './types/server.d.ts'
 */

/**
 * @typedef {(reply: Reply) => void} Answer gives one call of the client its acknowledgement
 * @typedef {(error: unknown, at: ErrorContext['at']) => void} Report
 *
 * @typedef {object} Call one arrival of a message
 * @property {ServerSocket} socket
 * @property {Handler} handler
 * @property {unknown} data
 * @property {Answer} answer
 * @property {Report} report
 */

/** @type {typeof import('./types/server.d.ts').createDeduplicator} */
export function createDeduplicator(options) {
  const { userId, store, idField, ttlMs, maxPending, onError } = checking(
    'createDeduplicator',
    () => checked(options),
  );

  /**
   * The calls that wait for the work on a key, the first one included. Never evicted: forgetting
   * work in progress would let a repeat run the handler beside it.
   * @type {Map<string, Answer[]>}
   */
  const working = new Map();
  const inTurn = turns();
  let unanswered = 0;

  return function once(socket, handler) {
    checking('once(socket, handler)', () => checkOnce(socket, handler));

    return function listener(...args) {
      const last = args.at(-1);
      const acknowledge = typeof last === 'function' ? last : () => {};
      const data = args[0] === acknowledge ? undefined : args[0];
      const id = readId(data, idField);

      /** @type {Report} */
      const report = (error, at) => tell(onError, error, { socket, id: id ?? undefined, at });
      unanswered += 1;
      /** @type {Answer} */
      const answer = (reply) => {
        unanswered -= 1;
        try {
          acknowledge(...reply);
        } catch (error) {
          report(error, 'ack');
        }
      };
      const call = { socket, handler, data, answer, report };

      if (id === null) {
        answer(
          refusal('INVALID_MESSAGE_ID', `${idField} must be 1 to ${MAX_ID_LENGTH} characters`),
        );
      } else if (unanswered > maxPending) {
        answer(refusal('RATE_LIMITED', 'Too much is in progress', { retryAfterMs: BUSY_RETRY_MS }));
      } else if (id === undefined) {
        // Without an id a repeat can't be told from a new message, but the order still counts.
        inTurn(socket, CLAIMED, () => void run(call).then(answer));
      } else {
        receive(call, id);
      }
    };
  };

  /** @param {Call} call @param {string} id */
  function receive(call, id) {
    let key;
    try {
      key = keyOf(userId(call.socket), call.socket, id);
    } catch (error) {
      call.report(error, 'userId');
      call.answer(failure());
      return;
    }
    const waiting = working.get(key);
    if (waiting) {
      waiting.push(call.answer);
    } else {
      working.set(key, [call.answer]);
      work(call, key);
    }
  }

  /** @param {Call} call @param {string} key */
  function work(call, key) {
    inTurn(call.socket, ask(), proceed);

    /** @returns {Claim | undefined | Promise<Claim | undefined>} undefined: it failed and was reported */
    function ask() {
      try {
        const claim = store.claim(key);
        return isThenable(claim) ? Promise.resolve(claim).catch(failed) : claim;
      } catch (error) {
        return failed(error);
      }
    }

    /** @param {unknown} error */
    function failed(error) {
      call.report(error, 'store');
      return undefined;
    }

    /** @param {Claim | undefined} claim */
    function proceed(claim) {
      if (claim?.status === 'claimed') {
        run(call).then(settle);
      } else if (claim?.status === 'done') {
        finish(claim.reply);
      } else if (claim?.status === 'busy') {
        // The other process started this message before, so what follows on this socket needn't wait.
        setTimeout(async () => proceed(await ask()), claim.retryAfterMs ?? BUSY_POLL_MS);
      } else {
        if (claim) failed(new TypeError('The store answered a claim without a known status'));
        finish(failure());
      }
    }

    /** @param {Reply} reply */
    async function settle(reply) {
      try {
        // Kept before it is answered, so that whoever has the answer can rely on it.
        if (isAcceptance(reply)) await store.complete(key, reply, ttlMs);
        else await store.release(key);
      } catch (error) {
        failed(error);
      }
      finish(reply);
    }

    /** @param {Reply} reply */
    function finish(reply) {
      const answers = working.get(key) ?? [];
      working.delete(key);
      for (const answer of answers) answer(reply);
    }
  }
}

/**
 * Runs the handler now and resolves with its answer. Never rejects.
 *
 * @param {Call} call
 * @returns {Promise<Reply>}
 */
function run({ handler, socket, data, report }) {
  return new Promise((resolve) => {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let overdue;
    let isAnswered = false;

    /** @param {Reply} reply */
    const answer = (reply) => {
      // Of a promise, the first resolution counts.
      isAnswered = true;
      clearTimeout(overdue);
      resolve(reply);
    };
    /** @param {unknown} error */
    const fail = (error) => {
      // After an answer it changes nothing any more, but is still to be known.
      report(error, 'handler');
      answer(failure());
    };
    /** @param {unknown[]} reply */
    const ack = (...reply) => {
      try {
        if (reply[0] instanceof Error) return fail(reply[0]);
        answer(/** @type {Reply} */ (snapshot(reply)));
      } catch (error) {
        fail(error);
      }
    };
    /** @param {unknown} value */
    const returned = (value) => {
      if (value !== undefined) ack(value);
      if (isAnswered) return;
      overdue = setTimeout(() => {
        report(new Error(NO_ANSWER), 'ack');
        answer(failure());
      }, ANSWER_GRACE_MS);
      overdue.unref?.();
    };

    try {
      Promise.resolve(handler.call(socket, data, ack)).then(returned, fail);
    } catch (error) {
      fail(error);
    }
  });
}

/**
 * Makes the function that starts a socket's messages in the order of their arrival, however long the
 * store takes over each claim. With a synchronous store everything starts at once.
 */
function turns() {
  /** @type {WeakMap<object, Promise<void>>} */
  const lastTurns = new WeakMap();

  /**
   * @template C
   * @param {object} socket
   * @param {C | Promise<C>} claim
   * @param {(claim: C) => void} start
   */
  return function inTurn(socket, claim, start) {
    const before = lastTurns.get(socket);
    if (!before && !isThenable(claim)) {
      start(claim);
      return;
    }
    const turn = Promise.resolve(before)
      .then(() => claim)
      .then(start)
      .then(() => {
        if (lastTurns.get(socket) === turn) lastTurns.delete(socket);
      });
    lastTurns.set(socket, turn);
  };
}

/**
 * The store in memory: bounded by count, the answer that was not asked for the longest goes first.
 * Asking renews an answer's time, so that the order of use is the order of expiry as well.
 *
 * @param {number} max
 * @returns {DeduplicationStore}
 */
function memoryStore(max) {
  /** @type {Map<string, { reply: Reply, ttlMs: number, expiresAt: number }>} */
  const entries = new Map();

  /** @param {string} key @param {Reply} reply @param {number} ttlMs */
  function keep(key, reply, ttlMs) {
    // performance.now() and not the wall clock, which may jump.
    entries.delete(key);
    entries.set(key, { reply, ttlMs, expiresAt: performance.now() + ttlMs });
  }

  return {
    claim(key) {
      const entry = entries.get(key);
      if (!entry) return CLAIMED;
      if (entry.expiresAt <= performance.now()) {
        entries.delete(key);
        return CLAIMED;
      }
      keep(key, entry.reply, entry.ttlMs);
      return { status: 'done', reply: entry.reply };
    },
    complete(key, reply, ttlMs) {
      keep(key, reply, ttlMs);
      for (const [oldest, { expiresAt }] of entries) {
        if (entries.size <= max && expiresAt > performance.now()) break;
        entries.delete(oldest);
      }
    },
    release() {},
  };
}

/**
 * Whether an answer means that the message took effect. The client judges by the same rules.
 *
 * @param {Reply} reply
 */
function isAcceptance([first, second]) {
  // Error first, as in Node: `ack(null, reply)`.
  const said = /** @type {Record<string, unknown> | null | undefined} */ (first ?? second);
  if (typeof said !== 'object' || said === null) return true;
  const isRefused =
    Boolean(said.error) || said.success === false || said.ok === false || said.status === 'error';
  return !isRefused || (said.code ?? said.error) === 'DUPLICATE_MESSAGE';
}

/**
 * The message's id, undefined where there is none, or null where it can't be used.
 *
 * @param {unknown} data
 * @param {string} idField
 * @returns {string | null | undefined}
 */
function readId(data, idField) {
  if (typeof data !== 'object' || data === null) return undefined;
  /** @type {unknown} */
  let id;
  try {
    id = /** @type {Record<string, unknown>} */ (data)[idField];
  } catch {
    return null;
  }
  if (id === undefined || id === null) return undefined;
  // `Date.now()` is what many apps take for an id.
  if (Number.isFinite(id)) id = String(id);
  return typeof id === 'string' && id !== '' && id.length <= MAX_ID_LENGTH ? id : null;
}

/**
 * @param {unknown} user
 * @param {ServerSocket} socket
 * @param {string} id
 */
function keyOf(user, socket, id) {
  const text = idText(user);
  // As JSON no choice of user and id can look like another pair.
  if (text === null) {
    return JSON.stringify(['socket', socket.id, id]);
  }
  return JSON.stringify(['user', text, id]);
}

/**
 * A copy of an answer as the wire carries it, so that a repeat's answer is the first one's even if
 * the handler changes its objects later, and so that no database document is kept alive by it.
 *
 * @param {unknown} value
 * @returns {unknown}
 * @throws {TypeError | RangeError} on what socket.io can't encode: a bigint, a cycle
 */
function snapshot(value) {
  if (typeof value === 'bigint') throw new TypeError('An answer cannot carry a bigint');
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof ArrayBuffer) return value.slice(0);
  if (ArrayBuffer.isView(value)) {
    return Buffer.from(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
  }
  if (value instanceof Blob) return value;
  if ('toJSON' in value && typeof value.toJSON === 'function') return snapshot(value.toJSON());
  if (Array.isArray(value)) return value.map(snapshot);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, snapshot(part)]));
}

/**
 * @param {string} code
 * @param {string} error
 * @param {Record<string, unknown>} [more]
 * @returns {Reply}
 */
function refusal(code, error, more) {
  return [{ error, code, timestamp: new Date().toISOString(), ...more }];
}

/** What the client is told of a failure on the server: nothing but that it may try again. */
function failure() {
  return refusal('INTERNAL_ERROR', 'The server could not process this message');
}

/**
 * @param {(error: unknown, context: ErrorContext) => void} onError
 * @param {unknown} error
 * @param {ErrorContext} context
 */
function tell(onError, error, context) {
  try {
    onError(error, context);
  } catch (second) {
    try {
      console.error('holdfast/server: onError itself failed', second, 'when told of', error);
    } catch {
      console.error('holdfast/server: onError itself failed, and cannot be shown');
    }
  }
}

/** @param {unknown} value @returns {value is PromiseLike<unknown>} */
function isThenable(value) {
  return typeof (/** @type {{ then?: unknown } | null | undefined} */ (value)?.then) === 'function';
}

/**
 * The options with their defaults.
 *
 * @param {DeduplicatorOptions} options
 * @returns {Required<Omit<DeduplicatorOptions, 'max'>>}
 */
function checked(options) {
  if (typeof options !== 'object' || options === null) {
    throw wrong('options', options, 'an object with userId: (socket) => id');
  }
  for (const name of Object.keys(options)) {
    if (!OPTION_NAMES.includes(name)) {
      throw new Misuse(
        `createDeduplicator: there is no option ${name}; it takes ${OPTION_NAMES.join(', ')}`,
      );
    }
  }
  const {
    userId,
    idField = '_tempId',
    ttlMs = DAY_MS,
    max,
    store = memoryStore(max ?? MAX_ANSWERS),
    maxPending = MAX_PENDING,
    onError = printError,
  } = options;

  if (typeof userId !== 'function') throw wrong('userId', userId, 'a function (socket) => id');
  if (typeof idField !== 'string' || idField === '') {
    throw wrong('idField', idField, 'the name of a property');
  }
  if (!(typeof ttlMs === 'number' && ttlMs > 0)) {
    throw wrong('ttlMs', ttlMs, 'a number of milliseconds above 0');
  }
  if (max !== undefined && !isCount(max)) throw wrong('max', max, 'a whole number above 0');
  if (max !== undefined && options.store) {
    throw wrong('max', max, 'nothing beside store, which has its own bound');
  }
  if (!['claim', 'complete', 'release'].every((method) => hasMethod(store, method))) {
    throw wrong('store', store, 'an object with the methods claim, complete and release');
  }
  if (!isCount(maxPending)) throw wrong('maxPending', maxPending, 'a whole number above 0');
  if (typeof onError !== 'function') {
    throw wrong('onError', onError, 'a function (error, { socket, id, at })');
  }
  return { userId, idField, ttlMs, store, maxPending, onError };
}

/** @param {unknown} socket @param {unknown} handler */
function checkOnce(socket, handler) {
  const id = /** @type {{ id?: unknown } | null | undefined} */ (socket)?.id;
  if (typeof id !== 'string') {
    throw new Misuse(
      `once(socket, handler): socket takes a Socket of the server, got ${show(socket)}`,
    );
  }
  if (typeof handler !== 'function') {
    throw new Misuse(`once(socket, handler): handler takes a function, got ${show(handler)}`);
  }
}

/** @param {string} name @param {unknown} got @param {string} takes */
function wrong(name, got, takes) {
  return new Misuse(`createDeduplicator: ${name} takes ${takes}, got ${show(got)}`);
}

/** @param {unknown} value */
function isCount(value) {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

/** @param {unknown} value @param {string} name */
function hasMethod(value, name) {
  const member = /** @type {Record<string, unknown> | null | undefined} */ (value)?.[name];
  return typeof member === 'function';
}

/** @param {unknown} error @param {ErrorContext} context */
function printError(error, { at }) {
  console.error(`holdfast/server: a message failed (${at})`, error);
}

/** @type {Claim} */
const CLAIMED = Object.freeze({ status: 'claimed' });
const OPTION_NAMES = ['userId', 'store', 'idField', 'ttlMs', 'max', 'maxPending', 'onError'];
const DAY_MS = 86_400_000;
/** About 50 MB with the answers of the usual size. */
const MAX_ANSWERS = 100_000;
/** Ten full windows of a client. */
const MAX_PENDING = 10_000;
/** Ours have 21 characters; a UUID has 36. The bound keeps a stranger's id from filling the memory. */
const MAX_ID_LENGTH = 200;
/** What a client waits when too much is in progress. */
const BUSY_RETRY_MS = 1000;
/** Well below the ack deadline of the client, well above what a store takes to answer. */
const BUSY_POLL_MS = 100;
/**
 * How long a handler that returned without an answer may take to call `ack`: every client gave up on it
 * by then, and without a bound its messages would stay in progress for ever.
 */
const ANSWER_GRACE_MS = 60_000;
const NO_ANSWER =
  'The handler returned, but did not answer within 60 s: it has to call ack or to return a value (null for an empty acknowledgement)';
