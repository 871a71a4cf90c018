// Runs in the page of the microbench: each contender sends through a fake socket, which replaces socket.io-client in the
// bundle.

import * as holdfast from 'holdfast/socket';
import { io } from 'socket.io-client';
import { payloads } from './payloads.mjs';
import { PlainQueue } from './plain-queue.mjs';

const data = payloads(1_000);

/** @param {'memory' | 'indexeddb'} storage where Holdfast keeps what waits */
window.setUp = async (storage) => {
  const bare = io().connect();
  const plainSocket = io().connect();
  const plain = new PlainQueue(plainSocket);
  plainSocket.on('connect', () => plain.linkUp());
  holdfast.configureSocket({
    url: 'http://fake.invalid',
    auth: {},
    io: { transports: ['websocket'] },
    queue: { storage },
    onForceLogout() {},
  });
  holdfast.initializeSocket('alice');
  while (!holdfast.isConnectionReady()) await new Promise((resolve) => setTimeout(resolve));
  window.fake = holdfast.getSocket();

  window.contenders = {
    /** The cost of the fake socket and of the loop alone. */
    bare: (message, done) => bare.emit('send_message', message, done),
    plain: (message, done) => plain.sendMessage(message, done),
    holdfast: (message, done) => holdfast.sendMessage(message, done),
  };
};

/** Sends `count` messages at once. Returns the milliseconds until the last one has settled. */
window.burst = (name, count) =>
  new Promise((resolve, reject) => {
    const send = window.contenders[name];
    let left = count;
    const done = (result) => {
      if (result.queued) return;
      if (!result.success) reject(new Error(JSON.stringify(result)));
      left -= 1;
      if (left === 0) resolve(performance.now() - started);
    };
    window.gc?.();
    const started = performance.now();
    for (let i = 0; i < count; i += 1) send(data[i % data.length], done);
  });

/** Sends messages one by one, each after the previous one has settled. */
window.singly = (name, count) =>
  new Promise((resolve, reject) => {
    const send = window.contenders[name];
    let left = count;
    const done = (result) => {
      if (!result.success) reject(new Error(JSON.stringify(result)));
      left -= 1;
      if (left === 0) resolve(performance.now() - started);
      else send(data[left % data.length], done);
    };
    window.gc?.();
    const started = performance.now();
    send(data[0], done);
  });
