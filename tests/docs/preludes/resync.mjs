import 'docs-kit/storage.mjs';
import { pass, startChat, until } from 'docs-kit/kit.mjs';
import { configureSocket, getSocket, initializeSocket } from 'holdfast/socket';

const server = await startChat();
const loadEverything = async (_room) => {};
// The sample stands here.
initializeSocket('alice');
await until(() => server.joins.length === 1 && getSocket().connected, 'Alice is connected');
pass();
