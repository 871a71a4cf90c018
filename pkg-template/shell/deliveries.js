/**
 * The messages that are unsettled: their payloads and callbacks, which the engine never sees.
 *
 * A slab: the engine's number for a message names its slot, and tells a message from the one that had
 * the slot before it.
 */

import { idOf } from './credentials.js';
import { isRetryable, MESSAGES } from './errors.js';
import { hash } from './generations.js';
import { newId } from './ids.js';
import {
  CLOSED,
  DELIVERED,
  OUTCOMES,
  RECEIVED,
  REFUSED,
  SEND_ERRORS,
  SEND_FLAG,
  SUPERSEDED,
  slotOf,
  TAKEN,
  TOLD,
  VERDICT,
  WAY_FLAG,
  WAYS,
} from './numbers.js';
import { defaultLane } from './options.js';
import { isBinary, sameSnapshot, snapshot, textIn, utf8Length, withBigInts } from './payload.js';
import { call, textOf } from './report.js';
import { judge, refusal as refusedBy } from './verdict.js';
import { wayOf } from './ways.js';

/**
 * @typedef {object} Result how a message ended
 * @property {string} id
 * @property {string} [event] of a message that was taken
 * @property {boolean} success
 * @property {string} [code]
 * @property {string} [message]
 * @property {any} reply the server's own acknowledgement, if there was one
 * @property {boolean} maybeDelivered
 * @property {boolean} retryable
 * @property {'ack' | 'receipt' | 'echo'} [confirmedBy] how a success is known
 * @property {number} [rttMs] from its last transmission to its answer
 *
 * @typedef {object} Entry
 * @property {number} seq
 * @property {string} id
 * @property {string} event
 * @property {number} number the engine's, of the event
 * @property {import('./ways.js').Way} way
 * @property {any[]} args the payload, and what comes after it
 * @property {number} bytes
 * @property {Lane} lane
 * @property {number} attempts transmissions so far
 * @property {number} sentAt when the last one was
 * @property {number[]} ackIds those that this link may still answer: a late answer counts too
 * @property {boolean} isInDoubt it left over a link that was lost before the answer
 * @property {import('./verdict.js').Answer | null} answer the last one
 * @property {boolean} isAnswered for good
 * @property {boolean} isEcho it was an event that answered it
 * @property {boolean} isTaken it settled by its receipt: an acknowledgement may follow
 * @property {((result: Result) => void)[]} waiting told once it has settled
 * @property {import('./disk.js').Kept | null} kept what is to be on disk, if anything
 * @property {boolean} isRestored it is of an earlier life
 * @property {string} sharedAs its name to other tabs, where one had it and may ask how it ended
 *
 * @typedef {object} Lane
 * @property {string} key
 * @property {number} number the engine's
 * @property {number} count messages that have not settled
 *
 * @typedef {object} Draft
 * @property {string} event
 * @property {unknown[]} args
 * @property {string} [id]
 * @property {unknown} [lane]
 * @property {boolean} [strict]
 * @property {number} [ttlMs]
 * @property {number} [expiresAt] of one from the disk
 * @property {number} [ackTimeoutMs]
 * @property {boolean} [durable]
 * @property {import('./ways.js').Way} [way]
 * @property {unknown} [key]
 * @property {boolean} [repeat]
 */

/**
 * @param {object} needs
 * @param {() => import('./engine.js').Engine} needs.engine
 * @param {() => ReturnType<typeof import('./wire.js').createWire>} needs.wire
 * @param {() => import('../types/settings.d.ts').Settings} needs.settings
 * @param {(result: Result, as: string) => void} needs.tell says to other tabs how a message ended that one of them had
 * @param {(wish: boolean | undefined) => boolean} needs.isKept whether messages are kept on disk
 * @param {(event: string) => number} needs.numberOf the engine's number for an event
 * @param {() => boolean} needs.hasReceipts whether this server may give receipts
 * @param {(result: Result) => void} needs.onSettled
 * @param {(result: Result, isOld?: boolean) => void} needs.onRefused nobody who sent it hears of it: it had settled as a
 *   success, or it is of an earlier life
 */
