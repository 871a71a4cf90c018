/** Who is online: a snapshot plus deltas, stale while the link is down. */

import { idOf } from './credentials.js';
import { createListeners } from './listeners.js';
import { call } from './report.js';

/** @param {any} item an id, or an object that has one */
const userIn = (item) =>
  item !== null && typeof item === 'object' ? idOf(item.userId ?? item._id ?? item.id) : idOf(item);

/**
 * @param {() => import('../types/settings.d.ts').Settings['presence']} names
 * @param {() => void} onChange
 */
export function createPresence(names, onChange) {
  /** @type {readonly string[]} */
  let online = Object.freeze([]);
  let isStale = true;
  /** @type {import('./listeners.js').Listeners<[string[]]>} */
  const lists = createListeners();
  /** @type {import('./listeners.js').Listeners<[any]>} */
  const onlines = createListeners();
  /** @type {import('./listeners.js').Listeners<[any]>} */
  const offlines = createListeners();

  /** @param {Iterable<string>} ids */
  const publish = (ids) => {
    online = Object.freeze([...new Set(ids)]);
    lists.tell([...online]);
    onChange();
  };

  const enter = (/** @type {any} */ data) => {
    const id = userIn(data);
    if (id === undefined || online.includes(id)) return;
    publish([...online, id]);
    onlines.tell(typeof data === 'object' ? data : { userId: id });
  };

  const leave = (/** @type {any} */ data) => {
    const id = userIn(data);
    if (id === undefined) return;
    if (online.includes(id)) publish(online.filter((other) => other !== id));
    // Not in a list that is known to be right: it was told under another name.
    else if (!isStale) return;
    offlines.tell(typeof data === 'object' ? data : { userId: id });
  };

  return {
    online: () => online,
    isStale: () => isStale,

    /** @param {string} event @param {any} data */
    handle(event, data) {
      const { list, online: on, offline, update } = names();
      if (list.includes(event)) {
        const ids = (Array.isArray(data) ? data : []).map(userIn);
        isStale = false;
        publish(/** @type {string[]} */ (ids.filter((id) => id !== undefined)));
      } else if (on.includes(event)) {
        enter(data);
      } else if (offline.includes(event)) {
        leave(data);
      } else if (update.includes(event)) {
        if (data?.online) enter({ userId: userIn(data) });
        else leave({ userId: userIn(data) });
      }
    },

    /** The link is gone: what is known may be wrong by now. */
    stale() {
      if (isStale) return;
      isStale = true;
      onChange();
    },

    forget() {
      isStale = true;
      publish([]);
    },

    /** A late subscriber is told at once. @param {(ids: string[]) => void} fn */
    onList(fn) {
      const off = lists.add(fn);
      if (typeof fn === 'function' && !isStale) call(fn, [...online]);
      return off;
    },
    onOnline: onlines.add,
    onOffline: offlines.add,
  };
}
