// Replaces socket.io-client in the microbench: a Socket whose server is in the same page and answers at once, so that only
// the sender's own work is measured. It has the parts of the real Socket that the package uses, and does as little as possible.

/** Replaces the real `io`. `io.last` is the last Socket that was created. */
export function io() {
  io.last = new FakeSocket();
  return io.last;
}

class FakeSocket {
  connected = false;
  acks = {};
  flags = {};
  ids = 0;
  sendBuffer = [];
  receiveBuffer = [];
  /** The number of emitted events by name. */
  emitted = {};
  #listeners = new Map();
  #unanswered = [];

  /** As in the real one, a Socket of an existing Manager is for another namespace. */
  constructor(manager = new FakeManager(), nsp = '/') {
    this.io = manager;
    this.nsp = nsp;
  }

  /** A packet for a namespace that does not exist is refused. */
  packet() {
    const refusal = { type: 4, nsp: this.nsp, data: { message: 'Invalid namespace' } };
    queueMicrotask(() => this.io.receive(refusal));
  }

  on(event, listener) {
    this.#listeners.set(event, [...this.listeners(event), listener]);
    return this;
  }

  listeners(event) {
    return this.#listeners.get(event) ?? [];
  }

  listenersAny() {
    return [];
  }

  listenersAnyOutgoing() {
    return [];
  }

  connect() {
    queueMicrotask(() => {
      this.connected = true;
      this.emitReserved('connect');
    });
    return this;
  }

  disconnect() {
    this.connected = false;
    return this;
  }

  emitReserved(event, ...args) {
    for (const listener of this.listeners(event)) listener(...args);
  }

  emitEvent([event, ...args]) {
    this.emitReserved(event, ...args);
  }

  emitBuffered() {}

  notifyOutgoingListeners() {}

  emit(event, ...args) {
    this.emitted[event] = (this.emitted[event] ?? 0) + 1;
    const ack = args[args.length - 1];
    if (typeof ack === 'function') {
      const id = this.ids;
      this.ids += 1;
      this.acks[id] = ack;
      if (this.#unanswered.length === 0) queueMicrotask(() => this.#answer());
      this.#unanswered.push(id, args[0]);
    }
    if (event === 'join') queueMicrotask(() => this.emitEvent(['room:joined', {}]));
    return this;
  }

  /** Acknowledges everything at once, as after a round trip. Messages sent meanwhile form the next batch. */
  #answer() {
    const batch = this.#unanswered;
    this.#unanswered = [];
    for (let at = 0; at < batch.length; at += 2) {
      this.io.engine.heard();
      const ack = this.acks[batch[at]];
      if (!ack) continue;
      delete this.acks[batch[at]];
      ack({ success: true, messageId: `m${batch[at]}`, _tempId: batch[at + 1]?._tempId });
    }
  }
}

class FakeManager {
  nsps = {};
  opts = {};
  receive = () => {};
  engine = {
    transport: { name: 'websocket' },
    maxPayload: 1_000_000,
    /** As in the real one, every packet is a sign of life. */
    heard: () => {},
    on(event, listener) {
      if (event === 'packet') this.heard = listener;
    },
  };

  on(_event, listener) {
    this.receive = listener;
  }

  off() {}

  disconnect() {}

  emitReserved() {}

  reconnect() {}

  reconnection() {}

  timeout() {}
}