export function createDeliveries({
  engine,
  wire,
  settings,
  tell,
  isKept,
  numberOf,
  hasReceipts,
  onSettled,
  onRefused,
}) {
  /** @type {(Entry | undefined)[]} */
  const slots = [];
  /** @type {Map<string, Entry>} */
  const byId = new Map();
  /** @type {Map<string, Lane>} */
  const lanes = new Map();
  /** Numbers of lanes that have no message any more. The engine wants them dense. @type {number[]} */
  const freeLanes = [];
  /**
   * Kept messages that have settled here, and when they would have expired: another tab may have taken them over before
   * they could be erased, and the app is told once.
   * @type {Map<string, number>}
   */
  const ended = new Map();
  const hasEnded = (/** @type {import('./disk.js').Kept} */ { id, expiresAt }) =>
    ended.get(id) === expiresAt;
  /** Settled by their receipts, the oldest first: an answer may follow. @type {Entry[]} */
  const late = [];

  const find = (/** @type {number} */ seq) => {
    const entry = slots[slotOf(seq)];
    return entry?.seq === seq ? entry : undefined;
  };

  const laneOf = (/** @type {Draft} */ draft, /** @type {any} */ data) => {
    const { lane, event } = settings().send;
    // Fields of the same names mean other things in other events.
    const isKnown = data !== undefined && (lane !== defaultLane || draft.event === event);
    return idOf(draft.lane ?? (isKnown ? call(lane, data) : undefined)) ?? '';
  };

  /**
   * @param {string} id
   * @param {string} code
   * @param {string} [message]
   * @returns {Result}
   */
  const refusal = (id, code, message = MESSAGES[/** @type {keyof typeof MESSAGES} */ (code)]) => ({
    id,
    success: false,
    code,
    message,
    reply: undefined,
    maybeDelivered: false,
    retryable: isRetryable(code),
  });

  const refused = (/** @type {[string, string, string?]} */ ...why) => ({
    id: why[0],
    isTaken: /** @type {const} */ (false),
    result: refusal(...why),
  });

  const forgetAcks = (/** @type {Entry} */ entry) => {
    for (const id of entry.ackIds) wire().forget(id);
    entry.isInDoubt ||= entry.ackIds.length > 0;
    entry.ackIds.length = 0;
  };

  /**
   * @param {Entry} entry
   * @param {number} outcome
   * @param {boolean} maybeDelivered
   * @returns {Result}
   */
  const resultOf = (entry, outcome, maybeDelivered) => {
    const { answer, id } = entry;
    const reply = answer?.reply;
    if (outcome === DELIVERED || outcome === RECEIVED) {
      const confirmedBy = outcome === RECEIVED ? 'receipt' : entry.isEcho ? 'echo' : 'ack';
      return { id, success: true, reply, maybeDelivered: false, retryable: false, confirmedBy };
    }
    // Closed for good while an attempt was unanswered is not the same as never having left.
    const code = outcome === CLOSED && maybeDelivered ? 'NO_RESPONSE' : OUTCOMES[outcome];
    if (code || !answer) return { ...refusal(id, code), reply, maybeDelivered };
    const { retryable = answer.verdict !== VERDICT.refused } = answer;
    const refused = refusal(id, answer.code, answer.message);
    const confirmedBy = entry.isEcho ? 'echo' : 'ack';
    return { ...refused, reply, maybeDelivered, retryable, confirmedBy };
  };

  /** An acknowledgement of what settled as a success by its receipt. */
  const answeredLate = (/** @type {Entry} */ entry) => {
    const isAccepted = entry.answer?.verdict === VERDICT.accepted;
    const result = resultOf(entry, isAccepted ? DELIVERED : REFUSED, !isAccepted);
    result.event = entry.event;
    onSettled(result);
    if (!isAccepted) onRefused(result);
  };

  /** What cannot be sent at all. */
  const refuse = (
    /** @type {Entry} */ entry,
    /** @type {string} */ code,
    /** @type {string} */ message,
  ) => {
    entry.answer = { verdict: VERDICT.refused, span: 0, reply: undefined, code, message };
    engine().tell(TOLD.acked, entry.seq, entry.attempts, VERDICT.refused, 0, 0);
  };

  /** Of an earlier life, whose callbacks are gone. */
  const told = (/** @type {Result} */ result) => {
    onSettled(result);
    if (!result.success && !WANTED.includes(String(result.code))) onRefused(result, true);
  };

  /** The same of one that was never sent from here: nobody knows whether it had left. */
  const tellOfOld = (
    /** @type {import('./disk.js').Kept} */ { event },
    /** @type {Result} */ result,
  ) => told({ ...result, event, maybeDelivered: true });

  return {
    /**
     * Takes a message, or says why not. Where it was taken `settled` is called exactly once, but
     * nothing leaves before the engine is drained, which is the caller's to do.
     * @param {Draft} draft
     * @param {((result: Result) => void) | null} settled
     * @param {boolean} isLoggedOut
     * @param {boolean} [isRestored] it is from an earlier life
     * @returns {{ id: string, isTaken: true } | { id: string, isTaken: false, result: Result }}
     */
    send(draft, settled, isLoggedOut, isRestored = false) {
      const { send, queue } = settings();
      const { idField } = send;
      let id = idOf(draft.id);
      const { args } = draft;
      let bytes;
      try {
        // What was taken once is taken again, whatever the limit is by now.
        const maxBytes = isRestored ? Infinity : queue.maxBytes;
        bytes = snapshot(args, maxBytes, settings().io.parser);
      } catch (error) {
        const { code, message } = /** @type {import('./errors.js').HoldfastError} */ (error);
        return refused(id || idIn(args[0], idField) || newId(), code, message);
      }
      const data = /** @type {any} */ (args[0]);
      const { way, key: latest } = isRestored
        ? { way: draft.way ?? 'acked', key: undefined }
        : wayOf(settings(), draft.event, draft, data);
      const isAcked = way === 'acked' || way === 'always';
      const hasPlace = isPlain(data);
      id ||= (hasPlace && idOf(data[idField])) || newId();
      if (id.length > LONGEST_ID) {
        return refused(id, 'INVALID_MESSAGE_PAYLOAD', `An id has ${LONGEST_ID} characters at most`);
      }
      if (isLoggedOut) return refused(id, 'LOGGED_OUT');
      // The snapshot is ours to write to. An id that the caller wrote there stays as it is.
      if (isAcked && hasPlace && idOf(data[idField]) !== id) data[idField] = id;

      const known = byId.get(id);
      if (known) {
        if (known.event !== draft.event || !sameSnapshot(known.args, args)) {
          return refused(id, 'DUPLICATE_ID');
        }
        if (known.waiting.length >= MOST_WAITING) return refused(id, 'QUEUE_FULL');
        if (settled) known.waiting.push(settled);
        return { id, isTaken: true };
      }

      const key = way === 'latest' ? `latest ${draft.event} ${latest}` : laneOf(draft, data);
      const lane = lanes.get(key) ?? { key, number: freeLanes.at(-1) ?? lanes.size, count: 0 };
      const strict = draft.strict ?? send.strict;
      const ttlMs = draft.ttlMs ?? queue.ttlMs;
      // What has no place for an id, and is not wanted twice, leaves once.
      const once = draft.repeat === false || (isAcked && !hasPlace);
      // Nor can that be sent again in another life: it may have left in this one.
      const durable = !once && way !== 'latest' && isKept(draft.durable) && !isRestored;
      const number = numberOf(draft.event);
      const flags =
        (strict ? SEND_FLAG.strict : 0) |
        (once ? SEND_FLAG.once : 0) |
        (durable ? SEND_FLAG.durable : 0) |
        (isRestored ? SEND_FLAG.restored : 0) |
        (WAYS.indexOf(way) * WAY_FLAG);
      const seq = engine().send(lane.number, bytes, flags, ttlMs, number, draft.ackTimeoutMs ?? 0);
      if (seq < 0) {
        return refused(id, SEND_ERRORS[/** @type {keyof typeof SEND_ERRORS} */ (String(seq))]);
      }
      lane.count += 1;
      if (lane.count === 1) {
        freeLanes.pop();
        lanes.set(key, lane);
      }
      /** @type {Entry} */
      const entry = {
        seq,
        id,
        event: draft.event,
        number,
        way,
        args,
        bytes,
        lane,
        attempts: 0,
        sentAt: 0,
        ackIds: [],
        isInDoubt: false,
        answer: null,
        isAnswered: false,
        isEcho: false,
        isTaken: false,
        waiting: settled ? [settled] : [],
        sharedAs: '',
        isRestored,
        kept:
          durable || isRestored
            ? {
                id,
                event: draft.event,
                data,
                args: args.length === 1 ? undefined : args,
                lane: key,
                strict,
                way,
                expiresAt: draft.expiresAt ?? Date.now() + ttlMs,
              }
            : null,
      };
      slots[slotOf(seq)] = entry;
      byId.set(id, entry);
      return { id, isTaken: true };
    },

    /** @param {string} id @returns {number | undefined} none where it has settled */
    seqOf: (id) => byId.get(id)?.seq,

    /** The arguments as they are sent, for who wants to send them again. @param {string} id */
    copyOf: (id) => byId.get(id)?.args,

    /** What is unsettled, in send order. */
    entries: () => byId.values(),

    /** @param {string} id @returns {boolean} whether it was still waiting */
    cancel(id) {
      const entry = byId.get(id);
      if (entry) engine().tell(TOLD.cancel, entry.seq);
      return entry !== undefined;
    },

    /** An order of the engine's. @param {number} seq @param {number} attempt */
    transmit(seq, attempt) {
      const entry = find(seq);
      if (!entry) return;
      const { ackIds } = entry;
      entry.attempts = attempt;
      entry.sentAt = engine().now();
      /** @type {number | undefined} */
      let ackId;
      const answered = (/** @type {unknown[]} */ ...args) => {
        if ((find(seq) !== entry && !entry.isTaken) || entry.isAnswered) return;
        const answer = judge(args, settings().send);
        entry.answer = answer;
        entry.isAnswered =
          entry.isTaken ||
          answer.verdict === VERDICT.accepted ||
          answer.verdict === VERDICT.refused;
        engine().tell(TOLD.acked, seq, attempt, answer.verdict, answer.span, entry.number);
        if (entry.isTaken) return answeredLate(entry);
        const at = ackIds.indexOf(/** @type {number} */ (ackId));
        if (at >= 0) ackIds.splice(at, 1);
      };
      const limit = wire().maxPayload();
      // A server ends a link over which more comes, however often it is tried.
      if (
        entry.bytes > limit / LARGEST_ESCAPE &&
        largestPacket(entry, wire().transport() === 'polling') > limit
      ) {
        refuse(entry, 'PAYLOAD_TOO_LARGE', `The server takes ${limit} bytes at most`);
        return;
      }
      const { isInDoubt } = entry;
      try {
        const isAsked = entry.way === 'acked' || entry.way === 'always' || !hasReceipts();
        // Should the module die on the way, it may have left.
        entry.isInDoubt = true;
        ackId = wire().emit(entry.event, entry.args, isAsked ? answered : undefined);
        entry.isInDoubt = isInDoubt;
        if (!isAsked) return;
        if (ackId !== undefined) ackIds.push(ackId);
      } catch (error) {
        entry.isInDoubt = isInDoubt;
        const why = `This payload cannot be encoded: ${textOf(error)}`;
        refuse(entry, 'INVALID_MESSAGE_PAYLOAD', why);
      }
    },

    /** What is to be on disk. @param {number} seq */
    keptOf: (seq) => /** @type {import('./disk.js').Kept} */ (find(seq)?.kept),

    /** A message as other tabs know it: by its id, and what is in it. @param {number} seq */
    named: (seq) => nameOf(find(seq)) ?? { id: '', as: '' },

    /** The number of a message that another tab names; none where this tab has another one of this id. */
    seqNamed(/** @type {string} */ id, /** @type {string | undefined} */ as) {
      const entry = byId.get(id);
      // A tab of an older build knows the id alone.
      return entry && (as === undefined || nameOf(entry)?.as === as) ? entry.seq : undefined;
    },

    /** The number of a message from the disk, where it waits here too. @param {import('./disk.js').Kept} kept */
    seqOfSame({ id, event, args, data }) {
      const known = byId.get(id);
      const isSame = known?.event === event && sameSnapshot(known.args, args ?? [data]);
      return isSame ? known.seq : undefined;
    },

    /**
     * Takes up a message of an earlier life, of this page before it was cached, or of a tab that is gone. What cannot
     * be taken up is told.
     * @param {import('./disk.js').Kept} kept
     * @returns {[what: number, seq: number]} by the table `TAKEN`
     */
    takeUp(kept) {
      const known = byId.get(kept.id);
      if (!known && hasEnded(kept)) return [TAKEN.refused, 0];
      const ttlMs = Math.max(kept.expiresAt - Date.now(), 0);
      const args = kept.args ?? [kept.data];
      const taken = this.send({ ...kept, args, ttlMs }, null, false, true);
      if (!taken.isTaken) {
        tellOfOld(kept, taken.result);
        return [TAKEN.refused, 0];
      }
      const { seq } = /** @type {Entry} */ (byId.get(kept.id));
      return [seq === known?.seq ? TAKEN.known : TAKEN.new, seq];
    },

    /**
     * Another tab says how a message ended that was ours.
     * @param {Result} result
     * @param {string | undefined} as
     */
    settledElsewhere({ id, success, code = '', message = '', reply, retryable }, as) {
      const entry = find(this.seqNamed(id, as) ?? -1);
      const verdict = success ? VERDICT.accepted : VERDICT.refused;
      if (!entry || engine().note(TOLD.settledElsewhere, entry.seq, verdict) !== 1) return;
      entry.answer = { verdict, span: 0, reply, code, message, retryable };
      engine().drain();
    },

    /** A logout ended what nobody had found yet. @param {import('./disk.js').Kept} kept */
    erased: (kept) => hasEnded(kept) || tellOfOld(kept, refusal(kept.id, 'LOGGED_OUT')),

    /** Another tab may ask how it ends. @param {number} seq */
    share(seq) {
      const entry = find(seq);
      if (entry) entry.sharedAs = String(nameOf(entry)?.as);
    },

    /** An order of the engine's. */
    settle(/** @type {number} */ seq, /** @type {number} */ outcome, /** @type {boolean} */ maybe) {
      const entry = find(seq);
      if (!entry) return;
      slots[slotOf(seq)] = undefined;
      byId.delete(entry.id);
      if (entry.kept) {
        ended.set(entry.id, entry.kept.expiresAt);
        if (ended.size > ENDED_MOST)
          ended.delete(/** @type {string} */ (ended.keys().next().value));
      }
      const { lane } = entry;
      lane.count -= 1;
      if (lane.count === 0) {
        lanes.delete(lane.key);
        freeLanes.push(lane.number);
      }
      if (outcome === RECEIVED) {
        // Its acknowledgement may follow.
        entry.isTaken = true;
        entry.args = [];
        if (late.push(entry) > LATE_MOST) late.splice(0, 1).forEach(forgetAcks);
      } else {
        forgetAcks(entry);
      }
      if (outcome === SUPERSEDED) return;
      const result = resultOf(entry, outcome, maybe);
      result.event = entry.event;
      // An answer to one of several transmissions does not say which.
      if (entry.answer && entry.attempts === 1) result.rttMs = engine().now() - entry.sentAt;
      for (const settled of entry.waiting) call(settled, result);
      if (entry.sharedAs) tell(result, entry.sharedAs);
      if (entry.isRestored) told(result);
      else onSettled(result);
    },

    /**
     * An event that carries the id of a message confirms it, or refuses it: then it may carry the whole message,
     * as a gateway of NestJS does, and the message may have settled by its receipt.
     * @param {any} data
     * @param {boolean} [isRefused]
     */
    confirm(data, isRefused) {
      const { idField } = settings().send;
      const id = idOf(data?.[idField] ?? (isRefused && data?.cause?.data?.[idField])) ?? '';
      const entry = byId.get(id) ?? (isRefused ? late.find((one) => one.id === id) : undefined);
      if (!entry || entry.isAnswered) return;
      const verdict = isRefused ? VERDICT.refused : VERDICT.accepted;
      entry.answer = refusedBy(data, verdict);
      entry.isAnswered = entry.isEcho = true;
      if (entry.isTaken) answeredLate(entry);
      else engine().tell(TOLD.acked, entry.seq, 0, verdict, 0, 0);
    },

    /** The link is gone: no acknowledgement of it will come. */
    linkLost() {
      byId.forEach(forgetAcks);
      late.splice(0).forEach(forgetAcks);
    },

    /** The engine died: everything that waits ends here. */
    abandon() {
      this.linkLost();
      for (const { seq, isInDoubt } of [...byId.values()]) this.settle(seq, CLOSED, isInDoubt);
    },
  };
}

