/**
 * The messages that are unsettled: their payloads, ids and callbacks, which the client in Rust never sees. What becomes
 * of each is decided in `src/client/deliveries.rs`.
 *
 * A slab: the client's number for a message names its slot, and tells a message from the one that had
 * the slot before it.
 */

import { read } from '../common/acknowledgement.js';
import { idOf } from './credentials.js';
import { hash, printOf } from './generations.js';
import { newId } from './ids.js';
import { largestPacket } from './measure.js';
import { CLAIM, CODES, EVENT_FLAG, SEND_FLAG, slotOf, TOLD, WAY_FLAG, WAYS } from './numbers.js';
import { defaultLane, isObject } from './options.js';
import { isBinary, readBlobs, sameSnapshot, snapshot, textIn, unreadable } from './payload.js';
import { call, textOf } from './report.js';
import { audienceOf, resultOf } from './result.js';
import { judge } from './verdict.js';
import { wayOf } from './ways.js';

/**
 * @typedef {import('./result.js').Result} Result
 *
 * @typedef {object} Entry
 * @property {number} seq
 * @property {string} id
 * @property {string} event
 * @property {import('./ways.js').Way} way
 * @property {any[]} args the payload, and what comes after it
 * @property {string} lane
 * @property {boolean} strict
 * @property {number} expiresAt milliseconds since the epoch, of one that may be kept
 * @property {boolean} isRestored it is of an earlier life
 * @property {number} attempts transmissions so far
 * @property {number} answers of these that were answered
 * @property {number} sentAt when the last one was
 * @property {number[]} ackIds those that this link may still answer: a late answer counts too
 * @property {import('./result.js').Answer | null} answer the last one that counted
 * @property {((result: Result) => void)[]} waiting told once it has settled
 * @property {string} sharedAs its name to other tabs, where one had it and may ask how it ended
 *
 * @typedef {object} Draft
 * @property {string} event
 * @property {unknown[]} args
 * @property {string | undefined} [id]
 * @property {unknown} [lane]
 * @property {boolean | undefined} [strict]
 * @property {number | undefined} [ttlMs]
 * @property {number | undefined} [expiresAt] of one from the disk
 * @property {number | undefined} [ackTimeoutMs]
 * @property {boolean | undefined} [durable]
 * @property {import('./ways.js').Way | undefined} [way]
 * @property {unknown} [key]
 * @property {boolean | undefined} [repeat]
 *
 * @typedef {{ id: string, isTaken: true } | { id: string, isTaken: false, result: Result }} Taken
 */

/**
 * @param {() => import('../types/settings.d.ts').Settings} settings
 * @param {import('./engine.js').Engine} engine
 * @param {ReturnType<typeof import('./wire.js').createWire>} wire
 * @param {ReturnType<typeof import('./known.js').createKnown>} known
 * @param {boolean} keeps whether messages are kept on disk
 * @param {ReturnType<typeof import('./listeners.js').createListeners>} settled who hears of every end
 * @param {ReturnType<typeof import('./trouble.js').createTrouble>} trouble
 */
