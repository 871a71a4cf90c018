// The client's own emits: receipts, and the events that its options name.

import assert from 'node:assert/strict';
import test from 'node:test';
import { startBareServer } from '../support/bare-server.mjs';
import { api, createClient, freshModule, observed, quick, roundTrip, until } from './shell-kit.mjs';

/** Health asks at once, so that a test sees it. */
const HEALTH = { intervalMs: 20, timeoutMs: 5000, probeMs: 1000 };

/**
 * Servers as tutorials have them. Each handler that throws would end the server's process.
 * @type {Record<string, Record<string, (socket: any, ...args: any[]) => void>>}
 */
const TUTORIALS = {
  'acknowledges nothing': {
    join: (socket, room) => socket.join(room),
    send_message: (socket, data) => socket.broadcast.emit('receive_message', data),
  },
  'joins by name and room': {
    join(socket, params, callback) {
      if (!params.name || !params.room) return callback('Name and room are required');
      socket.join(params.room);
      callback();
    },
  },
  'joins by name and room, without a look': {
    join(socket, { name, room }, callback) {
      socket.data.name = name.trim().toLowerCase();
      socket.join(room);
      callback();
    },
  },
  'answers who is online': {
    get_online_users: (_socket, callback) => callback(['u1', 'u2']),
    ping: (_socket, callback) => callback(),
  },
};

/** @returns {Promise<{ server: any, crashes: Error[] }>} */
async function startTutorial(t, name) {
  const crashes = [];
  const connected = (socket) => {
    for (const [event, handle] of Object.entries(TUTORIALS[name])) {
      socket.on(event, (...args) => {
        try {
          handle(socket, ...args);
        } catch (error) {
          crashes.push(error);
        }
      });
    }
  };
  return { server: await startBareServer(t, { connected }), crashes };
}

const eventsOf = (server) => [...new Set(server.taken.map(({ event }) => event))];
const isMark = (event) => !event.startsWith('mark-');

/** A client of createClient that is ready, and has answered a round trip. */
async function connected(t, server, options = {}) {
  const made = createClient(quick(server.url, { userId: 'u1', ...options }));
  t.after(() => made.destroy());
  made.connect();
  await until(() => made.getState().isReady, 'ready');
  await roundTrip(server, made.socket);
  return made;
}

/** `holdfast/socket`, ready and after a round trip. */
async function configured(t, server, options = {}) {
  freshModule(t);
  api.configureSocket(quick(server.url, { ...options, join: joinOf(options) }));
  api.initializeSocket('u1');
  await until(() => api.isConnectionReady(), 'ready');
  await roundTrip(server);
}
/** Nobody waits for a confirmation that these servers do not give. */
const joinOf = ({ join }) => (join === false ? false : { fallbackMs: 20, ...join });

for (const name of Object.keys(TUTORIALS)) {
  test(`createClient emits no event of its own: a server that ${name}`, async (t) => {
    const { server, crashes } = await startTutorial(t, name);
    const { options, warned, errors } = observed();
    const made = await connected(t, server, {
      ...options,
      send: { ackTimeoutMs: 60 },
      health: HEALTH,
    });
    assert.equal((await settledOf(made, { text: 'a' })).confirmedBy, 'receipt');
    const before = made.getState().connectionHealth.lastPongTime;
    await until(
      () => made.getState().connectionHealth.lastPongTime > before,
      'health rests on receipts',
    );
    await roundTrip(server, made.socket);
    assert.deepEqual(eventsOf(server).filter(isMark), ['send_message']);
    assert.deepEqual([crashes, errors], [[], []]);
    assert.equal(warned.filter((text) => text.includes('ping')).length, 0);
  });
}

/** Sends one message and answers how it ended. */
function settledOf(made, data) {
  const ended = new Promise((resolve) => made.onSettled(resolve));
  made.send('send_message', data).catch(() => {});
  return ended;
}

test('createClient emits only the events that its options name', async (t) => {
  const server = await startBareServer(t);
  const asked = (options) => async () => {
    server.taken.length = 0;
    const made = await connected(t, server, options);
    await until(() => !options.health || eventsOf(server).includes('ping'), 'asked');
    made.destroy();
    return eventsOf(server).filter(isMark);
  };
  const join = { fallbackMs: 20 };
  assert.deepEqual(await asked({ presence: { list: 'users' }, events: {} })(), []);
  assert.deepEqual(await asked({ join })(), ['join']);
  assert.deepEqual(await asked({ presence: { request: 'who' } })(), ['who']);
  assert.deepEqual(await asked({ health: { event: 'ping', ...HEALTH } })(), ['ping']);
});

test('holdfast/socket emits its events by default, and each can be switched off', async (t) => {
  const server = await startBareServer(t);
  const asked = async (options, expected) => {
    server.taken.length = 0;
    await configured(t, server, { health: HEALTH, ...options });
    const last = expected.at(-1) ?? 'none';
    await until(() => last === 'none' || eventsOf(server).includes(last), 'asked');
    await roundTrip(server);
    api.requestOnlineUsers();
    await roundTrip(server);
    assert.deepEqual(eventsOf(server).filter(isMark), expected);
    api.disconnectSocket();
  };
  await asked({}, ['join', 'get_online_users', 'ping']);
  await asked({ join: false }, ['get_online_users', 'ping']);
  await asked({ presence: false }, ['join', 'ping']);
  await asked({ health: false }, ['join', 'get_online_users']);
  await asked({ join: false, health: false, presence: false }, []);
});

test('without presence no user is online, and nothing throws', async (t) => {
  const server = await startBareServer(t);
  await configured(t, server, { presence: false, join: false });
  const told = [];
  api.onOnlineUsers((ids) => told.push(ids));
  api.onUserOnline((data) => told.push(data));
  server.io.emit('online_users', ['u1']);
  server.io.emit('user_online', { userId: 'u2' });
  await roundTrip(server);
  assert.deepEqual(told, []);
});

test('the defaults of holdfast/socket crash no tutorial server except one that trusts the payload of join', async (t) => {
  for (const name of Object.keys(TUTORIALS)) {
    const { server, crashes } = await startTutorial(t, name);
    await configured(t, server, { health: HEALTH });
    await until(() => eventsOf(server).includes('ping'), 'pinged');
    await roundTrip(server);
    const isTrusting = name.endsWith('without a look');
    assert.equal(crashes.length > 0, isTrusting, `${name}: ${crashes}`);
    api.disconnectSocket();
  }
  const { server, crashes } = await startTutorial(t, 'joins by name and room, without a look');
  await configured(t, server, { join: { payload: (name) => ({ name, room: 'lobby' }) } });
  assert.deepEqual(crashes, [], 'which the option join.payload serves');
});

test('the acknowledgement may contain the users online', async (t) => {
  const { server } = await startTutorial(t, 'answers who is online');
  await configured(t, server);
  const lists = [];
  api.onOnlineUsers((ids) => lists.push(ids));
  await until(() => lists.length > 0, 'told');
  assert.deepEqual(lists[0], ['u1', 'u2']);
  assert.deepEqual(
    server.taken.filter(({ event }) => event === 'get_online_users').map(({ data }) => data),
    [undefined],
  );
});
