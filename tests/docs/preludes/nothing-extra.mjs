import 'docs-kit/storage.mjs';
import { assert, pass, startChat } from 'docs-kit/kit.mjs';
import { initializeSocket, sendMessage } from 'holdfast/socket';

const server = await startChat();
// The sample stands here.
initializeSocket('alice');
const result = await sendMessage({ recipientId: 'bob', content: 'hello' });
assert.equal(result.success, true);
assert.deepEqual(
  server.came.map(({ event }) => event),
  ['send_message'],
);
pass();
