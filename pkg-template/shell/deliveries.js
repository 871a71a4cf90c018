/**
 * Keeps each unsettled message's payload, id and callbacks, which the client in Rust never sees. What happens to a
 * message is decided in `src/client/deliveries.rs`; this file carries it out.
 *
 * The messages are in a slab: the client's number for a message (`seq`) names its slot, and differs from the numbers of
 * messages that had the slot before.
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
 * @property {any[]} args the payload, then any further arguments
 * @property {string} lane
 * @property {boolean} strict
 * @property {number} expiresAt milliseconds since the epoch; 0 if it is not saved to disk
 * @property {boolean} isRestored it was read from disk: an earlier page load sent it
 * @property {number} attempts transmissions so far
 * @property {number} answers how many of these were answered
 * @property {number} sentAt time of the last transmission
 * @property {number[]} ackIds acknowledgements that may still come over this link; a late answer counts too
 * @property {import('./result.js').Answer | null} answer the last answer that counted
 * @property {((result: Result) => void)[]} waiting callbacks for the result
 * @property {string} sharedAs content hash under which another tab that had it may ask for its result; '' if none
 *
 * @typedef {object} Draft
 * @property {string} event
 * @property {unknown[]} args
 * @property {string | undefined} [id]
 * @property {unknown} [lane]
 * @property {boolean | undefined} [strict]
 * @property {number | undefined} [ttlMs]
 * @property {number | undefined} [expiresAt] only of a message from disk
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
 * @param {boolean} keeps whether messages are saved to disk
 * @param {ReturnType<typeof import('./listeners.js').createListeners>} settled callbacks for every result
 * @param {ReturnType<typeof import('./trouble.js').createTrouble>} trouble
 */
