/**
 * The entry `holdfast/socket`: the drop-in for an app's `socket.js`, as functions over one client. All are synchronous, and
 * none throws, except `configureSocket` for an invalid option. Before that was called, the `on...` helpers register
 * callbacks, `sendMessage` answers NOT_CONFIGURED, and the others do nothing.
 */

// biome-ignore assist/source/organizeImports: the wasm compresses best at the start of an app's bundle
import { wasm } from './module.js';

import { io } from 'socket.io-client';
import {
  claim,
  sendMessage as deliver,
  idOf,
  makeClient,
  endpointOf,
  register,
  replaceClient,
  report,
  shared,
} from './core.js';
import { outboxOf } from './shell/outbox.js';

export { HoldfastError } from './core.js';

/**
 * @typedef {typeof import('./types/socket.d.ts')} Api
 * @typedef {import('./shell/world.js').Client} Client
 */

/**
 * @template R
 * @param {(client: Client) => R} use
 * @param {R} [otherwise] the result before `configureSocket`
 * @returns {R}
 */
function withClient(use, otherwise) {
  const { client } = shared();
  try {
    if (client) return use(client);
  } catch (error) {
    report(error);
  }
  return /** @type {R} */ (otherwise);
}

/** @type {Api['configureSocket']} */
export function configureSocket(options = {}) {
  const { url, endpoint, user } = namedIn(options);
  claim((client) => {
    const { url: its, io, userId } = client.settings();
    const other = idOf(userId);
    return endpointOf(its, io) === endpoint && (user ?? other) === (other ?? user);
  });
  const { client } = shared();
  if (client && client.settings().url === url) client.reconfigure(options);
  else replaceClient(makeClient(options, io, wasm));
}

/** The server and the user that options name. @param {import('./types/index.d.ts').Options} options */
function namedIn(options) {
  try {
    const { url, io, userId } = options;
    return { url, endpoint: endpointOf(url, io), user: idOf(userId) };
  } catch {
    // `makeClient` refuses options that throw.
    return {};
  }
}

/** @type {Api['initializeSocket']} */
export function initializeSocket(userId, authState) {
  return withClient((client) => {
    if (client.isLoggedOut()) {
      shared().refused = [userId, authState];
      return null;
    }
    // A call without `isAuthReady` does not change whether the client is paused.
    const isAuthReady = authState?.isAuthReady;
    if (typeof isAuthReady === 'boolean') client.pause(!isAuthReady);
    client.setUser(userId);
    client.connect();
    return client.socket;
  }, null);
}

/** @type {Api['connectSocket']} */
export const connectSocket = (userId, authState) => initializeSocket(userId, authState);

/** @type {Api['disconnectSocket']} */
export function disconnectSocket() {
  withClient((client) => client.disconnect());
}

/** @type {Api['disconnectSocketForLogout']} */
export function disconnectSocketForLogout() {
  shared().refused = null;
  return withClient((client) => client.logOut(), Promise.resolve());
}

/** @type {Api['resetLogoutFlag']} */
export function resetLogoutFlag() {
  const state = shared();
  withClient((client) => client.resetLogout());
  const { refused } = state;
  state.refused = null;
  if (refused) initializeSocket(...refused);
}

/** @type {Api['getSocket']} */
export const getSocket = () => withClient((client) => client.socket, null);

/** @type {Api['isSocketConnected']} */
export const isSocketConnected = () => withClient((client) => client.getState().isConnected, false);

/** @type {Api['isConnectionReady']} */
export const isConnectionReady = () => withClient((client) => client.getState().isReady, false);

/** @type {Api['getMessageQueueLength']} */
export const getMessageQueueLength = () => withClient((client) => client.getState().queueLength, 0);

/** @type {Api['getOutbox']} */
export const getOutbox = () => withClient(outboxOf, []);

/** Does nothing: health is monitored as long as there is a link. @type {Api['startHealthMonitoring']} */
export function startHealthMonitoring() {}

/** Does nothing: health is monitored as long as there is a link. @type {Api['stopHealthMonitoring']} */
export function stopHealthMonitoring() {}

const NO_HEALTH = {
  isHealthy: false,
  lastPongTime: null,
  rttMs: null,
  isConnected: false,
  isReady: false,
  queueLength: 0,
};

/** @type {Api['getConnectionHealth']} */
export function getConnectionHealth() {
  const health = withClient((client) => client.getState().connectionHealth, NO_HEALTH);
  const { lastPongTime } = health;
  return {
    ...health,
    timeSinceLastPong: lastPongTime === null ? null : Math.max(0, Date.now() - lastPongTime),
  };
}

/** @type {Api['sendMessage']} */
export const sendMessage = (data, callback) => deliver(shared().client, data, callback);

/** @type {Api['followRoom']} */
export const followRoom = (room) =>
  register((client) => (typeof room === 'string' && room ? client.followRoom(room) : () => {}));

/** @param {'message' | 'sent' | 'typing' | 'friendRequest' | 'friendAccepted' | 'online' | 'offline'} helper */
const helper = (helper) => (/** @type {any} */ callback) =>
  register((client) => client.on(Symbol.for(helper), callback));

/** @type {Api['onMessageSettled']} */
export const onMessageSettled = (callback) => register((client) => client.onSettled(callback));

/** @type {Api['onMessageSent']} */
export const onMessageSent = helper('sent');
/** @type {Api['onNewMessage']} */
export const onNewMessage = helper('message');
/** @type {Api['onUserTyping']} */
export const onUserTyping = helper('typing');
/** @type {Api['onFriendRequestReceived']} */
export const onFriendRequestReceived = helper('friendRequest');
/** @type {Api['onFriendRequestAccepted']} */
export const onFriendRequestAccepted = helper('friendAccepted');
/** @type {Api['onUserOnline']} */
export const onUserOnline = helper('online');
/** @type {Api['onUserOffline']} */
export const onUserOffline = helper('offline');
/** @type {Api['onOnlineUsers']} */
export const onOnlineUsers = (callback) => register((client) => client.presence.onList(callback));

/** @type {Api['emitTyping']} */
export function emitTyping(recipientId, userId, isTyping = true) {
  withClient((client) => client.emitNow('typing', [{ recipientId, isTyping, userId }]));
}

/** @type {Api['requestOnlineUsers']} */
export function requestOnlineUsers() {
  withClient((client) => client.askWhoIsOnline());
}

/** @type {Api['emitFriendRequestSent']} */
export function emitFriendRequestSent(data) {
  withClient((client) => client.emitSoon('friend_request_sent', data));
}

/** @type {Api['emitFriendRequestAccepted']} */
export function emitFriendRequestAccepted(data) {
  withClient((client) => client.emitSoon('friend_request_accepted', data));
}

export default {
  configureSocket,
  initializeSocket,
  connectSocket,
  disconnectSocket,
  disconnectSocketForLogout,
  resetLogoutFlag,
  getSocket,
  isSocketConnected,
  isConnectionReady,
  getMessageQueueLength,
  getOutbox,
  startHealthMonitoring,
  stopHealthMonitoring,
  getConnectionHealth,
  sendMessage,
  followRoom,
  onMessageSettled,
  onMessageSent,
  onNewMessage,
  onUserTyping,
  onFriendRequestReceived,
  onFriendRequestAccepted,
  onUserOnline,
  onUserOffline,
  onOnlineUsers,
  emitTyping,
  requestOnlineUsers,
  emitFriendRequestSent,
  emitFriendRequestAccepted,
};
