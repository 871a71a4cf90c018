// The server ends the connection: it stays ended until the page is shown again.

import 'docs-kit/dom.mjs';
import { assert, pass, startChat, until } from 'docs-kit/kit.mjs';
import { initializeSocket, isConnectionReady } from 'holdfast/socket';

const server = await startChat();
// The sample stands here.
initializeSocket('alice');
await until(isConnectionReady, 'Alice is connected');
server.io.disconnectSockets(true);
await until(() => isReplaced && !getSocket().connected, 'the connection has ended');
assert.equal(server.links.length, 1);
Object.defineProperty(document, 'visibilityState', { value: 'visible' });
document.dispatchEvent(new window.Event('visibilitychange'));
await until(isConnectionReady, 'Alice is connected again');
pass();
