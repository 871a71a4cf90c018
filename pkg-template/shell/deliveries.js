/**
 * The messages that are unsettled: their payloads and callbacks, which the engine never sees.
 *
 * A slab: the engine's number for a message names its slot, and tells a message from the one that had
 * the slot before it.
 */

import { idOf } from './credentials.js';
import { isRetryable, MESSAGES } from './errors.js';
import { CLOSED, DELIVERED, OUTCOMES, SEND_ERRORS, SEND_FLAG, slotOf, VERDICT } from './numbers.js';
import { sameSnapshot, snapshot } from './payload.js';
import { call } from './report.js';
import { judge } from './verdict.js';

/**
 * @typedef {object} Result how a message ended
 * @property {string} id
 * @property {boolean} success
 * @property {string} [code]
 * @property {string} [message]
 * @property {any} reply the server's own acknowledgement, if there was one
 * @property {boolean} maybeDelivered
 * @property {boolean} retryable
 *
 * @typedef {object} Entry
 * @property {number} seq
 * @property {string} id
 * @property {string} event
 * @property {any} data
 * @property {string} laneKey
 * @property {number} ackId of the transmission in flight, -1 for none
 * @property {import('./verdict.js').Answer | null} answer the last one
 * @property {boolean} isAnswered for good
 * @property {((result: Result) => void)[]} waiting told once it has settled
 *
 * @typedef {object} Draft
 * @property {string} event
 * @property {unknown} data
 * @property {string} [id]
 * @property {unknown} [lane]
 * @property {boolean} [strict]
 * @property {number} [ttlMs]
 */

/**
 * @param {object} needs
 * @param {() => import('./engine.js').Engine} needs.engine
 * @param {() => ReturnType<typeof import('./wire.js').createWire>} needs.wire
 * @param {() => import('../types/settings.d.ts').Settings} needs.settings
 * @param {(event: string, result: Result) => void} needs.onSettled
 */
