/**
 * The entry `holdfast/io`: `io` of socket.io-client, with plain emits delivered at least once: emits that were on their way
 * when a connection was lost are sent again. For an event that must not take effect twice, set
 * `holdfast: { ways: { bid: { way: 'received', repeat: false } } }`.
 */

import { io as lookup, Manager as PlainManager, Socket } from 'socket.io-client';
import { createIo } from './shell/create-io.js';

// Every other export of this socket.io-client.
export * from 'socket.io-client';

export const { io, Manager } = createIo(lookup, PlainManager, Socket);
export { io as connect, io as default };
