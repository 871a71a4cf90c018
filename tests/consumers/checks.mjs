// Checks that must hold in every environment. This file has no imports: each app passes in its imports, so that the same
// code runs in Node, in Jest and in a page.

/** The functions of `holdfast/socket`. */
export const NAMES = [
  'initializeSocket',
  'connectSocket',
  'disconnectSocket',
  'disconnectSocketForLogout',
  'resetLogoutFlag',
  'getSocket',
  'isSocketConnected',
  'isConnectionReady',
  'getMessageQueueLength',
  'getOutbox',
  'startHealthMonitoring',
  'stopHealthMonitoring',
  'getConnectionHealth',
  'sendMessage',
  'onMessageSent',
  'onNewMessage',
  'onUserTyping',
  'onFriendRequestReceived',
  'onFriendRequestAccepted',
  'onUserOnline',
  'onUserOffline',
  'onOnlineUsers',
  'emitTyping',
  'requestOnlineUsers',
  'emitFriendRequestSent',
  'emitFriendRequestAccepted',
];

/**
 * The globals that an import added, except the one that the package uses.
 *
 * @param {PropertyKey[]} before `Reflect.ownKeys(globalThis)`
 */
export function addedGlobals(before) {
  return Reflect.ownKeys(globalThis)
    .filter((key) => !before.includes(key) && key !== Symbol.for('holdfast@1'))
    .map(String);
}

/**
 * Uses the package from before its configuration to the end, synchronously wherever that is promised.
 *
 * @param {Record<string, any>} core all exports of `holdfast`
 * @param {Record<string, any>} socket all exports of `holdfast/socket`, with its default
 * @returns {Promise<string[]>} the problems, as sentences; empty if there are none
 */
export async function problems(core, socket) {
  const found = [];
  const expect = (condition, text) => {
    if (!condition) found.push(text);
  };
  checkNames(core, socket, expect);
  await checkUnconfigured(socket, expect);
  await checkConfigured(socket, expect);
  checkClient(core, expect);
  return found;
}

function checkNames(core, socket, expect) {
  for (const name of NAMES) {
    expect(typeof socket[name] === 'function', `${name} is not exported`);
    expect(socket.default?.[name] === socket[name], `${name} is not on the default export`);
  }
  expect(typeof socket.configureSocket === 'function', 'configureSocket is not exported');
  expect(typeof core.createClient === 'function', 'createClient is not exported');
}

async function checkUnconfigured(socket, expect) {
  const cleanups = [];
  for (const name of NAMES) {
    try {
      const result = socket[name](name.startsWith('on') ? () => {} : undefined);
      if (name.startsWith('on')) cleanups.push([name, result]);
    } catch (error) {
      expect(false, `${name} throws before configuring: ${error}`);
    }
  }
  for (const [name, cleanup] of cleanups) {
    expect(typeof cleanup === 'function', `${name} returns no cleanup`);
    cleanup?.();
  }
  socket.resetLogoutFlag();

  expect(socket.getSocket() === null, 'getSocket is not null before configuring');
  expect(socket.isSocketConnected() === false, 'isSocketConnected is not false');
  expect(socket.isConnectionReady() === false, 'isConnectionReady is not false');
  expect(socket.getMessageQueueLength() === 0, 'getMessageQueueLength is not 0');
  const result = await socket.sendMessage({ recipientId: 'b', content: 'hello' });
  expect(result?.error === 'NOT_CONFIGURED', `unconfigured send: ${JSON.stringify(result)}`);
}

async function checkConfigured(socket, expect) {
  socket.configureSocket(OPTIONS);
  const made = socket.initializeSocket();
  expect(typeof made?.emit === 'function', 'initializeSocket returns no Socket');
  expect(socket.getSocket() === made, 'getSocket returns another Socket');

  const calls = [];
  const message = { recipientId: 'b', content: 'h\u00e9llo \u{1f30d}' };
  const promise = socket.sendMessage(message, (result) => calls.push(result));
  expect(calls.length === 1, `${calls.length} calls before sendMessage returned, not 1`);
  expect(calls[0]?.queued === true, `the notice is ${JSON.stringify(calls[0])}`);
  expect(socket.getMessageQueueLength() === 1, 'the message is not in the queue');

  socket.disconnectSocketForLogout();
  const result = await promise;
  expect(result?.error === 'LOGGED_OUT', `after logout: ${JSON.stringify(result)}`);
  expect(result?.maybeDelivered === false, 'what never left may have been delivered');
  expect(result?._tempId === calls[0]?._tempId, 'the id changed');
  expect(calls.length === 2, `${calls.length} calls in the end, not 2`);
}

function checkClient(core, expect) {
  const client = core.createClient(OPTIONS);
  expect(client.getState().isConnected === false, 'a new client is connected');
  client.destroy();
}

/** No server listens on port 1, so the checks depend on no server. */
const OPTIONS = {
  url: 'http://127.0.0.1:1',
  userId: 'a',
  auth: { token: 'any' },
  queue: { storage: 'memory' },
};
