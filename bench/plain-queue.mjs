// A careful implementation in plain JavaScript with the guarantees of the package's memory mode, but without its health
// check, users, presence and storage. It shows the price of WebAssembly.
//
// It has ids; payloads that are copied at the send; a window of messages and bytes; a deadline for acknowledgements, and
// retries with the same id; order within a lane; one timer; a bounded queue; and one result per message. Every step takes
// constant time: lists that are needed in order of time are filled in that order.

import { copy } from './plain-copy.mjs';
import { Fifo } from './plain-fifo.mjs';

const DEFAULTS = {
  event: 'send_message',
  ackTimeoutMs: 10_000,
  retries: 3,
  backoffMs: 1_000,
  window: 1_024,
  windowBytes: 1_000_000,
  capacity: 10_000,
  maxBytes: 10_000_000,
  ttlMs: 86_400_000,
};

export class PlainQueue {
  #socket;
  #options;
  /** Unsettled messages in send order, so the first one expires first. */
  #byId = new Map();
  #lanes = new Map();
  /** Lanes that have messages to send and are not blocked. */
  #ready = new Fifo();
  /** Messages in the order of transmission, so the first one has the first deadline. */
  #flight = new Set();
  /** Waiting repeats by the number of attempts. All messages of a list wait equally long. */
  #delayed = [];
  #bytes = 0;
  #flightBytes = 0;
  #answeredAt = 0;
  #isUp = false;
  #timer;
  #armedFor = Infinity;

  /** @param {import('socket.io-client').Socket} socket whoever has it calls `linkUp` and `linkLost` */
  constructor(socket, options = {}) {
    this.#socket = socket;
    this.#options = { ...DEFAULTS, ...options };
  }

  get length() {
    return this.#byId.size;
  }

  linkUp() {
    this.#isUp = true;
    this.#pump();
  }

  /** The state of messages in flight is unknown: they are sent again, in order, before the others of their lanes. */
  linkLost() {
    this.#isUp = false;
    const back = new Map();
    for (const message of this.#flight) {
      message.mayHaveArrived = true;
      if (!back.has(message.lane)) back.set(message.lane, []);
      back.get(message.lane).push(message);
    }
    this.#flight.clear();
    this.#flightBytes = 0;
    for (const [lane, messages] of back) {
      lane.waiting.putBack(messages);
      this.#offer(lane);
    }
  }

  /** Accepts a message. The callback is told of a wait at once, and gets the result once. The promise gets it too. */
  sendMessage(data, callback) {
    return new Promise((resolve) => {
      const settled = (result) => {
        call(callback, result);
        resolve(result);
      };
      let taken;
      try {
        taken = copy(data);
      } catch (error) {
        settled(failure('INVALID_MESSAGE_PAYLOAD', data?._tempId, false, error.message));
        return;
      }
      const { value, bytes } = taken;
      value._tempId ??= newId();
      const id = value._tempId;
      const { capacity, maxBytes, ttlMs } = this.#options;
      if (this.#byId.has(id)) settled(failure('DUPLICATE_ID', id, false));
      else if (bytes > maxBytes) settled(failure('PAYLOAD_TOO_LARGE', id, false));
      else if (this.#byId.size >= capacity || this.#bytes + bytes > maxBytes)
        settled(failure('QUEUE_FULL', id, false));
      else {
        const lane = this.#laneOf(value);
        const message = {
          id,
          data: value,
          bytes,
          lane,
          settled,
          attempts: 0,
          sentAt: 0,
          dueAt: 0,
          expiresAt: performance.now() + ttlMs,
          mayHaveArrived: false,
          isSettled: false,
        };
        lane.unsettled += 1;
        this.#byId.set(id, message);
        this.#bytes += bytes;
        lane.waiting.push(message);
        this.#offer(lane);
        if (!this.#isUp) call(callback, { success: false, queued: true, _tempId: id });
        this.#pump();
        this.#arm(message.expiresAt);
      }
    });
  }

  #laneOf(data) {
    const key = data.recipientId ?? data.conversationId ?? data.roomId ?? '';
    let lane = this.#lanes.get(key);
    if (!lane) {
      lane = { key, waiting: new Fifo(), unsettled: 0, held: 0, isReady: false };
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  /** Queues a lane if it has messages to send. */
  #offer(lane) {
    if (lane.isReady || lane.held > 0 || lane.waiting.size === 0) return;
    lane.isReady = true;
    this.#ready.push(lane);
  }

  #pump() {
    const { window, windowBytes } = this.#options;
    while (this.#isUp && this.#ready.size > 0 && this.#flight.size < window) {
      const lane = this.#ready.first;
      const message = lane.held > 0 ? undefined : lane.waiting.first;
      const canLeave = message && !message.isSettled;
      const isFull = this.#flight.size > 0 && this.#flightBytes + message?.bytes > windowBytes;
      if (canLeave && isFull) return;
      this.#ready.shift();
      lane.isReady = false;
      if (!message) continue;
      lane.waiting.shift();
      this.#offer(lane);
      if (canLeave) this.#transmit(message);
    }
  }

  #transmit(message) {
    message.attempts += 1;
    message.sentAt = performance.now();
    this.#flight.add(message);
    this.#flightBytes += message.bytes;
    this.#arm(message.sentAt + this.#options.ackTimeoutMs);
    this.#socket.emit(this.#options.event, message.data, (reply) => this.#answered(message, reply));
  }

  /** A late answer to an earlier transmission counts too. */
  #answered(message, reply) {
    if (message.isSettled) return;
    this.#answeredAt = performance.now();
    if (reply?.error || reply?.success === false) this.#again(message, reply);
    else this.#settle(message, { ...reply, success: true, _tempId: message.id });
    this.#pump();
  }