export function createDeliveries(settings, engine, wire, known, keeps, settled, trouble) {
  /** @type {(Entry | undefined)[]} */
  const slots = [];
  /** @type {Map<string, Entry>} */
  const byId = new Map();
  /** Settled by their receipts: an answer may follow. @type {Map<number, Entry>} */
  const late = new Map();
  /** The lane that was sent to last, and its number. */
  let lastLane = '';
  let lastNumber = printOf('');

  const find = (/** @type {number} */ seq) => {
    const entry = slots[slotOf(seq)];
    return entry?.seq === seq ? entry : late.get(seq);
  };

  const laneOf = (/** @type {Draft} */ draft, /** @type {any} */ data) => {
    const { lane, event } = settings().send;
    // Fields of the same names mean other things in other events.
    const isKnown = data !== undefined && (lane !== defaultLane || draft.event === event);
    return idOf(draft.lane ?? (isKnown ? call(lane, data) : undefined)) ?? '';
  };

  const laneNumber = (/** @type {string} */ key) => {
    if (key !== lastLane) lastNumber = printOf(key);
    lastLane = key;
    return lastNumber;
  };

  const forgetAcks = (/** @type {Entry} */ entry) => {
    for (const id of entry.ackIds) wire.forget(id);
    entry.ackIds.length = 0;
  };

  const forget = (/** @type {Entry} */ entry) => {
    late.delete(entry.seq);
    forgetAcks(entry);
  };

  /** What was said of a message counts, or not. @param {Entry} entry @param {number} counts as the client answers */
  const note = (entry, counts, /** @type {import('./result.js').Answer} */ answer) => {
    if (counts !== 1) return false;
    entry.answer = answer;
    entry.answers += 1;
    return true;
  };

  /** Whether a message may leave whose largest packet has so many bytes. */
  const fits = (/** @type {number} */ seq, /** @type {number} */ bytes) =>
    engine.note(TOLD.measured, seq, bytes) === 1;

  /** What cannot be sent. */
  const refuse = (
    /** @type {Entry} */ entry,
    /** @type {string} */ code,
    /** @type {string} */ message,
  ) => {
    entry.answer = { reply: undefined, code, message };
  };

  /**
   * @param {{ id: string, event: string, answer: import('./result.js').Answer | null, sentAt: number }} entry
   * @param {number} claim
   */
  const endOf = (entry, claim) => {
    const result = resultOf(entry.id, claim, entry.answer);
    result.event = entry.event;
    if (claim & CLAIM.timed) result.rttMs = engine.now() - entry.sentAt;
    return result;
  };

  /** @param {Result} result @param {number} audience */
  const tellEnd = (result, audience) => {
    if (audience > 0) settled.tell(result);
    if (audience > 1) trouble.refused(result, audience > 2);
  };

  /**
   * Hands a message to the client.
   * @param {Draft} draft
   * @param {((result: Result) => void) | null} onEnd
   * @param {boolean} isRestored
   * @returns {Taken & { audience?: number }} who hears of one of an earlier life that was not taken
   */
  const take = (draft, onEnd, isRestored = false) => {
    const { send, queue } = settings();
    const { idField } = send;
    const { args, event } = draft;
    let id = idOf(draft.id);
    let bytes;
    try {
      // What was taken once is taken again, whatever the limit is by now.
      const maxBytes = isRestored ? Infinity : queue.maxBytes;
      bytes = snapshot(args, maxBytes, settings().io.parser);
    } catch (error) {
      if (isRestored) engine.note(TOLD.taken);
      id ||= idIn(args[0], idField) || newId();
      const { code, message } = /** @type {import('./errors.js').HoldfastError} */ (error);
      const claim = ANSWER + (isRestored ? CLAIM.maybe + 3 * CLAIM.audience : 0);
      return refused(id, claim, { reply: undefined, code, message });
    }
    const data = /** @type {any} */ (args[0]);
    const { way, key, repeat } = isRestored
      ? { way: knownWay(draft.way), key: undefined, repeat: undefined }
      : wayOf(settings(), event, draft, data);
    const isAcked = way === 'acked' || way === 'always';
    const carriesId = isPlain(data);
    id ||= (carriesId && idOf(data[idField])) || newId();
    // The snapshot is ours to write to. An id that the caller wrote there stays as it is.
    if (isAcked && carriesId && idOf(data[idField]) !== id) data[idField] = id;

    const waiting = byId.get(id);
    const isSame = waiting?.event === event && sameSnapshot(waiting.args, args);
    const isLong = id.length > LONGEST_ID;
    const lane = waiting ? '' : way === 'latest' ? `latest ${event} ${key}` : laneOf(draft, data);
    const strict = draft.strict ?? send.strict;
    const ttlMs = draft.ttlMs ?? queue.ttlMs;
    const isWanted = keeps && draft.durable !== false;
    const expiresAt = draft.expiresAt ?? (isWanted ? Date.now() + ttlMs : 0);
    const flags =
      (strict ? SEND_FLAG.strict : 0) |
      (repeat === false ? SEND_FLAG.once : 0) |
      (isWanted ? SEND_FLAG.durable : 0) |
      (isRestored ? SEND_FLAG.restored : 0) |
      (carriesId ? SEND_FLAG.carriesId : 0) |
      (isLong ? SEND_FLAG.long : 0) |
      (waiting ? SEND_FLAG.known : 0) |
      (isSame ? SEND_FLAG.same : 0) |
      (WAYS.indexOf(way) * WAY_FLAG) |
      (known.numberOf(event) * EVENT_FLAG);
    const seq = engine.note(
      TOLD.send,
      waiting ? waiting.seq : laneNumber(lane),
      bytes,
      flags,
      ttlMs,
      draft.ackTimeoutMs ?? 0,
      expiresAt && printOfKept(id, expiresAt),
    );
    if (seq < 0) {
      const taken = refused(id, -seq);
      if (isLong) taken.result.message = `An id has ${LONGEST_ID} characters at most`;
      return taken;
    }
    if (waiting) {
      if (onEnd) waiting.waiting.push(onEnd);
      return { id, isTaken: true };
    }
    /** @type {Entry} */
    const entry = {
      seq,
      id,
      event,
      way,
      args,
      lane,
      strict,
      expiresAt,
      isRestored,
      attempts: 0,
      answers: 0,
      sentAt: 0,
      ackIds: [],
      answer: null,
      waiting: onEnd ? [onEnd] : [],
      sharedAs: '',
    };
    slots[slotOf(seq)] = entry;
    byId.set(id, entry);
    readBlobs(args);
    return { id, isTaken: true };
  };

  return {
    /** One of each shape, which stay as the one in `payload.js` does. */
    firsts: [
      judge([], /** @type {any} */ ({})),
      endOf({ id: '', event: '', answer: null, sentAt: 0 }, CLAIM.by + CLAIM.timed),
    ],

    /**
     * Takes a message, or says why not. Where it was taken `settled` is called exactly once, but
     * nothing leaves before the engine is drained, which is the caller's to do.
     * @param {Draft} draft
     * @param {(result: Result) => void} settled
     * @returns {Taken}
     */
    send: take,

    /** @param {string} id @returns {number | undefined} none where it has settled */
    seqOf: (id) => byId.get(id)?.seq,

    /** The arguments as they are sent, for who wants to send them again. @param {string} id */
    copyOf: (id) => byId.get(id)?.args,

    /** What is unsettled, in send order. */
    entries: () => byId.values(),

    /** @param {string} id @returns {boolean} whether it was still waiting */
    cancel(id) {
      const entry = byId.get(id);
      if (entry) engine.tell(TOLD.cancel, entry.seq);
      return entry !== undefined;
    },

    /** One of the sends that wait for a message is taken back, and with the only one the message. */
    leave(/** @type {(result: Result) => void} */ settled) {
      const entry = [...byId.values()].find(({ waiting }) => waiting.includes(settled));
      if (!entry) return;
      const claim = engine.note(TOLD.leave, entry.seq);
      if (claim > 0) {
        entry.waiting.splice(entry.waiting.indexOf(settled), 1);
        call(settled, resultOf(entry.id, claim));
      }
      engine.drain();
    },

    /**
     * An order of the client's.
     * @param {number} seq
     * @param {number} attempt
     * @param {number} isAsked with a callback for the acknowledgement
     * @param {number} isLarge it may be too large for the link
     */
    transmit(seq, attempt, isAsked, isLarge) {
      const entry = find(seq);
      if (!entry) return;
      const { event, args, ackIds } = entry;
      entry.attempts = attempt;
      entry.sentAt = engine.now();
      /** @type {number | undefined} */
      let ackId;
      const answered = (/** @type {unknown[]} */ ...said) => {
        if (find(seq) !== entry) return;
        const answer = judge(said, settings().send);
        const { span, ownSpan } = answer;
        if (!note(entry, engine.note(TOLD.acked, seq, attempt, answer.said, span, ownSpan), answer))
          return;
        const at = ackIds.indexOf(/** @type {number} */ (ackId));
        if (at >= 0) ackIds.splice(at, 1);
        engine.drain();
      };
      if (isLarge && !fits(seq, largestPacket(event, args, wire.isPolling()))) {
        refuse(entry, 'PAYLOAD_TOO_LARGE', `The server takes ${wire.maxPayload()} bytes at most`);
        return;
      }
      try {
        if (unreadable.has(args)) throw unreadable.get(args);
        ackId = wire.emit(event, args, isAsked ? answered : undefined);
        if (isAsked && ackId !== undefined) ackIds.push(ackId);
      } catch (error) {
        const why = `This payload cannot be encoded: ${textOf(error)}`;
        fits(seq, Infinity);
        refuse(entry, 'INVALID_MESSAGE_PAYLOAD', why);
      }
    },

    /** What is to be on disk. @param {number} seq @returns {import('./disk.js').Kept} */
    keptOf(seq) {
      const { id, event, args, lane, strict, way, expiresAt } = /** @type {Entry} */ (find(seq));
      const more = args.length === 1 ? undefined : args;
      return {
        id,
        event,
        // What a Blob holds may be read by then.
        get data() {
          return args[0];
        },
        args: more,
        lane,
        strict,
        way,
        expiresAt,
      };
    },

    /** A message as other tabs know it: by its id, and what is in it. @param {number} seq */
    named: (seq) => nameOf(find(seq)) ?? { id: '', as: '', until: 0 },

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
     * Takes up a message of an earlier life, of this page before it was cached, or of a tab that is gone, as the client
     * ordered. What cannot be taken up is told.
     * @param {import('./disk.js').Kept} kept
     */
    takeUp(kept) {
      const ttlMs = Math.max(kept.expiresAt - Date.now(), 0);
      const args = kept.args ?? [kept.data];
      const taken = take({ ...kept, args, ttlMs }, null, true);
      if (!taken.isTaken) {
        tellEnd({ ...taken.result, event: kept.event }, taken.audience ?? 0);
      }
    },

    /**
     * Another tab says how a message ended that was ours, or that this one may be about to take up.
     * @param {Result} result
     * @param {string | undefined} as
     * @param {number | undefined} until when it would have expired; a tab of an older build says nothing of that
     */
    toldEnd({ id, success, code = '', message = '', reply, retryable }, as, until) {
      const entry = find(this.seqNamed(id, as) ?? -1);
      if (!entry) return this.toldOver(id, until);
      const counts = engine.note(TOLD.settledElsewhere, entry.seq, success, retryable);
      if (note(entry, counts, { reply, code, message })) engine.drain();
    },

    /** What another tab has cancelled, or was told the end of, is not taken up here. */
    toldOver(/** @type {string} */ id, /** @type {number | undefined} */ until) {
      if (until) engine.note(TOLD.endedElsewhere, printOfKept(id, until));
    },

    /** A logout ended what nobody had found yet. @param {import('./disk.js').Kept} kept */
    toldErased({ id, event, expiresAt }) {
      if (engine.note(TOLD.hasEnded, printOfKept(id, expiresAt)) !== 0) return;
      settled.tell({ ...resultOf(id, CODES.indexOf('LOGGED_OUT') + CLAIM.maybe), event });
    },

    /** Another tab may ask how it ends. @param {number} seq */
    share(seq) {
      const entry = find(seq);
      if (entry) entry.sharedAs = String(nameOf(entry)?.as);
    },

    /**
     * An order of the client's.
     * @param {number} seq
     * @param {number} claim by the table `CLAIM`
     * @returns {[result: Result, as: string, until: number] | undefined} what another tab wants to know, if it had the message
     */
    settle(seq, claim) {
      const entry = find(seq);
      if (!entry) return undefined;
      if (!late.has(seq)) {
        slots[slotOf(seq)] = undefined;
        byId.delete(entry.id);
      }
      if (claim & CLAIM.stays) {
        entry.args = [];
        late.set(seq, entry);
      } else {
        forget(entry);
      }
      const audience = audienceOf(claim);
      if (audience === 0) return undefined;
      const result = endOf(entry, claim);
      const { waiting } = entry;
      if (claim & CLAIM.stays) entry.waiting = [];
      for (const told of waiting) call(told, result);
      tellEnd(result, audience);
      const { sharedAs } = entry;
      entry.sharedAs = '';
      return sharedAs ? [result, sharedAs, entry.expiresAt] : undefined;
    },

    /** An order of the client's: no answer is waited for any longer. @param {number} seq */
    stopWaiting(seq) {
      const entry = late.get(seq);
      if (entry) forget(entry);
    },

    /**
     * An event that carries the id of a message confirms it, or refuses it: then it may carry the whole message,
     * as a gateway of NestJS does, and the message may have settled by its receipt.
     * @param {any} data
     * @param {boolean} isRefused
     */
    confirm(data, isRefused) {
      const { idField } = settings().send;
      const id = idOf(data?.[idField] ?? (isRefused && data?.cause?.data?.[idField])) ?? '';
      const ended = () => [...late.values()].find((one) => one.id === id);
      const entry = byId.get(id) ?? (isRefused ? ended() : undefined);
      if (!entry) return;
      const counts = engine.note(TOLD.echoed, entry.seq, isRefused);
      if (note(entry, counts, read([data]))) engine.drain();
    },

    /** The link is gone: no acknowledgement of it will come. */
    linkLost() {
      byId.forEach(forgetAcks);
      late.forEach(forget);
    },

    /** The engine died: everything that waits ends here. @param {(seq: number, claim: number) => void} settle */
    abandon(settle) {
      this.linkLost();
      for (const { seq, isRestored, attempts, answers } of [...byId.values()]) {
        settle(seq, isRestored || attempts > answers ? IN_DOUBT : NEVER_LEFT);
      }
    },
  };
}

