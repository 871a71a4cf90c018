/**
 * The entry `holdfast/alias`: `holdfast/io` for bundlers that alias `socket.io-client` to it. The alias applies to the
 * imports of this package too, so this file imports another path, which an exact alias does not match and which is the
 * same code (4.7.1 and later).
 */

import { io as lookup, Manager as PlainManager, Socket } from 'socket.io-client/debug';
import { createIo } from './shell/create-io.js';

// Every other export of this socket.io-client.
export * from 'socket.io-client/debug';

export const { io, Manager } = createIo(lookup, PlainManager, Socket);
export { io as connect, io as default };
