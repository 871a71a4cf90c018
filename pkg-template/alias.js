/**
 * `holdfast/io` for bundlers that are told to take it for `socket.io-client`. That alias holds for the imports of this
 * package too: this one is of a path that an exact alias leaves alone, and behind which is the same code (4.7.1 and later).
 */

import { io as lookup, Manager as PlainManager, Socket } from 'socket.io-client/debug';
import { createIo } from './shell/create-io.js';

// Whatever this socket.io-client has besides.
export * from 'socket.io-client/debug';

export const { io, Manager } = createIo(lookup, PlainManager, Socket);
export { io as connect, io as default };
