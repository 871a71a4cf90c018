/**
 * The drop-in `socket.js`: 25 functions over one client, all synchronous, none of which throws.
 *
 * `configureSocket` is the only one that may throw, where an option is wrong. Before it was called the
 * `on...` helpers register, `sendMessage` answers NOT_CONFIGURED, and the rest is harmless.
 */

import { call, MESSAGES, makeClient, report } from './core.js';

export { HoldfastError } from './core.js';

/**
 * @typedef {typeof import('./types/socket.d.ts')} Api
 * @typedef {import('./shell/client.js').Client} Client
 * @typedef {{ attach(client: Client): () => void, off: (() => void) | null }} Registration
 */

/**
 * One instance, however the package is imported: an app's ESM and a test's CommonJS share it.
 * @returns {{ client: Client | null, registrations: Set<Registration>,
 *   refused: Parameters<Api['initializeSocket']> | null }}
 */
const shared = () => {
  const key = Symbol.for('holdfast@1');
  const world = /** @type {any} */ (globalThis);
  world[key] ??= { client: null, registrations: new Set(), refused: null };
  return world[key];
};

/**
 * @template R
 * @param {(client: Client) => R} use
 * @param {R} otherwise the answer before configuring
 * @returns {R}
 */
function withClient(use, otherwise) {
  const { client } = shared();
  if (!client) return otherwise;
  try {
    return use(client);
  } catch (error) {
    report(error);
    return otherwise;
  }
}

/**
 * Registers now, or as soon as there is a client, and again with the next one.
 * @param {(client: Client) => () => void} attach
 * @returns {() => void}
 */
function register(attach) {
  const { client, registrations } = shared();
  const registration = { attach, off: client ? attach(client) : null };
  registrations.add(registration);
  return () => {
    registrations.delete(registration);
    registration.off?.();
    registration.off = null;
  };
}

/** @type {Api['configureSocket']} */
export function configureSocket(options = {}) {
  const state = shared();
  if (state.client && state.client.settings().url === options.url) {
    state.client.reconfigure(options);
    return;
  }
  const client = makeClient(options);
  state.client?.destroy();
  state.client = client;
  for (const registration of state.registrations) {
    registration.off?.();
    registration.off = registration.attach(client);
  }
}

/** @type {Api['initializeSocket']} */
export function initializeSocket(userId, authState) {
  return withClient((client) => {
    if (client.isLoggedOut()) {
      shared().refused = [userId, authState];
      return null;
    }
    // A call that says nothing of the login changes nothing about it.
    const isAuthReady = authState?.isAuthReady;
    if (typeof isAuthReady === 'boolean') client.hold(!isAuthReady);
    client.setUser(userId);
    client.connect();
    return client.socket;
  }, null);
}

/** @type {Api['connectSocket']} */
export const connectSocket = (userId, authState) => initializeSocket(userId, authState);

/** @type {Api['disconnectSocket']} */
export function disconnectSocket() {
  withClient((client) => client.disconnect(), undefined);
}

/** @type {Api['disconnectSocketForLogout']} */
export function disconnectSocketForLogout() {
  shared().refused = null;
  withClient((client) => client.logOut(), undefined);
}

/** @type {Api['resetLogoutFlag']} */
export function resetLogoutFlag() {
  const state = shared();
  withClient((client) => client.resetLogout(), undefined);
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

/** Health is watched as long as there is a link. @type {Api['startHealthMonitoring']} */
export function startHealthMonitoring() {}

/** Health is watched as long as there is a link. @type {Api['stopHealthMonitoring']} */
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
export function sendMessage(data, callback) {
  const told = typeof callback === 'function' ? callback : undefined;
  return new Promise((resolve) => {
    const finish = (/** @type {any} */ result) => {
      call(told, result);
      resolve(result);
    };
    if (!shared().client) {
      const { NOT_CONFIGURED } = MESSAGES;
      finish({
        success: false,
        error: 'NOT_CONFIGURED',
        message: NOT_CONFIGURED,
        maybeDelivered: false,
      });
      return;
    }
    withClient((client) => {
      const { event, idField } = client.settings().send;
      /** @type {unknown} */
      let own;
      try {
        own = /** @type {any} */ (data)?.[idField];
      } catch {
        // Refused below.
      }
      // The caller finds a message by the id that he gave it: a number stays one.
      const idFor = (/** @type {string} */ id) => ({ [idField]: Number.isFinite(own) ? own : id });
      const notice = (/** @type {string} */ id) =>
        told?.({
          success: false,
          queued: true,
          message: 'Waiting for the connection: the message is sent as soon as it is ready',
          ...idFor(id),
        });
      const settled = (/** @type {import('./shell/deliveries.js').Result} */ result) =>
        finish({ ...asReply(result), ...idFor(result.id) });
      const taken = client.deliver({ event, data }, notice, settled);
      if (!taken.isTaken) settled(taken.result);
    }, undefined);
  });
}

/**
 * What the callback gets: the server's own acknowledgement, with what apps count on made sure of.
 * @param {import('./shell/deliveries.js').Result} result
 */
function asReply({ success, reply, code, message, maybeDelivered }) {
  const fields =
    reply !== null && typeof reply === 'object' && !Array.isArray(reply)
      ? reply
      : reply === undefined
        ? {}
        : { data: reply };
  // Whatever the server wrote, this is no notice.
  const { queued, ...said } = fields;
  if (success) return { ...said, success };
  return { ...said, success, error: code, message, maybeDelivered };
}

/** @param {'message' | 'sent' | 'typing' | 'friendRequest' | 'friendAccepted'} helper */
const helper = (helper) => (/** @type {any} */ callback) =>
  register((client) => client.onHelper(helper, callback));

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
export const onUserOnline = (callback) => register((client) => client.presence.onOnline(callback));
/** @type {Api['onUserOffline']} */
export const onUserOffline = (callback) =>
  register((client) => client.presence.onOffline(callback));
/** @type {Api['onOnlineUsers']} */
export const onOnlineUsers = (callback) => register((client) => client.presence.onList(callback));

/** @type {Api['emitTyping']} */
export function emitTyping(recipientId, userId, isTyping = true) {
  withClient((client) => client.emitNow('typing', { recipientId, isTyping, userId }), undefined);
}

/** @type {Api['requestOnlineUsers']} */
export function requestOnlineUsers() {
  withClient((client) => {
    for (const event of client.settings().presence.request) client.emitNow(event, {});
  }, undefined);
}

/** @type {Api['emitFriendRequestSent']} */
export function emitFriendRequestSent(data) {
  withClient((client) => client.emitSoon('friend_request_sent', data), undefined);
}

/** @type {Api['emitFriendRequestAccepted']} */
export function emitFriendRequestAccepted(data) {
  withClient((client) => client.emitSoon('friend_request_accepted', data), undefined);
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
  startHealthMonitoring,
  stopHealthMonitoring,
  getConnectionHealth,
  sendMessage,
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
