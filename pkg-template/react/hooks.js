/** The hooks that read the client's state: a component re-renders only for what it reads. */

import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { HoldfastError } from '../core.js';
import { idOf } from '../shell/credentials.js';
import { outboxOf } from '../shell/outbox.js';
import { useStore } from './context.js';

/**
 * @typedef {import('../types/react.d.ts').SocketView} View
 * @typedef {keyof View} Field
 * @typedef {import('../types/index.d.ts').Waiting} Waiting
 *
 * @typedef {object} Memo
 * @property {View} view the state that `selected` was made from
 * @property {unknown} selector
 * @property {any} selected the value that React got
 * @property {View} rendered the state that the component read its fields from
 */

/**
 * The state, which tracks the fields that a render reads; or what `selector` returns for it.
 * @param {(view: View) => any} [selector]
 * @param {(a: any, b: any) => boolean} [isEqual]
 */
export function useSocket(selector, isEqual = isShallowEqual) {
  for (const given of [selector, isEqual]) {
    if (given !== undefined && typeof given !== 'function') {
      throw new HoldfastError(
        'INVALID_OPTION',
        'useSocket takes functions: a selector and a comparison',
      );
    }
  }
  const store = useStore();
  const memo = useRef(/** @type {Memo | null} */ (null));
  const read = useRef(/** @type {Set<Field>} */ (new Set())).current;

  const isShown = (/** @type {Memo} */ { selected, rendered }, /** @type {any} */ next) =>
    selector
      ? isEqual(selected, next)
      : [...read].every((field) => Object.is(rendered[field], next[field]));
  /** The same object as long as the component would render the same. */
  const snapshotOf = (/** @type {View} */ view) => {
    const before = memo.current;
    if (before?.view === view && before.selector === selector) return before.selected;
    const next = selector ? selector(view) : view;
    const selected = before && isShown(before, next) ? before.selected : next;
    memo.current = { view, selector, selected, rendered: before?.rendered ?? view };
    return selected;
  };
  const selected = useSyncExternalStore(
    store.subscribe,
    () => snapshotOf(store.view()),
    () => snapshotOf(store.serverView),
  );
  if (selector) return selected;
  // Return the current state, since this render may read fields that no earlier one did.
  const view = selected === store.serverView ? selected : store.view();
  if (memo.current) memo.current.rendered = view;
  return tracked(view, read);
}

/** The state with getters that note each field that is read. @param {View} view @param {Set<Field>} read */
function tracked(view, read) {
  const result = {};
  for (const field of /** @type {Field[]} */ (Object.keys(view))) {
    Object.defineProperty(result, field, {
      enumerable: true,
      get() {
        read.add(field);
        return view[field];
      },
    });
  }
  return result;
}

/** @param {any} a @param {any} b */
function isShallowEqual(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && Object.is(a[key], b[key]))
  );
}

/**
 * Calls the handler of the last render for an event from the server or of socket.io itself.
 * @param {string} event
 * @param {(...args: any[]) => unknown} handler
 */
export function useSocketEvent(event, handler) {
  const store = useStore();
  const latest = useRef(handler);
  useEffect(() => {
    latest.current = handler;
  });
  useEffect(
    () => store.onClient((client) => client.on(event, (...args) => latest.current(...args))),
    [store, event],
  );
}

export const useOnlineUsers = () => useSocket((view) => view.onlineUsers);

/** @param {string | number | null | undefined} userId */
export const useIsOnline = (userId) =>
  useSocket((view) => view.onlineUsers.includes(/** @type {string} */ (idOf(userId))));

export const useConnectionHealth = () => useSocket((view) => view.connectionHealth);

/** The unsettled messages in send order, and what each waits for: the same list until that changes. */
export function useOutbox() {
  const store = useStore();
  const view = useSocket((all) => all, Object.is);
  const shown = useRef(/** @type {Waiting[]} */ ([]));
  return useMemo(() => {
    const client = view === store.serverView ? null : store.client();
    const next = client ? outboxOf(client) : [];
    if (!isSameOutbox(shown.current, next)) shown.current = next;
    return shown.current;
  }, [store, view]);
}

/** @param {Waiting[]} before @param {Waiting[]} next */
const isSameOutbox = (before, next) =>
  before.length === next.length &&
  next.every(
    ({ id, waitsFor, attempts, code }, index) =>
      before[index].id === id &&
      before[index].waitsFor === waitsFor &&
      before[index].attempts === attempts &&
      before[index].code === code,
  );
