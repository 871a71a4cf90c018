// Runs in the page of the network bench: the contenders, each with a new socket for each run.

import * as holdfast from 'holdfast/socket';
import { io } from 'socket.io-client';
import { payloads, payloadsWithId } from './payloads.mjs';
import { PlainQueue } from './plain-queue.mjs';
import { rotated } from './statistics.mjs';

const TRANSPORT = { transports: ['websocket'] };
const ACK_TIMEOUT_MS = 10_000;
const EVENT = 'send_message';

/**
 * Each returns a contender, which opens its socket when `connect` is called:
 *
 * @typedef {object} Contender
 * @property {() => void} connect
 * @property {Promise<void>} ready the first message may be sent; waiting messages are sent without further calls
 * @property {(count: number) => Promise<unknown>} send sends all at once; resolves at the last acknowledgement
 * @property {() => void} close
 *
 * @type {Record<string, (url: string) => Contender>}
 */
const contenders = {
  raw: (url) =>
    plainSocket(url, {}, (socket, count) =>
      each(payloadsWithId(count), (message, done) => socket.emit(EVENT, message, done)),
    ),
  emitWithAck: (url) =>
    plainSocket(url, {}, (socket, count) =>
      Promise.all(
        payloadsWithId(count).map((message) =>
          socket.timeout(ACK_TIMEOUT_MS).emitWithAck(EVENT, message),
        ),
      ),
    ),
  retries: (url) =>
    plainSocket(url, { retries: 3, ackTimeout: ACK_TIMEOUT_MS }, (socket, count) =>
      each(payloadsWithId(count), (message, done) =>
        socket.emit(EVENT, message, (error, reply) => done(error ? { success: false } : reply)),
      ),
    ),
  plain(url) {
    const queue = {};
    const contender = plainSocket(url, {}, (_socket, count) =>
      each(payloads(count), (message, done) => queue.current.sendMessage(message, done)),
    );
    const { socket } = contender;
    queue.current = new PlainQueue(socket);
    socket.on('connect', () => socket.emit('join', 'alice'));
    socket.on('disconnect', () => queue.current.linkLost());
    contender.ready = new Promise((resolve) => {
      socket.on('room:joined', () => {
        resolve(performance.now());
        queue.current.linkUp();
      });
    });
    return contender;
  },
  memory: (url) => viaHoldfast(url, 'memory'),
  durable: (url) => viaHoldfast(url, 'indexeddb'),
};

function plainSocket(url, options, send) {
  const socket = io(url, { ...TRANSPORT, forceNew: true, autoConnect: false, ...options });
  const { onconnect } = socket;
  // socket.io sends buffered messages inside of `onconnect`, before the connect event.
  const ready = new Promise((resolve) => {
    socket.onconnect = (...args) => {
      resolve(performance.now());
      return onconnect.apply(socket, args);
    };
  });
  return {
    socket,
    ready,
    connect: () => socket.connect(),
    send: (count) => send(socket, count),
    close: () => socket.disconnect(),
  };
}

let runs = 0;

function viaHoldfast(url, storage) {
  runs += 1;
  holdfast.configureSocket({
    // A different URL makes a new client, just as every other contender gets a new socket.
    url: `${url}/?run=${runs}`,
    auth: {},
    io: TRANSPORT,
    queue: { storage },
    onForceLogout() {},
  });
  // Until the first attempt, messages are only queued.
  holdfast.disconnectSocket();
  const socket = holdfast.getSocket();
  return {
    ready: new Promise((resolve) => {
      socket.on('room:joined', () => resolve(performance.now()));
    }),
    connect: () => holdfast.initializeSocket('alice'),
    send: (count) =>
      each(payloads(count), (message, done) => {
        holdfast.sendMessage(message, (result) => {
          if (!result.queued) done(result);
        });
      }),
    close: () => holdfast.disconnectSocket(),
  };
}

/** Sends all messages, and resolves when all are acknowledged. */
const each = (messages, send) =>
  new Promise((resolve, reject) => {
    let left = messages.length;
    const done = (reply) => {
      if (reply.queued) return;
      if (!reply.success) reject(new Error(JSON.stringify(reply)));
      left -= 1;
      if (left === 0) resolve();
    };
    for (const message of messages) send(message, done);
  });

/** On a ready link: the time from the first send to the last acknowledgement. */
async function burst(make, url, count) {
  const contender = make(url);
  contender.connect();
  await contender.ready;
  // The listeners may still be handling the answer to the join.
  await new Promise((resolve) => setTimeout(resolve));
  window.gc?.();
  const started = performance.now();
  await contender.send(count);
  const flowMs = performance.now() - started;
  contender.close();
  return { flowMs, totalMs: flowMs };
}

/** With messages sent before the link is up: the time since the first may be sent, and since the first send. */
async function queued(make, url, count) {
  const contender = make(url);
  window.gc?.();
  const started = performance.now();
  const sent = contender.send(count);
  contender.connect();
  const ready = await contender.ready;
  await sent;
  const done = performance.now();
  contender.close();
  return { flowMs: done - ready, totalMs: done - started };
}

/**
 * @typedef {{ flowMs: number, totalMs: number }} Times
 *
 * @param {object} plan
 * @param {string} plan.url
 * @param {'burst' | 'queued'} plan.way
 * @param {number} plan.rounds
 * @param {Record<string, number>} plan.messages how many each contender sends; the contenders are its names
 * @returns {Promise<Record<string, Times>[]>} for each round and contender
 */
window.run = async ({ url, way, rounds, messages }) => {
  const time = { burst, queued }[way];
  const names = Object.keys(messages);
  // An unmeasured run of each, because the browser compiles code at its first use.
  for (const name of names) await time(contenders[name], url, messages[name]);
  const results = [];
  for (let round = 0; round < rounds; round += 1) {
    const times = {};
    for (const name of rotated(names, round)) {
      times[name] = await time(contenders[name], url, messages[name]);
    }
    results.push(times);
  }
  return results;
};
