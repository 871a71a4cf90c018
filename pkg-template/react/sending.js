/** Messages that a component sends and shows, each in its state. */

import { useMemo, useSyncExternalStore } from 'react';
import { STANDINGS } from '../shell/numbers.js';
import { useStore } from './context.js';

/** @typedef {import('../types/react.d.ts').SentMessage} Sent */

/** @type {readonly Sent[]} */
const NONE = Object.freeze([]);

export function useSendMessage() {
  const store = useStore();
  const sending = useMemo(() => createSending(store), [store]);
  const messages = useSyncExternalStore(sending.subscribe, sending.all, () => NONE);
  return { ...sending.actions, messages };
}

/** @param {import('./store.js').Store} store */
function createSending(store) {
  /** In the order in which they were sent. @type {readonly Sent[]} */
  let all = NONE;
  /** The numbers of those that are not settled. @type {Map<string, number>} */
  const unsettled = new Map();
  /** @type {Set<() => void>} */
  const listeners = new Set();

  const publish = (/** @type {readonly Sent[]} */ next) => {
    all = Object.freeze(next);
    for (const listener of [...listeners]) listener();
  };
  const patch = (/** @type {string} */ id, /** @type {Partial<Sent>} */ change) =>
    publish(all.map((one) => (one.id === id ? Object.freeze({ ...one, ...change }) : one)));

  /** Which of them are on their way: the engine knows. */
  const refresh = () => {
    const client = store.client();
    if (!client || unsettled.size === 0) return;
    let isNew = false;
    const next = all.map((one) => {
      const seq = unsettled.get(one.id);
      if (seq === undefined) return one;
      const isSending = STANDINGS[client.standing(seq)] === 'answer';
      /** @type {Sent['status']} */
      const status = isSending ? 'sending' : 'queued';
      if (one.status === status) return one;
      isNew = true;
      return Object.freeze({ ...one, status });
    });
    if (isNew) publish(next);
  };

  const actions = {
    /**
     * @param {unknown} data
     * @param {import('../types/index.d.ts').SendOptions} [options]
     * @returns {Sent} as it is now: one that cannot be taken has failed already
     */
    send(data, options = {}) {
      const client = store.client();
      if (!client) throw new Error('There is no client: call configureSocket before sending');
      /** @type {string | undefined} */
      let id;
      /** @type {import('../shell/deliveries.js').Result | undefined} */
      let result;
      const settled = (/** @type {import('../shell/deliveries.js').Result} */ how) => {
        result = how;
        if (id !== undefined) settle(id, how);
      };
      const { event } = client.settings().send;
      const taken = client.deliver({ ...options, event, data }, () => {}, settled);
      id = taken.id;
      const seq = client.seqOf(id);
      if (seq !== undefined) unsettled.set(id, seq);
      publish([
        ...all.filter((one) => one.id !== id),
        Object.freeze({ id, data, status: 'queued', error: null, reply: undefined }),
      ]);
      if (!taken.isTaken) settle(id, taken.result);
      else if (result) settle(id, result);
      else refresh();
      return /** @type {Sent} */ (all.find((one) => one.id === id));
    },

    /** Sends a message that failed once more, under its id. @param {string} id */
    retry(id) {
      const one = all.find((message) => message.id === id);
      if (one?.status === 'failed') actions.send(one.data, { id });
    },

    /** @param {string} id @returns {boolean} whether it was still waiting */
    cancel: (id) => store.client()?.cancel(id) ?? false,

    /** Shows it no longer; it is not taken back. @param {string} id */
    dismiss: (id) => publish(all.filter((one) => one.id !== id)),
  };

  const settle = (
    /** @type {string} */ id,
    /** @type {import('../shell/deliveries.js').Result} */ result,
  ) => {
    unsettled.delete(id);
    const { success, reply, code = '', message = '', maybeDelivered, retryable } = result;
    patch(id, {
      status: success ? 'sent' : 'failed',
      reply,
      error: success ? null : Object.freeze({ code, message, maybeDelivered, retryable }),
    });
  };

  return {
    actions,
    all: () => all,
    /** @param {() => void} listener */
    subscribe(listener) {
      listeners.add(listener);
      const off = store.subscribe(refresh);
      return () => {
        listeners.delete(listener);
        off();
      };
    },
  };
}
