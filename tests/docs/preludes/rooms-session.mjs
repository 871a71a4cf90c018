import 'docs-kit/storage.mjs';
import { pass, startChat, until } from 'docs-kit/kit.mjs';
import { initializeSocket } from 'holdfast/socket';

const server = await startChat();
const joins = () => server.came.filter(({ event }) => event === 'join_room').length;
// The sample stands here.
initializeSocket('alice');
await until(() => joins() === 1, 'the room is joined');
server.dropAll();
await until(() => joins() === 2, 'the room is joined again');
pass();
