// Shared by the tests of the shell: the built package, reset for each test, and a server in this process.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { io } from 'socket.io-client';
import { startChatServer } from '../support/chat-server.mjs';
import { jwt } from '../support/jwt.mjs';
import { pkg } from '../support/paths.mjs';
import { until } from '../support/until.mjs';

const load = (name) => import(pathToFileURL(`${pkg}/esm/${name}.mjs`).href);

/** The exports of `holdfast/socket` and of `holdfast`. */
export const api = await load('socket');
export const { createClient, DeliveryError, HoldfastError } = await load('index');
/** An internal function: creates a client from options that are already complete. */
const core = await load('core');
const { wasm } = await load('module');
export const makeClient = (options) => core.makeClient(options, io, wasm);

/** The global under which `holdfast/socket` stores its one client. */
export const WORLD = Symbol.for('holdfast@1');

/** For a server of a test that sets the time: the transport's heartbeat uses real time, so it is disabled. */
export const NO_HEARTBEAT = { io: { pingInterval: 2 ** 30, pingTimeout: 2 ** 30 } };

/** Short delays, so that a test waits for events instead of time. */
const QUICK = {
  auth: {},
  io: { transports: ['websocket'] },
  send: { backoffMs: 1, backoffMaxMs: 4 },
  reconnect: { minMs: 1, maxMs: 20, spreadMs: 0 },
};

/** `options`, completed with QUICK. */
export function quick(url, options = {}) {
  const all = { url, logger: null, ...QUICK, ...options };
  for (const group of ['io', 'send', 'reconnect']) {
    if (options[group] !== false) all[group] = { ...QUICK[group], ...options[group] };
  }
  return all;
}

/**
 * Starts a server, and configures `holdfast/socket` for it. Both end with the test, and all listeners are removed.
 *
 * @param {import('node:test').TestContext} t
 * @param {object} [options] of `configureSocket`
 * @param {{ user?: string | number, server?: object }} [more] `user`: connect as this user, and wait until ready
 */
export async function start(t, options = {}, { user, server: serverOptions } = {}) {
  freshModule(t);
  const server = await startChatServer(t, serverOptions);
  api.configureSocket(quick(server.url, options));
  if (user !== undefined) {
    api.initializeSocket(user);
    await ready();
  }
  return server;
}

/** Resets the module to its state after the import, now and when the test is over. */
export function freshModule(t) {
  const reset = () => {
    globalThis[WORLD]?.client?.destroy();
    delete globalThis[WORLD];
  };
  reset();
  const reported = collecting === t ? [] : collectReports(t);
  t.after(() => {
    reset();
    assert.deepEqual(reported, [], 'nothing was reported that the test did not expect');
  });
}

/** The events that `holdfast/socket` emits by default. */
const ASKING = {
  join: {},
  health: { event: 'ping' },
  presence: { request: 'get_online_users' },
};

/** Creates a client for the test, with the events of `holdfast/socket`. */
export function client(t, server, options) {
  const made = createClient(quick(server.url, { ...ASKING, ...options }));
  t.after(() => made.destroy());
  return made;
}

export const ready = () => until(() => api.isConnectionReady(), 'the link is ready');
export const down = () => until(() => !api.isSocketConnected(), 'the link is known to be lost');

let collecting = null;

/**
 * Collects the errors that the package reports as exceptions of the app. Call it before `start`. A test that does not call
 * it fails if anything is reported.
 */
export function collectReports(t) {
  collecting = t;
  const reported = [];
  globalThis.reportError = (error) => reported.push(error);
  return reported;
}

/**
 * Sends one message with `sendMessage`, and records its results.
 *
 * @returns {{ calls: object[], final: Promise<object> }} a copy of each result that the callback got, and the promise
 */
export function send(data) {
  const calls = [];
  const final = api.sendMessage(data, (result) => calls.push({ ...result }));
  return { calls, final };
}

/** Asserts that callback and promise get the same final result, the callback once. Returns the result. */
export async function settled({ calls, final }) {
  const result = await final;
  const finals = calls.filter(({ queued }) => !queued);
  assert.deepEqual(finals, [{ ...result }], 'one final call, equal to what the promise says');
  assert.ok(calls.length - finals.length <= 1, 'one notice at most');
  return result;
}

/** Emits events on the server, and resolves when all of them have arrived. */
export async function say(server, ...packets) {
  for (const packet of packets) server.io.emit(...packet);
  await roundTrip(server);
}

/** Loses the link, calls `away`, and resolves when the next link is ready. */
export async function awayAndBack(server, away = () => {}) {
  const lost = once(api.getSocket(), 'disconnect');
  server.dropAll();
  await lost;
  await away();
  await ready();
}

/** Options that record the log and the errors of `onError`. */
export function observed(options = {}) {
  const warned = [];
  const errors = [];
  return {
    warned,
    errors,
    options: {
      logger: { warn: (...texts) => warned.push(texts.join(' ')), debug() {} },
      onError: (error) => errors.push(error),
      ...options,
    },
  };
}

/** Refuses the next `count` handshakes. The error's `data` says how many are left. */
export function refuse(server, count, text) {
  let left = count;
  server.hooks.admit = () => {
    left -= 1;
    return left < 0 ? undefined : Object.assign(new Error(text), { data: { left } });
  };
}

/** Returns a function that moves the wall clock forward until the test is over. */
export function wallClock(t) {
  const { now } = Date;
  let lead = 0;
  t.mock.method(Date, 'now', () => now() + lead);
  return (ms) => {
    lead += ms;
  };
}

/** Makes a round trip: everything that either side sent before has arrived. */
export async function roundTrip(server, socket = api.getSocket()) {
  const [peer] = server.clients.filter(({ id }) => id === socket.id);
  const mark = `mark-${Math.random()}`;
  const here = new Promise((resolve) => {
    socket.once(mark, resolve);
  });
  const there = once(peer, mark);
  socket.emit(mark);
  await there;
  peer.emit(mark);
  await here;
}

export { jwt, until };
