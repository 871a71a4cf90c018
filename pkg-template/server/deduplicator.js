// The deduplicator: which message runs its handler, and which gets an answer that is there or under way.
//
// What is kept:
// - An acceptance, with its exact acknowledgement, per user and id. A refusal or a failure took no
//   effect, so nothing is kept, and a repeat runs the handler again: it may succeed by then.
// - A fingerprint of the content beside it. Another content under a known id is refused.
// - The memory of a process ends with it. Across restarts a unique index on (user, id) does what this
//   does within one process; the two go together.

import { opinion, read, WORDS } from '../common/acknowledgement.js';
import { fingerprint } from './fingerprint.js';
import { failure, run } from './handler.js';
import { checkOnce, filled, MAX_ID_LENGTH } from './options.js';
import { pendingCalls } from './pending.js';
import { turns } from './turns.js';
import { checking, idText, isThenable, printFailure } from './values.js';

/**
 * @import {
 *   Claim, ClaimDetails, ErrorContext, Reply, ServerSocket,
 * } from '../types/server.d.ts'
 */

/**
 * @typedef {(reply: Reply) => void} Answer gives one call of the client its acknowledgement
 * @typedef {(error: unknown, at: ErrorContext['at']) => void} Report
 *
 * @typedef {object} Call one arrival of a message
 * @property {ServerSocket} socket
 * @property {(...args: any[]) => unknown} handler
 * @property {unknown[]} sent all arguments that came
 * @property {unknown[]} args those for the handler
 * @property {Answer} answer
 * @property {Report} report
 *
 * @typedef {object} Work a message from its first arrival to its answer
 * @property {string} key
 * @property {Answer[]} answers the calls that wait for it, the first one included
 * @property {ClaimDetails} details
 * @property {boolean} hasBegun its handler was started, here or, for all that is known, elsewhere
 * @property {(() => void)[]} whenBegun
 */

