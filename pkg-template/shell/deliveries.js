/**
 * The messages that are unsettled: their payloads and callbacks, which the engine never sees.
 *
 * A slab: the engine's number for a message names its slot, and tells a message from the one that had
 * the slot before it.
 */

import { idOf } from './credentials.js';
import { isRetryable, MESSAGES } from './errors.js';
import { CLOSED, DELIVERED, OUTCOMES, SEND_ERRORS, SEND_FLAG, slotOf, VERDICT } from './numbers.js';
import { isBinary, sameSnapshot, snapshot, utf8Length } from './payload.js';
import { call, textOf } from './report.js';
import { judge } from './verdict.js';

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
 * @property {number} [rttMs] from its last transmission to its answer
 *
 * @typedef {object} Entry
 * @property {number} seq
 * @property {string} id
 * @property {string} event
 * @property {any} data
 * @property {number} bytes
 * @property {Lane} lane
 * @property {number} attempts transmissions so far
 * @property {number} sentAt when the last one was
 * @property {number[]} ackIds those that this link may still answer: a late answer counts too
 * @property {boolean} isInDoubt it left over a link that was lost before the answer
 * @property {import('./verdict.js').Answer | null} answer the last one
 * @property {boolean} isAnswered for good
 * @property {((result: Result) => void)[]} waiting told once it has settled
 * @property {import('./journal.js').Place | null} place where it is kept, once it is
 * @property {import('./journal.js').Kept | null} kept what is to be on disk, if anything
 * @property {boolean} isAdopted another tab had it, and may ask how it ended
 * @property {boolean} isElsewhere another tab has it now, and says how it ends
 *
 * @typedef {object} Lane
 * @property {string} key
 * @property {number} number the engine's
 * @property {number} count messages that have not settled
 *
 * @typedef {object} Draft
 * @property {string} event
 * @property {unknown} data
 * @property {string} [id]
 * @property {unknown} [lane]
 * @property {boolean} [strict]
 * @property {number} [ttlMs]
 * @property {boolean} [durable]
 */

/**
 * @param {object} needs
 * @param {() => import('./engine.js').Engine} needs.engine
 * @param {() => ReturnType<typeof import('./wire.js').createWire>} needs.wire
 * @param {() => import('../types/settings.d.ts').Settings} needs.settings
 * @param {ReturnType<typeof import('./keeper.js').createKeeper> | null} needs.keeper
 * @param {(wish: boolean | undefined) => boolean} needs.isKept whether messages are kept on disk
 * @param {(result: Result) => void} needs.onSettled
 */