  #land(message) {
    if (this.#flight.delete(message)) this.#flightBytes -= message.bytes;
  }

  /** Repeats the message later and blocks its lane until then, or gives it up. */
  #again(message, reply) {
    this.#land(message);
    const { attempts } = message;
    if (attempts > this.#options.retries) {
      const why = failure(reply?.code ?? 'ACK_TIMEOUT', message.id, reply === undefined);
      this.#settle(message, { ...reply, ...why });
      return;
    }
    message.dueAt = performance.now() + this.#options.backoffMs * 2 ** (attempts - 1);
    message.lane.held += 1;
    this.#delayed[attempts] ??= new Fifo();
    this.#delayed[attempts].push(message);
    this.#arm(message.dueAt);
  }

  #settle(message, result) {
    if (message.isSettled) return;
    message.isSettled = true;
    this.#land(message);
    this.#byId.delete(message.id);
    this.#bytes -= message.bytes;
    const { lane } = message;
    lane.unsettled -= 1;
    if (lane.unsettled === 0) this.#lanes.delete(lane.key);
    message.settled(result);
  }

  /** The only timer. It is never moved back: firing for nothing is cheaper than setting it each time. */
  #arm(at) {
    if (at >= this.#armedFor) return;
    clearTimeout(this.#timer);
    this.#armedFor = at;
    const span = Math.max(at - performance.now(), 0);
    this.#timer = setTimeout(() => this.#fire(), Math.min(span, 2 ** 31 - 1));
  }

  #fire() {
    this.#armedFor = Infinity;
    const now = performance.now();
    const { ackTimeoutMs } = this.#options;
    let next = Infinity;
    for (const message of this.#byId.values()) {
      next = message.expiresAt;
      if (next > now) break;
      this.#settle(message, failure('EXPIRED', message.id, message.attempts > 0));
    }
    for (const message of this.#flight) {
      const deadline = Math.max(message.sentAt, this.#answeredAt) + ackTimeoutMs;
      next = Math.min(next, deadline);
      if (deadline > now) break;
      this.#again(message, undefined);
    }
    for (const list of this.#delayed) {
      while (list?.size > 0 && list.first.dueAt <= now) {
        const message = list.shift();
        message.lane.held -= 1;
        if (!message.isSettled) message.lane.waiting.putBack([message]);
        this.#offer(message.lane);
      }
      if (list?.size > 0) next = Math.min(next, list.first.dueAt);
    }
    if (next < Infinity) this.#arm(next);
    this.#pump();
  }
}

function failure(error, _tempId, maybeDelivered, message = error) {
  return { success: false, error, message, _tempId, maybeDelivered };
}

function call(fn, value) {
  try {
    fn?.(value);
  } catch (error) {
    reportError(error);
  }
}

const words = new Uint32Array(768);
let wordsLeft = 0;

function newId() {
  if (wordsLeft === 0) {
    crypto.getRandomValues(words);
    wordsLeft = words.length;
  }
  wordsLeft -= 3;
  return `temp_${hex(words[wordsLeft])}${hex(words[wordsLeft + 1])}${hex(words[wordsLeft + 2])}`;
}

const hex = (word) => word.toString(16).padStart(8, '0');
