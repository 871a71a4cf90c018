// Runs in the page of the speed test. Each contender starts without a connection.

import * as holdfast from 'holdfast/socket';
import { io } from 'socket.io-client';

const TRANSPORT = { transports: ['websocket'] };

/**
 * @typedef {object} Plan
 * @property {string} url
 * @property {number} rounds
 * @property {Record<string, number>} messages the number of messages of each contender
 *
 * @param {Plan} plan
 * @returns {Promise<Record<string, { flowMs: number, totalMs: number }>[]>} for each round and contender:
 *   the time since the first message may leave, and since the first send
 */
window.run = async ({ url, rounds, messages }) => {
  holdfast.configureSocket({ url, io: TRANSPORT, onForceLogout() {} });
  const contenders = {
    holdfast: () => timeHoldfast(messages.holdfast),
    raw: () => timeRaw(url, messages.raw, {}),
    retries: () => timeRaw(url, messages.retries, { retries: 3, ackTimeout: 10_000 }),
  };
  const names = Object.keys(contenders);
  // An unmeasured run of each, because the browser compiles code at its first use.
  for (const name of names) await contenders[name]();
  const results = [];
  for (let i = 0; i < rounds; i += 1) {
    // The order rotates, so that other load on the machine affects all contenders alike.
    const times = {};
    for (const k of names.keys()) {
      const name = names[(i + k) % names.length];
      times[name] = await contenders[name]();
    }
    results.push(times);
  }
  return results;
};

/** Disconnects first, so that the messages wait; `initializeSocket` then starts the attempt. */
async function timeHoldfast(count) {
  holdfast.disconnectSocket();
  const socket = holdfast.getSocket();
  let ready;
  const onjoined = () => (ready ??= performance.now());
  socket.on('room:joined', onjoined);
  const started = performance.now();
  await new Promise((resolve, reject) => {
    let left = count;
    const settle = (result) => {
      if (result.queued) return;
      if (!result.success) reject(new Error(JSON.stringify(result)));
      left -= 1;
      if (left === 0) resolve();
    };
    for (let i = 0; i < count; i += 1) {
      holdfast.sendMessage({ recipientId: 'bob', content: `message ${i}` }, settle);
    }
    holdfast.initializeSocket('alice');
  });
  const done = performance.now();
  socket.off('room:joined', onjoined);
  holdfast.disconnectSocket();
  return { flowMs: done - ready, totalMs: done - started };
}

async function timeRaw(url, count, options) {
  const socket = io(url, { ...TRANSPORT, forceNew: true, autoConnect: false, ...options });
  let ready;
  // socket.io sends buffered messages inside of `onconnect`, before the connect event.
  const { onconnect } = socket;
  socket.onconnect = (...args) => {
    ready ??= performance.now();
    return onconnect.apply(socket, args);
  };
  const started = performance.now();
  await new Promise((resolve) => {
    let left = count;
    const acked = () => {
      left -= 1;
      if (left === 0) resolve();
    };
    for (let i = 0; i < count; i += 1) {
      const _tempId = `temp_${crypto.randomUUID()}`;
      socket.emit('send_message', { recipientId: 'bob', content: `message ${i}`, _tempId }, acked);
    }
    socket.connect();
  });
  const done = performance.now();
  socket.disconnect();
  return { flowMs: done - ready, totalMs: done - started };
}