export function createDeliveries({ engine, wire, settings, keeper, isKept, onSettled }) {
  /** @type {(Entry | undefined)[]} */
  const slots = [];
  /** @type {Map<string, Entry>} */
  const byId = new Map();
  /** @type {Map<string, Lane>} */
  const lanes = new Map();
  /** Numbers of lanes that have no message any more. The engine wants them dense. @type {number[]} */
  const freeLanes = [];

  const find = (/** @type {number} */ seq) => {
    const entry = slots[slotOf(seq)];
    return entry?.seq === seq ? entry : undefined;
  };

  const laneOf = (/** @type {Draft} */ draft, /** @type {any} */ data) =>
    idOf(draft.lane ?? call(settings().send.lane, data)) ?? '';

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
    if (outcome === DELIVERED) {
      return { id, success: true, reply, maybeDelivered: false, retryable: false };
    }
    // Closed for good while an attempt was unanswered is not the same as never having left.
    const code = outcome === CLOSED && maybeDelivered ? 'NO_RESPONSE' : OUTCOMES[outcome];
    if (code || !answer) return { ...refusal(id, code), reply, maybeDelivered };
    const { retryable = answer.verdict !== VERDICT.refused } = answer;
    return { ...refusal(id, answer.code, answer.message), reply, maybeDelivered, retryable };
  };

  /** What cannot be sent at all. */
  const refuse = (
    /** @type {Entry} */ entry,
    /** @type {string} */ code,
    /** @type {string} */ message,
  ) => {
    entry.answer = { verdict: VERDICT.refused, span: 0, reply: undefined, code, message };
    engine().tell('acked', entry.seq, entry.attempts, VERDICT.refused, 0);
  };

  /** Another tab has it, for now. */
  const withhold = (/** @type {Entry} */ entry) => {
    entry.isElsewhere = true;
    entry.place = null;
    engine().tell('withheld', entry.seq);
  };

  /** It is kept in this tab's journal. */
  const ours = (/** @type {Entry} */ entry, /** @type {Entry['place']} */ place) => {
    entry.isElsewhere = false;
    entry.place = place;
    engine().tell('stored', entry.seq);
  };

  /** Of an earlier life, whose callbacks are gone: nobody knows whether it had left. */
  const ended = (
    /** @type {import('./journal.js').Kept} */ { event },
    /** @type {Result} */ result,
  ) => onSettled({ ...result, event, maybeDelivered: true });

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
      let id = draft.id;
      let data;
      let bytes;
      try {
        ({ copy: data, bytes } = /** @type {{ copy: any, bytes: number }} */ (
          // What was taken once is taken again, whatever the limit is by now.
          snapshot(draft.data, isRestored ? Infinity : queue.maxBytes)
        ));
      } catch (error) {
        const { code, message } = /** @type {import('./errors.js').HoldfastError} */ (error);
        return refused(id || idIn(draft.data, idField) || newId(), code, message);
      }
      const hasPlace = isPlain(data);
      id ||= (hasPlace && idOf(data[idField])) || newId();
      if (isLoggedOut) return refused(id, 'LOGGED_OUT');
      // The snapshot is ours to write to. An id that the caller wrote there stays as it is.
      if (hasPlace && idOf(data[idField]) !== id) data[idField] = id;

      const known = byId.get(id);
      if (known) {
        if (known.event !== draft.event || !sameSnapshot(known.data, data)) {
          return refused(id, 'DUPLICATE_ID');
        }
        if (settled) known.waiting.push(settled);
        return { id, isTaken: true };
      }

      const key = laneOf(draft, data);
      const lane = lanes.get(key) ?? { key, number: freeLanes.at(-1) ?? lanes.size, count: 0 };
      const strict = draft.strict ?? send.strict;
      const ttlMs = draft.ttlMs ?? queue.ttlMs;
      // What has no place for an id can't be sent again in another life: it may have left in this one.
      const durable = hasPlace && isKept(draft.durable) && !isRestored;
      const flags =
        (strict ? SEND_FLAG.strict : 0) |
        (hasPlace ? 0 : SEND_FLAG.once) |
        (durable ? SEND_FLAG.durable : 0) |
        (isRestored ? SEND_FLAG.restored : 0);
      const seq = engine().send(lane.number, bytes, flags, ttlMs);
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
        data,
        bytes,
        lane,
        attempts: 0,
        sentAt: 0,
        ackIds: [],
        isInDoubt: false,
        answer: null,
        isAnswered: false,
        waiting: settled ? [settled] : [],
        place: null,
        isAdopted: false,
        isElsewhere: false,
        kept:
          durable || isRestored
            ? { id, event: draft.event, data, lane: key, strict, expiresAt: Date.now() + ttlMs }
            : null,
      };
      slots[slotOf(seq)] = entry;
      byId.set(id, entry);
      return { id, isTaken: true };
    },

    /** @param {string} id @returns {number | undefined} none where it has settled */
    seqOf: (id) => byId.get(id)?.seq,

    /** The payload as it is sent, for who wants to send it again. @param {string} id */
    copyOf: (id) => byId.get(id)?.data,

    /** What is unsettled, in send order. */
    entries: () => byId.values(),

    /** @param {string} id @returns {boolean} whether it was still waiting */
    cancel(id) {
      const entry = byId.get(id);
      if (entry?.isElsewhere) keeper?.cancel(id);
      if (entry) engine().tell('cancel', entry.seq);
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
        if (find(seq) !== entry || entry.isAnswered) return;
        const answer = judge(args, settings().send);
        entry.answer = answer;
        entry.isAnswered =
          answer.verdict === VERDICT.accepted || answer.verdict === VERDICT.refused;
        engine().tell('acked', seq, attempt, answer.verdict, answer.span);
        const at = ackIds.indexOf(/** @type {number} */ (ackId));
        if (at >= 0) ackIds.splice(at, 1);
      };
      const limit = wire().maxPayload() ?? Infinity;
      // A server ends a link over which more comes, however often it is tried.
      const isPolling = wire().transport() === 'polling';
      if (entry.bytes > limit / LARGEST_ESCAPE && largestPacket(entry, isPolling) > limit) {
        refuse(entry, 'PAYLOAD_TOO_LARGE', `The server takes ${limit} bytes at most`);
        return;
      }
      try {
        ackId = wire().emit(entry.event, [entry.data], answered);
        if (ackId !== undefined) ackIds.push(ackId);
      } catch (error) {
        const why = `This payload cannot be encoded: ${textOf(error)}`;
        refuse(entry, 'INVALID_MESSAGE_PAYLOAD', why);
      }
    },

    /** An order of the engine's. */
    store(/** @type {number} */ seq) {
      const entry = find(seq);
      if (!entry?.kept || !keeper) return;
      keeper.add(entry.kept, (place) => {
        // Settled meanwhile: cancelled, for instance.
        if (find(seq) !== entry) return place?.journal.erase(place);
        entry.place = place;
        engine().tell('stored', seq);
      });
    },

    /** What waits belongs to another user now, whose name was not known before. */
    keepAnew() {
      for (const entry of byId.values()) {
        if (!entry.place) continue;
        entry.place.journal.erase(entry.place);
        entry.place = null;
        this.store(entry.seq);
      }
    },

    /** Messages of an earlier life, of this page before it was cached, or of a tab that is gone. */
    restore(/** @type {import('./keeper.js').Found[]} */ found) {
      for (const { kept, place } of found) {
        const { id } = kept;
        const known = byId.get(id);
        if (known?.place || known?.isElsewhere) {
          if (place) ours(known, place);
          continue;
        }
        const ttlMs = Math.max(kept.expiresAt - Date.now(), 0);
        const taken = this.send({ ...kept, ttlMs }, null, false, true);
        const entry = byId.get(id);
        if (taken.isTaken && entry && entry !== known) {
          entry.isAdopted = kept.from !== undefined;
          if (place) entry.place = place;
          else withhold(entry);
        } else if (place) {
          place.journal.erase(place);
          // The same message, sent anew meanwhile, goes on for both; another one of this id does not.
          if (!taken.isTaken) ended(kept, taken.result);
        }
      }
    },

    /**
     * The page is back from the cache: what another tab took over meanwhile is that tab's.
     * @param {Set<string>} ids what is still kept here
     * @returns {string[]} what is not
     */
    withhold(ids) {
      const elsewhere = [...byId.values()].filter(
        ({ id, place, isElsewhere }) => (place || isElsewhere) && !ids.has(id),
      );
      elsewhere.forEach(withhold);
      return elsewhere.map(({ id }) => id);
    },

    /** Another tab says how a message ended that was ours. @param {Result} result */
    settledElsewhere({ id, success, code = '', message = '', reply, retryable }) {
      const entry = byId.get(id);
      if (!entry?.isElsewhere) return;
      const verdict = success ? VERDICT.accepted : VERDICT.refused;
      entry.isElsewhere = false;
      entry.answer = { verdict, span: 0, reply, code, message, retryable };
      engine().tell('acked', entry.seq, 0, verdict, 0);
    },

    /** A logout erased what nobody had found yet. */
    erased(/** @type {import('./journal.js').Kept[]} */ kept) {
      for (const one of kept) ended(one, refusal(one.id, 'LOGGED_OUT'));
    },

    /** Nobody has it any more, so it is ours again. @param {string} id */
    takeBack(id) {
      const entry = byId.get(id);
      if (!entry?.isElsewhere) return;
      entry.isElsewhere = false;
      this.store(entry.seq);
    },

    /** An order of the engine's. */
    settle(/** @type {number} */ seq, /** @type {number} */ outcome, /** @type {boolean} */ maybe) {
      const entry = find(seq);
      if (!entry) return;
      slots[slotOf(seq)] = undefined;
      byId.delete(entry.id);
      const { lane } = entry;
      lane.count -= 1;
      if (lane.count === 0) {
        lanes.delete(lane.key);
        freeLanes.push(lane.number);
      }
      forgetAcks(entry);
      entry.place?.journal.erase(entry.place);
      const result = resultOf(entry, outcome, maybe || entry.isElsewhere);
      result.event = entry.event;
      // An answer to one of several transmissions does not say which.
      if (entry.answer && entry.attempts === 1) result.rttMs = engine().now() - entry.sentAt;
      for (const settled of entry.waiting) call(settled, result);
      if (entry.isAdopted) keeper?.tell(result);
      onSettled(result);
    },

    /** An event that carries the id of a waiting message confirms it. @param {any} data */
    confirm(data) {
      const entry = byId.get(idOf(data?.[settings().send.idField]) ?? '');
      if (!entry || entry.isAnswered) return;
      entry.answer = { verdict: VERDICT.accepted, span: 0, reply: data, code: '', message: '' };
      entry.isAnswered = true;
      engine().tell('acked', entry.seq, 0, VERDICT.accepted, 0);
    },

    /** The link is gone: no acknowledgement of it will come. */
    linkLost() {
      byId.forEach(forgetAcks);
    },

    /** The engine died: everything that waits ends here. */
    abandon() {
      this.linkLost();
      for (const { seq, isInDoubt } of [...byId.values()]) this.settle(seq, CLOSED, isInDoubt);
    },
  };
}

