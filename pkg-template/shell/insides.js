/**
 * What the Socket keeps inside and has no public way to. Minified bundles of socket.io-client have other names for
 * all that begins with `_`, so each place is found by what is in it.
 */

import { call } from './report.js';

/** The name of an event that nobody hears. */
const UNHEARD = '/~holdfast/';

/** @param {any} socket one that was just made, by options with `forceNew` */
export function createInsides(socket) {
  const values = Object.entries(socket);
  const options = values.find(([, value]) => value?.forceNew)?.[1] ?? {};
  /** What the app emits with `retries`. */
  const [queueName = ''] =
    values.find(([name, value]) => Array.isArray(value) && !/Buffer$/.test(name)) ?? [];
  /** Of connection state recovery: the server's id of the session, and of the last event. */
  let pidName = '';
  let offsetName = '';
  const { emitEvent } = socket;

  /** All of the Manager, of whatever namespace. @returns {any[]} */
  const sockets = () => Object.values(socket.io.nsps);

  const forgetSessions = () => {
    for (const one of sockets()) {
      delete one[pidName];
      delete one[offsetName];
    }
  };

  return {
    /** How long an acknowledgement may take from now on. Answers how long it could. @param {number | undefined} ms */
    setAckTimeout(ms) {
      const { ackTimeout } = options;
      options.ackTimeout = ms;
      return ackTimeout;
    },

    /** The server named a session, which the Socket has just noted down. @param {string} pid */
    findSession(pid) {
      if (pidName) return;
      const listeners = socket.listenersAny();
      const all = listeners.splice(0);
      // The Socket takes the last text of an event for its offset.
      emitEvent.call(socket, [UNHEARD, UNHEARD]);
      listeners.push(...all);
      for (const [name, value] of Object.entries(socket)) {
        if (value === pid) pidName = name;
        if (value === UNHEARD) offsetName = name;
      }
      delete socket[offsetName];
    },

    /** Whether the server would recover the present session. */
    hasSession: () => Boolean(socket[pidName]),

    /** @param {string} offset of the event that came last */
    setOffset(offset) {
      socket[offsetName] = offset;
    },

    /** No attempt asks the server for the sessions that there were. */
    forgetSessions,

    /** Leaves nothing of a user behind that the next one's session could send, receive or recover. */
    wipe() {
      // As socket.io-client does for what was under way when it disconnects.
      const error = new Error('socket has been disconnected');
      for (const one of sockets()) {
        const acks = Object.values(one.acks);
        const queue = one[queueName] ?? [];
        const packets = queue.splice(0);
        one.sendBuffer = [];
        one.receiveBuffer = [];
        one.acks = {};
        // What is in the queue hears of it below, and once.
        for (const packet of packets) packet.tryCount = -1;
        for (const ack of acks) if (ack.withError) call(ack, error);
        for (const packet of packets) {
          // It hears of it while it is the first, and for the last time.
          packet.tryCount = Infinity;
          queue.unshift(packet);
          call(packet.args[packet.args.length - 1], error);
        }
      }
      forgetSessions();
    },
  };
}
