// The deduplicator: decides which message runs its handler, and which gets an answer that is stored or still to come.
//
// It stores:
// - An acceptance, with its exact acknowledgement, for each user and id. A refusal or a failure had no effect, so it is
//   not stored, and a repeat runs the handler again: it may succeed by then.
// - A fingerprint of the content with it. Different content under a known id is refused.
//
// The default store ends with the process. Across restarts, a unique index on (user, id) in the app's database does what
// this does within one process; use both.

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
 * @typedef {(reply: Reply) => void} Answer acknowledges one arrival
 * @typedef {(error: unknown, at: ErrorContext['at']) => void} Report
 *
 * @typedef {object} Call one arrival of a message
 * @property {ServerSocket} socket
 * @property {(...args: any[]) => unknown} handler
 * @property {unknown[]} sent all arguments that arrived
 * @property {unknown[]} args the arguments for the handler
 * @property {Answer} answer
 * @property {Report} report
 *
 * @typedef {object} Work a message from its first arrival to its answer
 * @property {string} key
 * @property {Answer[]} answers for every arrival that waits for it, the first one included
 * @property {ClaimDetails} details
 * @property {boolean} hasBegun whether its handler was started, here or (assumed) in another process
 * @property {(() => void)[]} whenBegun
 */

/** @type {typeof import('../types/server.d.ts').createDeduplicator} */
export function createDeduplicator(options) {
  const settings = checking('createDeduplicator', () => filled(options));
  const { userId, verdict, store, idField, ttlMs, handlerTimeoutMs, onError } = settings;
  const waitMs = LEASES_WAITED * (store.leaseMs ?? USUAL_LEASE_MS);

  /**
   * The work in progress on each key. Never evicted: a repeat would run the handler a second time.
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
      // As many arguments as the handler has parameters: whatever a client sends, `ack` is where the handler expects it.
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
      if (!pending.begin(owner)) {
        say(refusal('RATE_LIMITED', 'Too much is in progress', { retryAfterMs: PENDING_RETRY_MS }));
        return;
      }
      const call = { socket, handler, sent, args, answer: answerer(owner, say), report };
      if (id === undefined) runUnnamed(call);
      else receive(call, owner, id);
    };
  };

  /**
   * Made in a function of its own: these live as long as a call waits, and must not keep what it sent in memory.
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
      pending.end(owner);
      say(reply);
    };
  }

  /** Runs a message without an id. A repeat of it can't be recognized, but the order still counts. @param {Call} call */
  function runUnnamed(call) {
    inTurn(call.socket, undefined, () => {
      run(call, handlerTimeoutMs).then(({ reply }) => call.answer(reply));
    });
  }

  /** @param {Call} call @param {string} owner @param {string} id */
  function receive(call, owner, id) {
    // As JSON, so that no choice of user and id looks like another pair.
    const key = JSON.stringify([...JSON.parse(owner), id]);
    const content = fingerprint(call.sent, idField);
    const known = working.get(key);
    if (!known) {
      /** @type {ClaimDetails} */
      const details = {
        // All connections without a user count as one owner: their answers may only push out each other's.
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
      // Later messages of this connection wait until this one has begun.
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

    /** @returns {Claim | undefined | Promise<Claim | undefined>} undefined if it failed, which was reported */
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
        return awaitOther(poll(claim));
      } else {
        if (claim) failed(new TypeError('The store answered a claim without a known status'));
        finish(failure());
      }
    }

    /**
     * Polls until the other process has answered, or its claim has ended.
     * @param {Claim & { status: 'busy' }} busy
     */
    async function poll(busy) {
      let backoffMs = busy.retryAfterMs ?? BUSY_POLL_MS;
      // The claim was read before it waited for its turn.
      const isOld = performance.now() - cameAt > backoffMs;
      /** @type {Claim | undefined} */
      let claim = isOld ? await ask() : busy;
      while (claim?.status === 'busy') {
        const { endsInMs = Infinity } = claim;
        // Random, since many may wait for a process that died; and at the latest soon after its claim has ended.
        const spread = (1 + Math.random()) / 2;
        await delay(Math.min(backoffMs * spread, endsInMs + BUSY_POLL_MS * spread));
        backoffMs = Math.min(backoffMs * 2, waitMs / LEASES_WAITED);
        claim = await ask();
      }
      await proceed(claim);
    }

    /**
     * Makes later messages wait: if the other process died, this message is the first to run. If it is still working when
     * a dead one's claim would have ended, the message has begun there.
     * @param {Promise<void>} answered
     */
    async function awaitOther(answered) {
      /** @type {ReturnType<typeof setTimeout> | undefined} */
      let timer;
      const isEnough = new Promise((resolve) => {
        timer = setTimeout(resolve, cameAt + waitMs - performance.now());
      });
      await Promise.race([answered, isEnough]);
      clearTimeout(timer);
      begin(work);
    }

    /** @param {{ reply: Reply, isHandled: boolean }} outcome */
    async function settle({ reply, isHandled }) {
      try {
        // Store before answering: a client that has the answer relies on it.
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

/** Whether both fingerprints are known, and differ. @param {string} [one] @param {string} [other] */
function isOther(one, other) {
  return one !== undefined && other !== undefined && one !== other;
}

/**
 * The message's id; undefined if there is none, null if it is invalid.
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
  // Many apps use `Date.now()` as an id.
  if (Number.isFinite(id)) id = String(id);
  return typeof id === 'string' && id !== '' && id.length <= MAX_ID_LENGTH ? id : null;
}

/**
 * The owner of a message, as JSON: the user, or the connection if nobody is logged in on it.
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

/** How long a client waits when too much is in progress. */
const PENDING_RETRY_MS = 1000;
/** The first wait for another process: longer than a usual handler takes. */
const BUSY_POLL_MS = 100;
/** The default lease of `redisStore`, for a store without `leaseMs`. */
const USUAL_LEASE_MS = 5000;
/** The claim of a process that died ends after one lease, and may be polled up to a lease later. */
const LEASES_WAITED = 2;
