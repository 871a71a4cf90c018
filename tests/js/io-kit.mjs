// What the tests of `holdfast/io` share: its `io`, and a server in this process.

import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { atEnd } from '../support/at-end.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import { pkg } from '../support/paths.mjs';
import { until } from '../support/until.mjs';

export const entry = await import(pathToFileURL(`${pkg}/esm/io.mjs`).href);
export const { io, Manager, Socket } = entry;
export { until };

/** Waits short enough for a test. */
export const QUICK = { reconnectionDelay: 20, reconnectionDelayMax: 50, randomizationFactor: 0 };

/** Closes a Socket and its Manager when the test is over. */
export function closing(t, socket) {
  atEnd(t, () => {
    socket.disconnect();
    socket.io._close();
  });
  return socket;
}

/** A server, and `io` for it. */
export async function start(t, serverOptions = {}) {
  const server = await startChatServer(t, serverOptions);
  const errors = [];
  /** The arguments of an event that came, in order. */
  const cameOf = (event) =>
    server.came.filter((one) => one.event === event).map(({ args }) => args);
  const open = (options = {}, nsp = '') => {
    const { holdfast, ...rest } = options;
    const own = { onError: (error) => errors.push(error), logger: null, ...holdfast };
    const all = { forceNew: true, transports: ['websocket'], ...QUICK, ...rest };
    return closing(t, io(server.url + nsp, { ...all, holdfast: holdfast === false ? false : own }));
  };
  return { server, open, cameOf, errors };
}

export async function connected(socket) {
  if (!socket.connected) await once(socket, 'connect');
  return socket;
}

/** What was emitted so far has come by then, and its receipts with it. */
export async function settled(server, socket) {
  await connected(socket);
  const asked = () => server.namespacePackets.filter((text) => text.startsWith('0/~')).length;
  await socket.emitWithAck('ping');
  const before = asked();
  await until(() => asked() >= before, 'receipts');
}
