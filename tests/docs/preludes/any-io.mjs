import { assert, pass, startChat, until } from 'docs-kit/kit.mjs';

const server = await startChat();
const names = () => server.came.map(({ event }) => event);
// The sample stands here.
await until(() => names().includes('bid'), names);
assert.deepEqual(names(), ['join_room', 'chat', 'bid']);
// Whether the bid was taken is unknown then: it is not sent again, and the join is.
server.dropAll();
await until(() => names().filter((name) => name === 'join_room').length === 2, names);
server.io.emit('later');
await new Promise((resolve) => socket.once('later', resolve));
assert.equal(names().filter((name) => name === 'bid').length, 1);
pass();
