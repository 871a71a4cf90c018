// Bob is away while Alice writes to him and renames the room. He gets both once he is back, and each once.

import { assert, pass, startFile, until, url } from 'docs-kit/kit.mjs';
import { createClient } from 'holdfast';

await startFile('server.mjs');
const connect = (name) =>
  createClient({ url, userId: name, auth: { token: name }, feed: true, logger: null });
const [alice, bob] = ['alice', 'bob'].map(connect);
const heard = [];
bob.on('message:new', ({ content }) => heard.push(content));
bob.on('renamed', ({ name }) => heard.push(name));
bob.followRoom('lobby');
const rename = (name) => alice.send('rename', { room: 'lobby', name });
const hears = (...expected) =>
  until(
    () => expected.every((one) => heard.includes(one)),
    () => heard,
  );

bob.connect();
alice.connect();
// A new client begins at the end of a feed, which is where it is once it has read it.
await until(async () => {
  await rename('ready');
  return heard.includes('ready');
}, 'Bob reads the room');
heard.length = 0;
await alice.send('send_message', { recipientId: 'bob', content: 'one' });
await rename('two');
await hears('one', 'two');
bob.disconnect();
await alice.send('send_message', { recipientId: 'bob', content: 'three' });
await rename('four');
bob.connect();
await hears('three', 'four');
assert.equal(heard.filter((one) => one !== 'ready').length, 4);

await alice.send('remove_member', { room: 'lobby', member: 'bob' });
await rename('five');
await alice.send('send_message', { recipientId: 'bob', content: 'six' });
await hears('six');
assert.equal(heard.includes('five'), false);
pass();
