/** Presence: keeps the server's list of online users and applies changes to it. The engine decides when it is stale. */

import { idOf } from './credentials.js';
import { TOLD } from './numbers.js';
import { call } from './report.js';

/** The user's id. @param {any} item an id, or an object that has one */
const userIn = (item) =>
  item !== null && typeof item === 'object' ? idOf(item.userId ?? item._id ?? item.id) : idOf(item);

/**
 * @param {() => import('../types/settings.d.ts').Settings} settings
 * @param {import('./engine.js').Engine} engine
 * @param {ReturnType<typeof import('./inbound.js').createInbound>} inbound calls the callbacks of the helpers
 * @param {() => void} onChange
 */
export function createPresence(settings, { note }, { on, tell }, onChange) {
  /** @type {Set<string>} */
  const users = new Set();
  /** The list that the app gets, made when it is read. @type {readonly string[] | null} */
  let online = null;

  const isStale = () => note(TOLD.isPresenceStale) !== 0;

  const publish = (/** @type {unknown[]} */ rest) => {
    online = null;
    tell(LIST, rest);
    onChange();
  };

  const tellOf = (
    /** @type {string} */ helper,
    /** @type {any} */ data,
    /** @type {unknown[]} */ rest,
  ) =>
    tell(Symbol.for(helper), [typeof data === 'object' ? data : { userId: idOf(data) }, ...rest]);

  const enter = (/** @type {any} */ data, /** @type {unknown[]} */ rest) => {
    const id = userIn(data);
    if (id === undefined || users.has(id)) return;
    users.add(id);
    publish([]);
    tellOf('online', data, rest);
  };

  const leave = (/** @type {any} */ data, /** @type {unknown[]} */ rest) => {
    const id = userIn(data);
    if (id === undefined) return;
    const wasListed = users.delete(id);
    if (wasListed) publish([]);
    if (note(TOLD.isLeftNews, wasListed)) tellOf('offline', data, rest);
  };

  /** Replaces the list. @param {number} epoch of the connection @param {any} data @param {unknown[]} rest */
  const replace = (epoch, data, rest) => {
    if (!note(TOLD.listed, epoch)) return;
    users.clear();
    for (const item of Array.isArray(data) ? data : []) {
      const id = userIn(item);
      if (id !== undefined) users.add(id);
    }
    publish(rest);
  };

  return {
    online: () => (online ??= Object.freeze([...users])),
    isStale,

    /** @param {number} epoch @param {string} event @param {any[]} args */
    handle(epoch, event, [data, ...rest]) {
      const its = settings().presence;
      if (its?.list.includes(event)) replace(epoch, data, rest);
      if (its?.online.includes(event)) enter(data, rest);
      if (its?.offline.includes(event)) leave(data, rest);
      if (its?.update.includes(event)) {
        (data?.online ? enter : leave)({ userId: userIn(data) }, rest);
      }
    },

    /** A server acknowledged the presence request, perhaps with a list. @param {number} epoch @param {unknown} answer */
    answered(epoch, answer) {
      if (Array.isArray(answer)) replace(epoch, answer, []);
    },

    forget() {
      users.clear();
      publish([]);
    },

    /** Adds a callback, which is called at once if there is a list. @param {(ids: string[], ...rest: any[]) => void} fn */
    onList(fn) {
      if (typeof fn !== 'function') return () => {};
      const told = (/** @type {unknown[]} */ ...rest) => fn([...users], ...rest);
      if (!isStale()) call(told);
      return on(LIST, told);
    },
  };
}

const LIST = Symbol.for('list');
