/** The provider: which client the components below use, and whether its link is wanted. */

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

/** For hooks: it never changes, so it re-renders nobody. */
const StoreContext = createContext(/** @type {import('./store.js').Store | null} */ (null));

/** For components that read the context themselves: the whole state, anew whenever some of it changes. */
export const SocketContext = createContext(
  /** @type {import('../types/react.d.ts').SocketView | null} */ (null),
);
SocketContext.displayName = 'SocketContext';

/** The client of `configureSocket`. */
const configured = createStore(null);

/** Those of clients that the app has made. Not useMemo's: Fast Refresh makes that anew. @type {WeakMap<Client, Store>} */
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
  // Effects of the components below run before ours, and may send. These run before theirs.
  useInsertionEffect(() => {
    idle.current = store.idle();
  });
  useEffect(() => {
    if (isWanted) {
      const letGo = store.hold(userId, isLogin, idle.current);
      // Whatever else runs in this turn may configure it.
      const timer = setTimeout(() => store.client() ?? warnOfNoClient());
      return () => {
        clearTimeout(timer);
        letGo();
      };
    }
    // Also a link that somebody else asked for: there is no user any more.
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
/** There is no client, so there is no logger of its options. */
function warnOfNoClient() {
  if (hasWarned) return;
  hasWarned = true;
  console.warn(
    '[holdfast] A SocketProvider waits for a client: call configureSocket, or give it `options` or `client`',
  );
}

/**
 * Options in a provider configure the one client, before a component below can ask for it. On a server
 * there is none.
 * @param {Props['options']} options
 */
function useOptions(options) {
  useState(() => {
    if (options && typeof window !== 'undefined') configureSocket(options);
  });
  // Handlers among them are as new as the render; the first ones are taken twice.
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
