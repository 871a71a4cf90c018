/** Messages that a component sends and shows, each in its state. */

import { useState, useSyncExternalStore } from 'react';
import { STANDINGS } from '../shell/numbers.js';
import { deliver } from '../shell/send.js';
import { useStore } from './context.js';

/**
 * @typedef {import('../types/react.d.ts').SentMessage} Sent
 * @typedef {import('../types/index.d.ts').SendOptions} SendOptions
 * @typedef {import('../shell/deliveries.js').Result} Result
 *
 * @typedef {object} Entry
 * @property {Sent} shown
 * @property {number | undefined} seq none once it has settled
 * @property {unknown[]} args as they were when it was sent
 * @property {SendOptions} options
 */

/** @type {readonly Sent[]} */
const NONE = Object.freeze([]);

export function useSendMessage() {
  const store = useStore();
  // As state: Fast Refresh makes anew what useMemo holds, and the list would be empty after each edit.
  const [kept, keep] = useState(() => createSending(store));
  const sending = kept.store === store ? kept : createSending(store);
  if (sending !== kept) keep(sending);
  const messages = useSyncExternalStore(sending.subscribe, sending.all, () => NONE);
  return { ...sending.actions, messages };
}

/** @param {import('./store.js').Store} store */
function createSending(store) {
  /** In the order in which they were sent. @type {Map<string, Entry>} */
  const entries = new Map();
  /** Those that are not settled. @type {Set<Entry>} */
  const unsettled = new Set();
  /** @type {Set<() => void>} */
  const listeners = new Set();
  /** Made anew for who asks after a change. @type {readonly Sent[] | null} */
  let all = NONE;
  let isRefreshing = false;

  const publish = () => {
    all = null;
    for (const listener of [...listeners]) listener();
  };
  const show = (/** @type {Entry} */ entry, /** @type {Partial<Sent>} */ change) => {
    entry.shown = Object.freeze({ ...entry.shown, ...change });
  };

  /** Which of them are on their way: the engine knows. Once a turn, however much happens in it. */
  const refresh = () => {
    if (isRefreshing || unsettled.size === 0) return;
    isRefreshing = true;
    queueMicrotask(() => {
      isRefreshing = false;
      if ([...unsettled].filter(isNews).length > 0) publish();
    });
  };
  const isNews = (/** @type {Entry} */ entry) => {
    const standing = store.client()?.standing(entry.seq ?? 0) ?? 0;
    /** @type {Sent['status']} */
    const status = STANDINGS[standing] === 'answer' ? 'sending' : 'queued';
    if (entry.shown.status === status) return false;
    show(entry, { status });
    return true;
  };

  const settle = (/** @type {Entry} */ entry, /** @type {Result} */ result) => {
    entry.seq = undefined;
    unsettled.delete(entry);
    // Of a user who is gone nothing is left to be shown, or to be sent by the next.
    if (result.code === 'LOGGED_OUT') entries.delete(entry.shown.id);
    show(entry, outcomeOf(result));
    publish();
  };

  const actions = {
    /**
     * @param {any} data
     * @param {SendOptions} [options]
     * @returns {Sent} as it is now: one that cannot be taken has failed already
     */
    send(data, options = {}) {
      const client = store.client();
      if (!client) throw new Error('There is no client: call configureSocket before sending');
      /** @type {Entry | undefined} */
      let entry;
      /** @type {Result | undefined} */
      let early;
      const taken = deliver(client, client.settings().send.event, [data], options, (result) => {
        early = result;
        if (entry) settle(entry, result);
      });
      const { id } = taken;
      const known = entries.get(id);
      // The same message once more is the one that is there; another under its id is refused.
      if (known?.seq !== undefined) return taken.isTaken ? known.shown : sentOf(id, data, early);
      // It was cancelled before it had an id.
      if (id === '') return sentOf(id, data, early);
      entry = {
        shown: sentOf(id, data, early),
        seq: undefined,
        args: [data, ...(options?.rest ?? [])],
        options,
      };
      entries.set(id, entry);
      if (!early) {
        entry.seq = client.seqOf(id);
        entry.args = /** @type {unknown[]} */ (client.copyOf(id));
        unsettled.add(entry);
        isNews(entry);
      }
      publish();
      return entry.shown;
    },

    /** Sends a message that failed once more, as it was and under its id. @param {string} id */
    retry(id) {
      const entry = entries.get(id);
      if (entry?.shown.status !== 'failed') return;
      const { signal, ...options } = entry.options;
      const { data } = entry.shown;
      const [first, ...rest] = entry.args;
      actions.send(first, { ...options, rest, id });
      // It was sent as it was then, and is shown as it was given.
      show(/** @type {Entry} */ (entries.get(id)), { data });
      publish();
    },

    /** @param {string} id @returns {boolean} whether it was still waiting */
    cancel: (id) => store.client()?.cancel(id) ?? false,

    /** Shows it no longer; it is not taken back. @param {string} id */
    dismiss(id) {
      entries.delete(id);
      publish();
    },
  };

  return {
    store,
    actions,
    all: () => (all ??= Object.freeze([...entries.values()].map(({ shown }) => shown))),
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

/** @param {string} id @param {unknown} data @param {Result} [result] how it ended, if it did @returns {Sent} */
const sentOf = (id, data, result) =>
  Object.freeze({
    id,
    data,
    status: 'queued',
    error: null,
    reply: undefined,
    ...(result && outcomeOf(result)),
  });

/** @param {Result} result @returns {Pick<Sent, 'status' | 'reply' | 'error'>} */
const outcomeOf = ({ success, reply, code = '', message = '', maybeDelivered, retryable }) => ({
  status: success ? 'sent' : 'failed',
  reply,
  error: success ? null : Object.freeze({ code, message, maybeDelivered, retryable }),
});