/** @param {unknown} data */
const isPlain = (data) =>
  data !== null &&
  typeof data === 'object' &&
  !Array.isArray(data) &&
  !ArrayBuffer.isView(data) &&
  !(data instanceof ArrayBuffer) &&
  !(typeof Blob === 'function' && data instanceof Blob);

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
/** What socket.io writes around an event and its payload. */
const ENVELOPE_BYTES = 40;

/**
 * The size of a message's largest packet: what is binary goes by itself, over polling as base64.
 * @param {Entry} entry
 * @param {boolean} isPolling
 */
function largestPacket({ event, data }, isPolling) {
  let largest = 0;
  const text = JSON.stringify([event, data], (_key, value) => {
    if (!isBinary(value)) return value;
    const bytes = value.byteLength ?? value.size;
    largest = Math.max(largest, isPolling ? Math.ceil(bytes / 3) * 4 + 1 : bytes);
    return { _placeholder: true, num: 99 };
  });
  return Math.max(largest, utf8Length(text) + ENVELOPE_BYTES);
}

/** Random words, drawn many at a time: a draw for each message would be the most expensive part of a send. */
/** @type {Uint32Array<ArrayBuffer> | undefined} */
let words;
let wordsLeft = 0;

function randomWord() {
  if (wordsLeft === 0) {
    words ??= new Uint32Array(768);
    if (globalThis.crypto?.getRandomValues) globalThis.crypto.getRandomValues(words);
    // Old test environments only: an id has to be unlikely, not secret.
    else words = words.map(() => Math.random() * 2 ** 32);
    wordsLeft = words.length;
  }
  wordsLeft -= 1;
  return /** @type {Uint32Array} */ (words)[wordsLeft];
}

const codesOf = (/** @type {string} */ text) => Array.from(text, (one) => one.charCodeAt(0));
const DIGITS = codesOf('0123456789abcdef');
const ID = codesOf(`temp_${'0'.repeat(24)}`);

/** 96 random bits. Written as codes at once: three texts put together take ten times as long. */
function newId() {
  for (let end = ID.length; end > 5; end -= 8) {
    let word = randomWord();
    for (let at = end - 1; at >= end - 8; at -= 1) {
      ID[at] = DIGITS[word & 15];
      word >>>= 4;
    }
  }
  return String.fromCharCode.apply(null, ID);
}
