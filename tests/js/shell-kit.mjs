// What the tests of the shell share: the built package, fresh for each test, against a server in this
// process.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { io } from 'socket.io-client';
import { startChatServer } from '../support/chat-server.mjs';
import { jwt } from '../support/jwt.mjs';
import { pkg } from '../support/paths.mjs';
import { until } from '../support/until.mjs';

const load = (name) => import(pathToFileURL(`${pkg}/esm/${name}.mjs`).href);

/** All of `holdfast/socket`, and of `holdfast`. */
export const api = await load('socket');
export const { createClient, DeliveryError, HoldfastError } = await load('index');
/** What the package does not export: a client with the options that it filled in. */
const core = await load('core');
const { wasm } = await load('module');
export const makeClient = (options) => core.makeClient(options, io, wasm);

/** Where `holdfast/socket` keeps its one client. */
export const WORLD = Symbol.for('holdfast@1');

/** For a server, where a test sets the time: the transport's heartbeat keeps to its own, and stays out. */
export const NO_HEARTBEAT = { io: { pingInterval: 2 ** 30, pingTimeout: 2 ** 30 } };

/** Every span small, so that a test waits for events and not for time. */
const QUICK = {
  auth: {},
  io: { transports: ['websocket'] },
  send: { backoffMs: 1, backoffMaxMs: 4 },
  reconnect: { minMs: 1, maxMs: 20, spreadMs: 0 },
};

/** `options` with QUICK where they say nothing. */
export function quick(url, options = {}) {
  const all = { url, logger: null, ...QUICK, ...options };
  for (const group of ['io', 'send', 'reconnect']) {
    if (options[group] !== false) all[group] = { ...QUICK[group], ...options[group] };
  }
  return all;
}

/**
 * A server, and `holdfast/socket` configured for it. When the test is over, both are gone, and so is
 * everything that was registered.
 *
 * @param {import('node:test').TestContext} t
 * @param {object} [options] of `configureSocket`
 * @param {{ user?: string | number, server?: object }} [more] `user`: connect as this one and wait until ready
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

/** The module as it is after its import, now and when the test is over. */
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

/** What `holdfast/socket` emits by default. */
const ASKING = {
  join: {},
  health: { event: 'ping' },
  presence: { request: 'get_online_users' },
};

/** A client of its own for the test, which emits what `holdfast/socket` does. */
export function client(t, server, options) {
  const made = createClient(quick(server.url, { ...ASKING, ...options }));
  t.after(() => made.destroy());
  return made;
}

export const ready = () => until(() => api.isConnectionReady(), 'the link is ready');
export const down = () => until(() => !api.isSocketConnected(), 'the link is known to be lost');

let collecting = null;

/**
 * Collects what the package reports as an app's exception. Called before `start`; a test that does not
 * call it fails if anything is reported.
 */
export function collectReports(t) {
  collecting = t;
  const reported = [];
  globalThis.reportError = (error) => reported.push(error);
  return reported;
}

/**
 * Sends one message with `sendMessage` and follows it.
 * @returns {{ calls: object[], final: Promise<object> }} every call of the callback as it was, and the
 *   promise's result
 */
export function send(data) {
  const calls = [];
  const final = api.sendMessage(data, (result) => calls.push({ ...result }));
  return { calls, final };
}

/** The message settled, its callback got the promise's result, and got it once. */
export async function settled({ calls, final }) {
  const result = await final;
  const finals = calls.filter(({ queued }) => !queued);
  assert.deepEqual(finals, [{ ...result }], 'one final call, equal to what the promise says');
  assert.ok(calls.length - finals.length <= 1, 'one notice at most');
  return result;
}

/** Lets the server emit, and resolves when all of it has arrived. */
export async function say(server, ...packets) {
  for (const packet of packets) server.io.emit(...packet);
  await roundTrip(server);
}

/** Loses the link, lets `away` happen, and resolves when the next one is ready. */
export async function awayAndBack(server, away = () => {}) {
  const lost = once(api.getSocket(), 'disconnect');
  server.dropAll();
  await lost;
  await away();
  await ready();
}

/** Options that keep what was logged and what was told through `onError`. */
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

/** Refuses the next `count` handshakes; `data` gets how many are left. */
export function refuse(server, count, text) {
  let left = count;
  server.hooks.admit = () => {
    left -= 1;
    return left < 0 ? undefined : Object.assign(new Error(text), { data: { left } });
  };
}

/** Answers a function that sets the wall clock forward, for as long as the test runs. */
export function wallClock(t) {
  const { now } = Date;
  let lead = 0;
  t.mock.method(Date, 'now', () => now() + lead);
  return (ms) => {
    lead += ms;
  };
}

/** A round trip: all that the server sent before is here, and all that was sent before is there. */
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
