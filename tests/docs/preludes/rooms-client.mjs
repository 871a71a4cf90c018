import { assert, pass, startChat, until } from 'docs-kit/kit.mjs';

const server = await startChat();
const count = (name) => server.came.filter(({ event }) => event === name).length;
// The sample stands here.
await until(() => count('join_room') === 1, 'the room is joined');
server.dropAll();
await until(() => count('join_room') === 2, 'the room is joined again');
leave();
await until(() => count('leave_room') === 1, 'the room is left');
server.dropAll();
await client.send('send_message', { content: 'hello' });
assert.equal(count('join_room'), 2);
pass();