export function createDeliveries({ engine, wire, settings, onSettled }) {
  /** @type {(Entry | undefined)[]} */
  const slots = [];
  /** @type {Map<string, Entry>} */
  const byId = new Map();
  /** @type {Map<string, { number: number, count: number }>} */
  const lanes = new Map();
  /** Numbers of lanes that have no message any more. The engine wants them dense. @type {number[]} */
  const freeLanes = [];

  const find = (/** @type {number} */ seq) => {
    const entry = slots[slotOf(seq)];
    return entry?.seq === seq ? entry : undefined;
  };

  const laneOf = (/** @type {Draft} */ draft, /** @type {any} */ data) => {
    const key = draft.lane ?? call(settings().send.lane, data);
    return key === undefined || key === null ? '' : `:${String(key)}`;
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
    const retryable = answer.verdict !== VERDICT.refused;
    return { ...refusal(id, answer.code, answer.message), reply, maybeDelivered, retryable };
  };

  return {
    /**
     * Takes a message, or says why not. Where it was taken `settled` is called exactly once, but
     * nothing leaves before the engine is drained, which is the caller's to do.
     * @param {Draft} draft
     * @param {(result: Result) => void} settled
     * @returns {{ id: string, isTaken: true } | { id: string, isTaken: false, result: Result }}
     */
    send(draft, settled) {
      const { send, queue } = settings();
      let id = draft.id ?? '';
      let data;
      let bytes;
      try {
        ({ copy: data, bytes } = /** @type {{ copy: any, bytes: number }} */ (
          snapshot(draft.data, queue.maxBytes)
        ));
      } catch (error) {
        const { code, message } = /** @type {import('./payload.js').PayloadError} */ (error);
        id ||= newId();
        return { id, isTaken: false, result: refusal(id, code, message) };
      }
      const hasPlace = isPlain(data);
      const { idField } = send;
      id ||= (hasPlace && idOf(data[idField])) || newId();
      // The snapshot is ours to write to. An id that the caller wrote there stays as it is.
      if (hasPlace && idOf(data[idField]) !== id) data[idField] = id;

      const known = byId.get(id);
      if (known) {
        if (known.event !== draft.event || !sameSnapshot(known.data, data)) {
          return { id, isTaken: false, result: refusal(id, 'DUPLICATE_ID') };
        }
        known.waiting.push(settled);
        return { id, isTaken: true };
      }

      const key = laneOf(draft, data);
      const lane = lanes.get(key) ?? { number: freeLanes.at(-1) ?? lanes.size, count: 0 };
      const strict = (draft.strict ?? send.strict) ? SEND_FLAG.strict : 0;
      const once = hasPlace ? 0 : SEND_FLAG.once;
      const seq = engine().send(lane.number, bytes, strict | once, draft.ttlMs ?? queue.ttlMs);
      if (seq < 0) {
        const code = SEND_ERRORS[/** @type {keyof typeof SEND_ERRORS} */ (String(seq))];
        return { id, isTaken: false, result: refusal(id, code) };
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
        laneKey: key,
        ackId: -1,
        answer: null,
        isAnswered: false,
        waiting: [settled],
      };
      slots[slotOf(seq)] = entry;
      byId.set(id, entry);
      return { id, isTaken: true };
    },

    /** @param {string} id @returns {boolean} whether it was still waiting */
    cancel(id) {
      const entry = byId.get(id);
      if (entry) engine().tell('cancel', entry.seq);
      return entry !== undefined;
    },

    /** An order of the engine's. @param {number} seq @param {number} attempt */
    transmit(seq, attempt) {
      const entry = find(seq);
      if (!entry) return;
      const answered = (/** @type {unknown[]} */ ...args) => {
        if (find(seq) !== entry || entry.isAnswered) {
          settings().logger.debug('an acknowledgement came after its message had settled');
          return;
        }
        const answer = judge(args, settings().send);
        entry.answer = answer;
        entry.isAnswered =
          answer.verdict === VERDICT.accepted || answer.verdict === VERDICT.refused;
        engine().tell('acked', seq, attempt, answer.verdict, answer.span);
      };
      try {
        entry.ackId = wire().emit(entry.event, [entry.data], answered) ?? -1;
      } catch (error) {
        entry.answer = {
          verdict: VERDICT.refused,
          span: 0,
          reply: undefined,
          code: 'INVALID_MESSAGE_PAYLOAD',
          message: `This payload cannot be encoded: ${error}`,
        };
        engine().tell('acked', seq, attempt, VERDICT.refused, 0);
      }
    },

    /** An order of the engine's. */
    settle(/** @type {number} */ seq, /** @type {number} */ outcome, /** @type {boolean} */ maybe) {
      const entry = find(seq);
      if (!entry) return;
      slots[slotOf(seq)] = undefined;
      byId.delete(entry.id);
      const lane = lanes.get(entry.laneKey);
      if (lane) lane.count -= 1;
      if (lane?.count === 0) {
        lanes.delete(entry.laneKey);
        freeLanes.push(lane.number);
      }
      if (entry.ackId >= 0 && !entry.isAnswered) wire().forget(entry.ackId);
      const result = resultOf(entry, outcome, maybe);
      for (const settled of entry.waiting) call(settled, result);
      onSettled(entry.event, result);
    },

    /** An event that carries the id of a waiting message confirms it. @param {any} data */
    confirm(data) {
      const id = idOf(data?.[settings().send.idField]);
      const entry = id === undefined ? undefined : byId.get(id);
      if (!entry || entry.isAnswered) return;
      entry.answer = { verdict: VERDICT.accepted, span: 0, reply: data, code: '', message: '' };
      entry.isAnswered = true;
      engine().tell('acked', entry.seq, 0, VERDICT.accepted, 0);
    },

    /** The link is gone: no acknowledgement of it will come. */
    linkLost() {
      for (const entry of byId.values()) {
        if (entry.ackId >= 0) wire().forget(entry.ackId);
        entry.ackId = -1;
      }
    },

    /** The engine died: everything that waits ends here. */
    abandon() {
      for (const { seq, ackId } of [...byId.values()]) this.settle(seq, CLOSED, ackId >= 0);
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

/** 96 random bits. */
function newId() {
  let hex = '';
  if (globalThis.crypto?.getRandomValues) {
    const words = globalThis.crypto.getRandomValues(new Uint32Array(3));
    for (const word of words) hex += word.toString(16).padStart(8, '0');
  } else {
    // Old test environments only: an id has to be unlikely, not secret.
    while (hex.length < 24)
      hex += Math.floor(Math.random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0');
  }
  return `temp_${hex}`;
}
