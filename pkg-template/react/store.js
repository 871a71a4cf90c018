/** Connects a client to React: cached snapshots, subscriptions, and the providers that keep its link open. */

import { register, sendMessage, shared } from '../core.js';
import { initializeSocket, resetLogoutFlag } from '../socket.js';

/**
 * @typedef {import('../shell/world.js').Client} Client
 * @typedef {import('../types/react.d.ts').SocketView} View
 * @typedef {ReturnType<typeof createStore>} Store
 */

/** The state on a server, and on a page before there is a client. */
const NO_STATE = Object.freeze({
  isConnected: false,
  isReady: false,
  phase: /** @type {const} */ ('idle'),
  mode: /** @type {const} */ ('reliable'),
  transport: null,
  connectionHealth: Object.freeze({
    isHealthy: false,
    lastPongTime: null,
    rttMs: null,
    isConnected: false,
    isReady: false,
    queueLength: 0,
  }),
  onlineUsers: Object.freeze(/** @type {string[]} */ ([])),
  onlineUsersStale: true,
  queueLength: 0,
  inFlight: 0,
  nextAttemptAt: null,
  error: null,
});

/**
 * The providers that want a client's link. It is a property of the client, so that a second copy of this file finds it.
 * @typedef {object} Holder
 * @property {number} count how many mounted providers want the link
 * @property {boolean} isOurs whether nothing else had requested the link before them
 * @property {number} wishes the client's count of requests, after the last provider's
 * @property {ReturnType<typeof setTimeout>} [timer] ends the link after the last provider is gone
 */

/**
 * A client without a link.
 * @typedef {object} Idle
 * @property {Client} client
 * @property {number} wishes how often a link had been requested by then
 */

/** @param {Client} client */
const isIdle = (client) => ['idle', 'closed'].includes(client.getState().phase);

/** @param {Client | null} given null: the client of `configureSocket`, whichever that is */
export function createStore(given) {
  const client = () => given ?? shared().client;

  const store = {
    client,

    /** @param {(client: Client) => () => void} attach called for this client and its successors */
    onClient: (attach) => (given ? attach(given) : register(attach)),

    /** @param {() => void} listener */
    subscribe: (listener) =>
      store.onClient((current) => {
        listener();
        return current.subscribe(listener);
      }),

    /** The same object until something changes. @returns {View} */
    view() {
      const state = client()?.getState() ?? NO_STATE;
      if (view.state !== state) view = { state, value: viewOf(state) };
      return view.value;
    },

    /** The client, if it has no link and wants none, with its count of requests. @returns {Idle | null} */
    idle() {
      const current = client();
      return current && isIdle(current) ? { client: current, wishes: current.wishes() } : null;
    },

    /**
     * Keeps the link open until the returned function is called. A provider that is mounted again in the same turn, as
     * in StrictMode and by hot reload, finds the link as it was.
     * @param {string | number | null | undefined} userId
     * @param {boolean} isLogin whether the app says that the user is logged in, which ends a logout
     * @param {Idle | null} before the client, if it was idle before the effects of the components below
     */
    retain: (userId, isLogin, before) =>
      store.onClient((current) => {
        const target = /** @type {{ holder?: Holder }} */ (/** @type {unknown} */ (current));
        target.holder ??= { count: 0, isOurs: false, wishes: 0 };
        const { holder } = target;
        // A message that was sent meanwhile may have opened the link, without a request for it.
        const wasIdle = before?.client === current && before.wishes === current.wishes();
        holder.isOurs ||= wasIdle || isIdle(current);
        clearTimeout(holder.timer);
        holder.count += 1;
        connect(current, userId, isLogin);
        holder.wishes = current.wishes();
        return () => {
          holder.count -= 1;
          if (holder.count === 0) holder.timer = setTimeout(() => letGo(current, holder));
        };
      }),
  };

  /** Disconnects, unless the app itself requested the link, before or since. */
  const letGo = (/** @type {Client} */ current, /** @type {Holder} */ holder) => {
    if (holder.isOurs && holder.wishes === current.wishes()) current.disconnect();
    holder.isOurs = false;
  };

  const connect = (
    /** @type {Client} */ current,
    /** @type {string | number | null | undefined} */ userId,
    /** @type {boolean} */ isLogin,
  ) => {
    if (given) {
      if (isLogin) current.resetLogout();
      current.setUser(userId);
      current.connect();
    } else {
      if (isLogin) resetLogoutFlag();
      initializeSocket(userId);
    }
  };

  const actions = {
    reconnect: () => {
      const current = client();
      if (current && !current.isLoggedOut()) current.connect();
    },
    sendMessage: (/** @type {unknown} */ data, /** @type {any} */ callback) =>
      sendMessage(client(), data, callback),
  };
  const viewOf = (/** @type {typeof NO_STATE | ReturnType<Client['getState']>} */ state) =>
    Object.freeze({
      ...state,
      connected: state.isConnected,
      socket: client()?.socket ?? null,
      ...actions,
    });
  const serverView = Object.freeze({ ...NO_STATE, connected: false, socket: null, ...actions });
  let view = { state: /** @type {unknown} */ (NO_STATE), value: /** @type {View} */ (serverView) };

  return { ...store, serverView: /** @type {View} */ (serverView) };
}
