/** `SocketProvider`: gives the components below it a client, and connects that while its user is logged in. */

import {
  createContext,
  createElement,
  useContext,
  useEffect,
  useInsertionEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { internals } from '../shell/internals.js';
import { configureSocket } from '../socket.js';
import { createStore } from './store.js';

/**
 * @typedef {import('../types/react.d.ts').SocketProviderProps} Props
 * @typedef {import('../types/index.d.ts').Client} Client
 * @typedef {import('./store.js').Store} Store
 */

/** For the hooks. The store never changes, so this context causes no re-render. */
const StoreContext = createContext(/** @type {import('./store.js').Store | null} */ (null));

/** For components that read the context themselves: the whole state, a new object at each change. */
export const SocketContext = createContext(
  /** @type {import('../types/react.d.ts').SocketView | null} */ (null),
);
SocketContext.displayName = 'SocketContext';

/** The store of the client of `configureSocket`. */
const configured = createStore(null);

/** The stores of clients that the app made. Not in useMemo, which Fast Refresh resets. @type {WeakMap<Client, Store>} */
const stores = new WeakMap();

/** @param {Client} client */
function storeOf(client) {
  const store = stores.get(client) ?? createStore(internals(client));
  stores.set(client, store);
  return store;
}

/** @param {Props} props */
export function SocketProvider(props) {
  const { client, options, isAuthenticated, userId, children } = props;
  useOptions(options);
  const store = client ? storeOf(client) : configured;

  const isNamed = userId !== undefined && userId !== null && userId !== '';
  const isWanted = isAuthenticated ?? ('userId' in props ? isNamed : Boolean(client ?? options));
  const isLogin = isAuthenticated === true;
  const idle = useRef(/** @type {ReturnType<Store['idle']>} */ (null));
  // Effects of the components below run before ours, and may send. Insertion effects run before theirs.
  useInsertionEffect(() => {
    idle.current = store.idle();
  });
  useEffect(() => {
    if (isWanted) {
      const letGo = store.retain(userId, isLogin, idle.current);
      // Other code in this turn may still configure a client.
      const timer = setTimeout(() => store.client() ?? warnOfNoClient());
      return () => {
        clearTimeout(timer);
        letGo();
      };
    }
    // The user is logged out: also end a link that other code requested.
    if (isAuthenticated === false) store.client()?.disconnect();
    return undefined;
  }, [store, isWanted, isLogin, isAuthenticated, userId]);

  const view = useSyncExternalStore(store.subscribe, store.view, () => store.serverView);
  return createElement(
    StoreContext.Provider,
    { value: store },
    createElement(SocketContext.Provider, { value: view }, children),
  );
}

let hasWarned = false;
/** Warns on the console: without a client there is no `logger` option. */
function warnOfNoClient() {
  if (hasWarned) return;
  hasWarned = true;
  console.warn(
    '[holdfast] A SocketProvider has no client: call configureSocket, or pass it `options` or `client`',
  );
}

/**
 * Options of a provider configure the page's client before a component below can use it. On a server there is no
 * client.
 * @param {Props['options']} options
 */
function useOptions(options) {
  useState(() => {
    if (options && typeof window !== 'undefined') configureSocket(options);
  });
  // Options may contain handlers that are new with each render. The first options are applied twice.
  useEffect(() => {
    if (options) configureSocket(options);
  }, [options]);
}

/** @returns {import('./store.js').Store} */
export function useStore() {
  const store = useContext(StoreContext);
  if (!store) throw new Error('useSocket must be used within a SocketProvider');
  return store;
}
