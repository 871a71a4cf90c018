import { pass, startChat, until } from 'docs-kit/kit.mjs';

const server = await startChat();
// The sample stands here.
await until(() => server.came.some(({ event }) => event === 'chat'), 'the event arrives');
for (const socket of server.io.sockets.sockets.values()) socket.conn.close();
const joins = () => server.came.filter(({ event }) => event === 'join_room').length;
await until(() => joins() === 2, 'the room is joined again');
pass();