/**
 * @param {string} id
 * @param {number} claim
 * @param {import('./result.js').Answer} [answer]
 */
const refused = (id, claim, answer) => ({
  id,
  isTaken: /** @type {const} */ (false),
  result: resultOf(id, claim, answer),
  audience: audienceOf(claim),
});

const ANSWER = CODES.indexOf('ANSWER');
/** What is told of a message without an engine: one that it had sent may have been delivered. */
const NEVER_LEFT = CODES.indexOf('CLOSED') + CLAIM.retryable + CLAIM.audience;
const IN_DOUBT = CODES.indexOf('NO_RESPONSE') + CLAIM.maybe + CLAIM.retryable + CLAIM.audience;

/** A number for what is kept: ids may be used again, and then expire at another time. */
const printOfKept = (/** @type {string} */ id, /** @type {number} */ expiresAt) =>
  printOf(`${id} ${expiresAt}`);

/** Ids may be counters, and two tabs may have different messages of one id. @param {Entry} [entry] */
const nameOf = (entry) =>
  entry && {
    id: entry.id,
    as: hash(`${entry.event} ${textIn(entry.args)}`),
    until: entry.expiresAt,
  };

/** A newer build may have kept other ones. @param {import('./ways.js').Way | undefined} way */
const knownWay = (way) => (way && WAYS.includes(way) ? way : 'acked');

/** @param {unknown} data */
const isPlain = (data) => isObject(data) && !isBinary(data);

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

/** As the server's part takes it. */
const LONGEST_ID = 200;