export function createDeliveries(settings, engine, wire, known, keeps, settled, trouble) {
  /** @type {(Entry | undefined)[]} */
  const slots = [];
  /** @type {Map<string, Entry>} */
  const byId = new Map();
  /** Messages that settled by a receipt; an acknowledgement may still follow. @type {Map<number, Entry>} */
  const late = new Map();
  /** The last lane that was sent to, and its number: a cache for `laneNumber`. */
  let lastLane = '';
  let lastNumber = printOf('');

  const find = (/** @type {number} */ seq) => {
    const entry = slots[slotOf(seq)];
    return entry?.seq === seq ? entry : late.get(seq);
  };

  const laneOf = (/** @type {Draft} */ draft, /** @type {any} */ data) => {
    const { lane, event } = settings().send;
    // The default lane reads fields of a chat message. In other events these names may mean other things.
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

  /** Notes an answer, if the client counts it. @param {Entry} entry @param {number} counts the client's reply: 1 if it counts */
  const note = (entry, counts, /** @type {import('./result.js').Answer} */ answer) => {
    if (counts !== 1) return false;
    entry.answer = answer;
    entry.answers += 1;
    return true;
  };

  /** Tells the client the size of a message's largest packet. True if it may be sent. */
  const fits = (/** @type {number} */ seq, /** @type {number} */ bytes) =>
    engine.note(TOLD.measured, seq, bytes) === 1;

  /** Notes why a message cannot be sent: its result will say so. */
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

  /** Reports a result beyond its sender. @param {Result} result @param {number} audience as `audienceOf` returns it */
  const tellEnd = (result, audience) => {
    if (audience > 0) settled.tell(result);
    if (audience > 1) trouble.refused(result, audience > 2);
  };

  /**
   * Copies a message and passes it to the client, which accepts it, joins it to an unsettled one, or refuses it.
   * @param {Draft} draft
   * @param {((result: Result) => void) | null} onEnd
   * @param {boolean} isRestored
   * @returns {Taken & { audience?: number }} who hears that a restored message was refused
   */
  const take = (draft, onEnd, isRestored = false) => {
    const { send, queue } = settings();
    const { idField } = send;
    const { args, event } = draft;
    let id = idOf(draft.id);
    let bytes;
    try {
      // A restored message was accepted before: the size limit may have changed since, and does not apply.
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
    // Write the id into our copy of the payload, unless the caller's id is there already.
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
    /** One object of each shape, so that the engine's compiled code for them stays; see `spare` in `payload.js`. */
    firsts: [
      judge([], /** @type {any} */ ({})),
      endOf({ id: '', event: '', answer: null, sentAt: 0 }, CLAIM.by + CLAIM.timed),
    ],

    /**
     * Accepts a message, or returns why not. If it was accepted, `settled` is called exactly once. Nothing is sent
     * before the caller drains the engine.
     * @param {Draft} draft
     * @param {(result: Result) => void} settled
     * @returns {Taken}
     */
    send: take,

    /** @param {string} id @returns {number | undefined} undefined once it has settled */
    seqOf: (id) => byId.get(id)?.seq,

    /** The arguments as they will be sent, for sending them again. @param {string} id */
    copyOf: (id) => byId.get(id)?.args,

    /** The unsettled messages, in send order. */
    entries: () => byId.values(),

    /** @param {string} id @returns {boolean} whether it was unsettled */
    cancel(id) {
      const entry = byId.get(id);
      if (entry) engine.tell(TOLD.cancel, entry.seq);
      return entry !== undefined;
    },

    /** Withdraws one send: its callback settles as cancelled. The message is cancelled with its last send. */
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
     * An order of the client.
     * @param {number} seq
     * @param {number} attempt
     * @param {number} isAsked whether to ask for an acknowledgement
     * @param {number} isLarge whether it may be too large for the link, and has to be measured
     */
    transmit(seq, attempt, isAsked, isLarge) {
      const entry = find(seq);
      if (!entry) return;
      const { event, args, ackIds } = entry;
      entry.attempts = attempt;
      entry.sentAt = engine.now();
      /** @type {number | undefined} */
      let ackId;
      const answered = (/** @type {unknown[]} */ ...reply) => {
        if (find(seq) !== entry) return;
        const answer = judge(reply, settings().send);
        const { span, ownSpan } = answer;
        if (
          !note(
            entry,
            engine.note(TOLD.acked, seq, attempt, answer.verdictCode, span, ownSpan),
            answer,
          )
        )
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

    /** The message as it is saved to disk. @param {number} seq @returns {import('./disk.js').Kept} */
    keptOf(seq) {
      const { id, event, args, lane, strict, way, expiresAt } = /** @type {Entry} */ (find(seq));
      const more = args.length === 1 ? undefined : args;
      return {
        id,
        event,
        // Read late: a Blob in it may have been replaced by its bytes by then.
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

    /** Identifies a message to other tabs, by its id and a hash of its content. @param {number} seq */
    named: (seq) => nameOf(find(seq)) ?? { id: '', as: '', until: 0 },

    /** The number of a message that another tab names; undefined if this tab has a different message with that id. */
    seqNamed(/** @type {string} */ id, /** @type {string | undefined} */ as) {
      const entry = byId.get(id);
      // A tab of an older build sends the id without a hash.
      return entry && (as === undefined || nameOf(entry)?.as === as) ? entry.seq : undefined;
    },

    /** The number of the unsettled message that equals one from disk, if there is one. @param {import('./disk.js').Kept} kept */
    seqOfSame({ id, event, args, data }) {
      const known = byId.get(id);
      const isSame = known?.event === event && sameSnapshot(known.args, args ?? [data]);
      return isSame ? known.seq : undefined;
    },

    /**
     * Restores a message that was read from disk, as the client ordered: this tab sends it from now on. A message that
     * cannot be restored is reported.
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
     * Another tab reports the result of a message that this tab has too, or is about to restore.
     * @param {Result} result
     * @param {string | undefined} as the hash of its content
     * @param {number | undefined} until when it would have expired; a tab of an older build does not send this
     */
    toldEnd({ id, success, code = '', message = '', reply, retryable }, as, until) {
      const entry = find(this.seqNamed(id, as) ?? -1);
      if (!entry) return this.toldOver(id, until);
      const counts = engine.note(TOLD.settledElsewhere, entry.seq, success, retryable);
      if (note(entry, counts, { reply, code, message })) engine.drain();
    },

    /** A message ended in another tab: do not restore it here. */
    toldOver(/** @type {string} */ id, /** @type {number | undefined} */ until) {
      if (until) engine.note(TOLD.endedElsewhere, printOfKept(id, until));
    },

    /** A logout ended a message that no tab had restored yet. @param {import('./disk.js').Kept} kept */
    toldErased({ id, event, expiresAt }) {
      if (engine.note(TOLD.hasEnded, printOfKept(id, expiresAt)) !== 0) return;
      settled.tell({ ...resultOf(id, CODES.indexOf('LOGGED_OUT') + CLAIM.maybe), event });
    },

    /** Another tab may ask for this message's result. @param {number} seq */
    share(seq) {
      const entry = find(seq);
      if (entry) entry.sharedAs = String(nameOf(entry)?.as);
    },

    /**
     * An order of the client.
     * @param {number} seq
     * @param {number} claim by the table `CLAIM`
     * @returns {[result: Result, as: string, until: number] | undefined} for another tab, if one had the message
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

    /** An order of the client: stop waiting for a late acknowledgement. @param {number} seq */
    stopWaiting(seq) {
      const entry = late.get(seq);
      if (entry) forget(entry);
    },

    /**
     * A server event that carries a message's id confirms or refuses it. A refusal may carry the whole message, as
     * NestJS gateways send it, and may come after the message settled by its receipt.
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

    /** The link is gone: no acknowledgement will come over it any more. */
    linkLost() {
      byId.forEach(forgetAcks);
      late.forEach(forget);
    },

    /** The engine died: settles every message here. @param {(seq: number, claim: number) => void} settle */
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
/** The two results after the engine's death. A message that was sent may have been delivered. */
const NEVER_LEFT = CODES.indexOf('CLOSED') + CLAIM.retryable + CLAIM.audience;
const IN_DOUBT = CODES.indexOf('NO_RESPONSE') + CLAIM.maybe + CLAIM.retryable + CLAIM.audience;

/** The client's number for a saved message. Ids may be reused, so the number includes the expiry. */
const printOfKept = (/** @type {string} */ id, /** @type {number} */ expiresAt) =>
  printOf(`${id} ${expiresAt}`);

/** Includes a hash of the content: two tabs may use one id, such as a counter, for different messages. @param {Entry} [entry] */
const nameOf = (entry) =>
  entry && {
    id: entry.id,
    as: hash(`${entry.event} ${textIn(entry.args)}`),
    until: entry.expiresAt,
  };

/** A newer build may have saved a way that this one does not know. @param {import('./ways.js').Way | undefined} way */
const knownWay = (way) => (way && WAYS.includes(way) ? way : 'acked');

/** @param {unknown} data */
const isPlain = (data) => isObject(data) && !isBinary(data);

/**
 * The id in a payload that cannot be copied, if at least the id can be read.
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

/** The longest id that the deduplicator accepts. */
const LONGEST_ID = 200;
