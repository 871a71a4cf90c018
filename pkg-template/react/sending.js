/** `useSendMessage`: sends messages, and lists them with their states for a component to show. */

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
 * @property {number | undefined} seq undefined once it has settled
 * @property {unknown[]} args a copy, as it was sent
 * @property {SendOptions} options
 */

/** @type {readonly Sent[]} */
const NONE = Object.freeze([]);

export function useSendMessage() {
  const store = useStore();
  // In useState: Fast Refresh resets useMemo, and the list would be empty after each edit.
  const [kept, keep] = useState(() => createSending(store));
  const sending = kept.store === store ? kept : createSending(store);
  if (sending !== kept) keep(sending);
  const messages = useSyncExternalStore(sending.subscribe, sending.all, () => NONE);
  return { ...sending.actions, messages };
}

/** @param {import('./store.js').Store} store */
function createSending(store) {
  /** All messages, in the order in which they were sent. @type {Map<string, Entry>} */
  const entries = new Map();
  /** The unsettled ones. @type {Set<Entry>} */
  const unsettled = new Set();
  /** @type {Set<() => void>} */
  const listeners = new Set();
  /** The list that React gets; null if it has to be made again. @type {readonly Sent[] | null} */
  let all = NONE;
  let isRefreshing = false;

  const publish = () => {
    all = null;
    for (const listener of [...listeners]) listener();
  };
  const show = (/** @type {Entry} */ entry, /** @type {Partial<Sent>} */ change) => {
    entry.shown = Object.freeze({ ...entry.shown, ...change });
  };

  /** Asks the engine which messages are on their way, once a turn, however many changes there are. */
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
    // After a logout the message must not be shown to the next user, or sent by them.
    if (result.code === 'LOGGED_OUT') entries.delete(entry.shown.id);
    show(entry, outcomeOf(result));
    publish();
  };

  const actions = {
    /**
     * @param {any} data
     * @param {SendOptions} [options]
     * @returns {Sent} its current state: `failed` if it was refused
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
      // The same message again is the one in the list; a different one with its id was refused.
      if (known?.seq !== undefined) return taken.isTaken ? known.shown : sentOf(id, data, early);
      // Cancelled before it got an id: it is not listed.
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

    /** Sends a failed message again, unchanged and with its id. @param {string} id */
    retry(id) {
      const entry = entries.get(id);
      if (entry?.shown.status !== 'failed') return;
      const { signal, ...options } = entry.options;
      const { data } = entry.shown;
      const [first, ...rest] = entry.args;
      actions.send(first, { ...options, rest, id });
      // The copy was sent, but show the object that the app gave.
      show(/** @type {Entry} */ (entries.get(id)), { data });
      publish();
    },

    /** @param {string} id @returns {boolean} whether it was unsettled */
    cancel: (id) => store.client()?.cancel(id) ?? false,

    /** Removes a message from the list; it is not cancelled. @param {string} id */
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

/** @param {string} id @param {unknown} data @param {Result} [result] if it has settled @returns {Sent} */
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
