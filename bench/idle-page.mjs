// Runs in the page of the idle bench: the package with default options and storage, on a fake socket. All ways in which a page
// wakes up are counted. Only the package runs in the page, so it causes all of them.

import { io } from 'socket.io-client';
import { payloads } from './payloads.mjs';

const WAYS = ['setTimeout', 'setInterval', 'requestAnimationFrame', 'requestIdleCallback'];
let wakeUps = 0;
const pings = () => io.last?.emitted.ping ?? 0;

for (const way of WAYS) {
  const original = window[way];
  window[way] = (callback, ...rest) =>
    original.call(
      window,
      (...args) => {
        const before = pings();
        callback(...args);
        if (pings() === before) wakeUps += 1;
      },
      ...rest,
    );
}

window.count = () => ({ wakeUps, pings: pings() });

/** The client is ready and has sent some messages. From here on it has nothing to do. */
window.settle = async () => {
  const holdfast = await import('holdfast/socket');
  holdfast.configureSocket({
    url: 'http://fake.invalid',
    auth: {},
    io: { transports: ['websocket'] },
    onForceLogout() {},
  });
  holdfast.initializeSocket('alice');
  const results = await Promise.all(payloads(10).map((message) => holdfast.sendMessage(message)));
  if (!results.every(({ success }) => success)) throw new Error(JSON.stringify(results));
};