/** @type {typeof import('../types/server.d.ts').createDeduplicator} */
export function createDeduplicator(options) {
  const settings = checking('createDeduplicator', () => filled(options));
  const { userId, verdict, store, idField, ttlMs, handlerTimeoutMs, onError } = settings;
  const holdMs = LEASES_HELD * (store.leaseMs ?? USUAL_LEASE_MS);

  /**
   * The work on each key. Never evicted: forgetting work in progress would let a repeat run the handler beside it.
   * @type {Map<string, Work>}
   */
  const working = new Map();
  const inTurn = turns();
  const pending = pendingCalls(settings.maxPending, settings.maxPendingPerUser);

  /** @param {ServerSocket} socket @param {Call['handler']} handler */
  return function once(socket, handler) {
    checking('once(socket, handler)', () => checkOnce(socket, handler));

    return function listener(/** @type {any[]} */ ...sent) {
      const acknowledge = typeof sent[sent.length - 1] === 'function' ? sent.pop() : () => {};
      // As many as the handler names: whatever a client sends, `ack` is where the handler has it.
      const count = Math.max(handler.length - 1, 1);
      const args = Array.from({ ...sent, length: count });
      const id = readId(args[0], idField);
      const { say, report } = speaker(socket, acknowledge, id);
      if (id === null) {
        say(refusal('INVALID_MESSAGE_ID', `${idField} must be 1 to ${MAX_ID_LENGTH} characters`));
        return;
      }
      let owner;
      try {
        owner = ownerOf(id === undefined ? null : userId(socket), socket);
      } catch (error) {
        report(error, 'userId');
        say(failure());
        return;
      }
      if (!pending.take(owner)) {
        say(refusal('RATE_LIMITED', 'Too much is in progress', { retryAfterMs: PENDING_RETRY_MS }));
        return;
      }
      const call = { socket, handler, sent, args, answer: answerer(owner, say), report };
      if (id === undefined) runUnnamed(call);
      else receive(call, owner, id);
    };
  };

  /**
   * These live as long as a call waits, so nothing of what it sent is in their scope.
   * @param {ServerSocket} socket @param {Function} acknowledge @param {string | null | undefined} id
   */
  function speaker(socket, acknowledge, id) {
    /** @type {Report} */
    const report = (error, at) => tell(onError, error, { socket, id: id ?? undefined, at });
    /** @type {Answer} */
    const say = (reply) => {
      try {
        acknowledge(...reply);
      } catch (error) {
        report(error, 'ack');
      }
    };
    return { say, report };
  }

  /** @param {string} owner @param {Answer} say @returns {Answer} */
  function answerer(owner, say) {
    return (reply) => {
      pending.giveBack(owner);
      say(reply);
    };
  }

  /** Without an id a repeat can't be told from a new message, but the order still counts. @param {Call} call */
  function runUnnamed(call) {
    inTurn(call.socket, undefined, () => {
      run(call, handlerTimeoutMs).then(({ reply }) => call.answer(reply));
    });
  }

  /** @param {Call} call @param {string} owner @param {string} id */
  function receive(call, owner, id) {
    // As JSON no choice of user and id can look like another pair.
    const key = JSON.stringify([...JSON.parse(owner), id]);
    const content = fingerprint(call.sent, idField);
    const known = working.get(key);
    if (!known) {
      /** @type {ClaimDetails} */
      const details = {
        // Answers of connections that are gone stay: together they may push out one another's, and no user's.
        user: owner.startsWith('["socket"') ? '["socket"]' : owner,
        fingerprint: content,
        onLost: (error) => call.report(error, 'store'),
      };
      const work = { key, answers: [call.answer], details, hasBegun: false, whenBegun: [] };
      working.set(key, work);
      claim(call, work);
    } else if (isOther(known.details.fingerprint, content)) {
      call.answer(DUPLICATE());
    } else {
      known.answers.push(call.answer);
      // What comes behind it on this connection comes behind it.
      if (!known.hasBegun) {
        const begun = new Promise((resolve) => known.whenBegun.push(() => resolve(undefined)));
        inTurn(call.socket, begun, () => {});
      }
    }
  }

  /** @param {Call} call @param {Work} work */
  function claim(call, work) {
    const { key, details } = work;
    const cameAt = performance.now();
    inTurn(call.socket, ask(), proceed);

    /** @returns {Claim | undefined | Promise<Claim | undefined>} undefined: it failed and was reported */
    function ask() {
      try {
        const claim = store.claim(key, details);
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

    /** @param {Claim | undefined} claim @returns {void | Promise<void>} what the next message waits for */
    function proceed(claim) {
      if (claim?.status === 'claimed') {
        run(call, handlerTimeoutMs).then(settle);
        begin(work);
      } else if (claim?.status === 'done') {
        finish(isOther(claim.fingerprint, details.fingerprint) ? DUPLICATE() : claim.reply);
      } else if (claim?.status === 'busy') {
        return hold(poll(claim));
      } else {
        if (claim) failed(new TypeError('The store answered a claim without a known status'));
        finish(failure());
      }
    }

    /**
     * Asks until the other process has answered, or is gone.
     * @param {Claim & { status: 'busy' }} busy
     */
    async function poll(busy) {
      let backoffMs = busy.retryAfterMs ?? BUSY_POLL_MS;
      // Where it waited for its turn, what it was told is old.
      const isOld = performance.now() - cameAt > backoffMs;
      /** @type {Claim | undefined} */
      let claim = isOld ? await ask() : busy;
      while (claim?.status === 'busy') {
        const { endsInMs = Infinity } = claim;
        // Spread, since many may wait for a process that is gone; and soon after its claims have ended.
        const spread = (1 + Math.random()) / 2;
        await delay(Math.min(backoffMs * spread, endsInMs + BUSY_POLL_MS * spread));
        backoffMs = Math.min(backoffMs * 2, holdMs / LEASES_HELD);
        claim = await ask();
      }
      await proceed(claim);
    }

    /**
     * Keeps the messages behind it waiting: if the other process died, this one is the first. If it lives for longer
     * than the claim of a dead one lasts, it has begun.
     * @param {Promise<void>} answered
     */
    async function hold(answered) {
      /** @type {ReturnType<typeof setTimeout> | undefined} */
      let timer;
      const isEnough = new Promise((resolve) => {
        timer = setTimeout(resolve, cameAt + holdMs - performance.now());
      });
      await Promise.race([answered, isEnough]);
      clearTimeout(timer);
      begin(work);
    }

    /** @param {{ reply: Reply, isHandled: boolean }} outcome */
    async function settle({ reply, isHandled }) {
      try {
        // Kept before it is answered, so that whoever has the answer can rely on it.
        if (isHandled && isAcceptance(reply)) await store.complete(key, reply, ttlMs, details);
        else await store.release(key);
      } catch (error) {
        failed(error);
      }
      finish(reply);
    }

    /** Whether an answer means that the message took effect. @param {Reply} reply */
    function isAcceptance(reply) {
      try {
        const [own] = opinion(verdict?.(...reply), WORDS);
        if (own !== undefined) return WORDS[own] === 'accepted';
      } catch (error) {
        call.report(error, 'verdict');
      }
      return read(reply).isAccepted;
    }

    /** @param {Reply} reply */
    function finish(reply) {
      working.delete(key);
      begin(work);
      for (const answer of work.answers) answer(reply);
    }
  }
}

/** @param {Work} work */
function begin(work) {
  work.hasBegun = true;
  for (const begun of work.whenBegun.splice(0)) begun();
}

/** Whether two contents are known, and differ. @param {string} [one] @param {string} [other] */
function isOther(one, other) {
  return one !== undefined && other !== undefined && one !== other;
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
 * Whose message it is, as JSON: a user's, or that of a connection on which nobody is logged in.
 *
 * @param {unknown} user
 * @param {ServerSocket} socket
 */
function ownerOf(user, socket) {
  const text = idText(user);
  return JSON.stringify(text === null ? ['socket', socket.id] : ['user', text]);
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

const DUPLICATE = () => refusal('DUPLICATE_ID', 'Another message was sent under this id');

/**
 * @param {(error: unknown, context: ErrorContext) => void} onError
 * @param {unknown} error
 * @param {ErrorContext} context
 */
function tell(onError, error, context) {
  try {
    onError(error, context);
  } catch (second) {
    printFailure('onError itself failed', second);
    printFailure('it was told of', error);
  }
}

/** @param {number} ms */
function delay(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What a client waits when too much is in progress. */
const PENDING_RETRY_MS = 1000;
/** The first wait for another process: longer than a usual handler takes. */
const BUSY_POLL_MS = 100;
/** The lease of `redisStore`, for a store that names none. */
const USUAL_LEASE_MS = 5000;
/** The claim of a process that died ends after one lease; the last look at it may be a lease later. */
const LEASES_HELD = 2;
