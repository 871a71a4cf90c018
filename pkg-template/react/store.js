/** A client as React reads it: cached snapshots, who is told of new ones, and who holds the link. */

import { register, sendMessage, shared } from '../core.js';
import { initializeSocket, resetLogoutFlag } from '../socket.js';

/**
 * @typedef {import('../shell/world.js').Client} Client
 * @typedef {import('../types/react.d.ts').SocketView} View
 * @typedef {ReturnType<typeof createStore>} Store
 */

/** What a server renders, and what a page shows before there is a client. */
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
 * Who holds a client's link: kept at the client, so that a second copy of this file finds it.
 * @typedef {object} Holder
 * @property {number} count mounted providers that want it
 * @property {boolean} isOurs nobody had asked for it before them
 * @property {number} wishes how often it was asked for when the last of them did
 * @property {ReturnType<typeof setTimeout>} [timer] that ends it
 */

/**
 * A client without a link, as it was.
 * @typedef {object} Idle
 * @property {Client} client
 * @property {number} wishes how often it had been asked for a link
 */

/** @param {Client} client */
const isIdle = (client) => ['idle', 'closed'].includes(client.getState().phase);

/** @param {Client | null} given none: the configured one, whichever that is */
export function createStore(given) {
  const client = () => given ?? shared().client;

  const store = {
    client,

    /** @param {(client: Client) => () => void} attach called for this client, and for those after it */
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

    /** The client, if nobody has a link of it, and how often it was asked for one. @returns {Idle | null} */
    idle() {
      const current = client();
      return current && isIdle(current) ? { client: current, wishes: current.wishes() } : null;
    },

    /**
     * Wants the link until the answer is called. A provider that is mounted again in the same turn, as in
     * StrictMode and by hot reload, finds it as it was.
     * @param {string | number | null | undefined} userId
     * @param {boolean} isLogin the app says that the user is logged in: that ends a logout
     * @param {Idle | null} before what was idle before the components below sent anything
     */
    hold: (userId, isLogin, before) =>
      store.onClient((current) => {
        const held = /** @type {{ holder?: Holder }} */ (/** @type {unknown} */ (current));
        held.holder ??= { count: 0, isOurs: false, wishes: 0 };
        const { holder } = held;
        // A message that was sent meanwhile has opened the link, but nobody has asked for it.
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

  /** Unless the app had asked for it itself, before or since. */
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