/** Ends that the app itself asked for. */
const WANTED = ['CANCELLED', 'CLOSED', 'LOGGED_OUT'];
/** Ids may be counters, and two tabs may have different messages of one id. @param {Entry} [entry] */
const nameOf = (entry) =>
  entry && { id: entry.id, as: hash(`${entry.event} ${textIn(entry.args, true)}`) };
/** Messages whose answer is still waited for after a success by receipt. */
const LATE_MOST = 1000;
/** Ends of kept messages that are remembered. */
const ENDED_MOST = 1000;
/** Sends that may join one message. */
const MOST_WAITING = 100;

/** @param {unknown} data */
const isPlain = (data) =>
  data !== null && typeof data === 'object' && !Array.isArray(data) && !isBinary(data);

/**
 * The id in a payload that can't be copied, if that much can be read.
 * @param {any} data
 * @param {string} field
 */
function idIn(data, field) {
  try {
    return idOf(data[field]);
  } catch {
    return undefined;
  }
}

/** What one character may become in JSON: six bytes. */
const LARGEST_ESCAPE = 6;
/** As the server's part takes it. */
const LONGEST_ID = 200;
/** What socket.io writes around an event and its arguments. */
const ENVELOPE_BYTES = 40;

/**
 * The size of a message's largest packet: what is binary goes by itself, over polling as base64.
 * @param {Entry} entry
 * @param {boolean} isPolling
 */
function largestPacket({ event, args }, isPolling) {
  let largest = 0;
  const text = JSON.stringify([event, ...args], (_key, value) => {
    if (!isBinary(value)) return withBigInts(_key, value);
    const bytes = value.byteLength ?? value.size;
    largest = Math.max(largest, isPolling ? Math.ceil(bytes / 3) * 4 + 1 : bytes);
    return { _placeholder: true, num: 99 };
  });
  return Math.max(largest, utf8Length(text) + ENVELOPE_BYTES);
}
