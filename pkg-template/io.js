/**
 * `io` of socket.io-client, whose plain emits are delivered at least once: what was on its way when a connection was lost is
 * sent again. What must not take effect twice says so: `holdfast: { ways: { bid: { way: 'received', repeat: false } } }`.
 */

import { io as lookup, Manager as PlainManager, Socket } from 'socket.io-client';
import { createIo } from './shell/create-io.js';

// Whatever this socket.io-client has besides.
export * from 'socket.io-client';

export const { io, Manager } = createIo(lookup, PlainManager, Socket);
export { io as connect, io as default };
