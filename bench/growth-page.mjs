// Runs in the page of the growth bench: queues with no link, by the package and by the plain queue.

import * as holdfast from 'holdfast/socket';
import { io } from 'socket.io-client';
import { payloads } from './payloads.mjs';
import { PlainQueue } from './plain-queue.mjs';

const MOST = { capacity: 200_000, maxBytes: 1_000_000_000 };
const data = payloads(1_000);
let runs = 0;

/** The engine's memory, which no heap counts. @type {WebAssembly.Memory | undefined} */
let memory;
const { Instance } = WebAssembly;
WebAssembly.Instance = function instantiate(...args) {
  const instance = new Instance(...args);
  memory = instance.exports.memory;
  return instance;
};
window.moduleBytes = () => memory?.buffer.byteLength ?? 0;

/** Each answers a way to send that has no link, and never tries for one. */
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

/** Queues so many and answers the milliseconds that it took. They are held until the next call. */
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
