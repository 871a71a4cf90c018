// Runs in the page of the growth bench: queues without a link, of the package and of the plain queue.

import * as holdfast from 'holdfast/socket';
import { io } from 'socket.io-client';
import { payloads } from './payloads.mjs';
import { PlainQueue } from './plain-queue.mjs';

const MOST = { capacity: 200_000, maxBytes: 1_000_000_000 };
const data = payloads(1_000);
let runs = 0;

/** The engine's memory, which is not part of the heap. @type {WebAssembly.Memory | undefined} */
let memory;
const { Instance } = WebAssembly;
WebAssembly.Instance = function instantiate(...args) {
  const instance = new Instance(...args);
  memory = instance.exports.memory;
  return instance;
};
window.moduleBytes = () => memory?.buffer.byteLength ?? 0;

/** Each returns a send function without a link, which never tries to connect. */
const contenders = {
  holdfast() {
    runs += 1;
    holdfast.configureSocket({
      url: `http://fake.invalid/?run=${runs}`,
      auth: {},
      queue: { storage: 'memory', ...MOST },
      onForceLogout() {},
    });
    holdfast.disconnectSocket();
    return (message, done) => holdfast.sendMessage(message, done);
  },
  plain() {
    const queue = new PlainQueue(io(), MOST);
    return (message, done) => queue.sendMessage(message, done);
  },
};

/** Queues `count` messages and returns the milliseconds it took. The messages are kept until the next call. */
window.queueOffline = (name, count) => {
  const send = contenders[name]();
  let queued = 0;
  const told = (result) => {
    if (result.queued) queued += 1;
  };
  window.gc?.();
  const started = performance.now();
  for (let i = 0; i < count; i += 1) send(data[i % data.length], told);
  const ms = performance.now() - started;
  if (queued !== count) throw new Error(`${queued} of ${count} were queued`);
  window.held = send;
  return ms;
};
