// What waits for one user ends with the logout; the next one gets a connection of their own.

import 'docs-kit/storage.mjs';
import { assert, pass, startChat, until } from 'docs-kit/kit.mjs';
import { getOutbox, sendMessage } from 'holdfast/socket';

// The sample stands here.
login({ id: 'alice', token: 'alice' });
const ended = sendMessage({ recipientId: 'bob', content: 'hello' });
assert.equal(getOutbox().length, 1);
await logout();
assert.equal((await ended).error, 'LOGGED_OUT');
login({ id: 'carol', token: 'carol' });
const sent = sendMessage({ recipientId: 'bob', content: 'good morning' });
const server = await startChat();
assert.equal((await sent).success, true);
await until(() => server.joins.includes('carol'), 'Carol has joined');
assert.deepEqual(
  server.received.map(({ data }) => data.content),
  ['good morning'],
);
pass();
