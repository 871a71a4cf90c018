import { assert, pass, startChat } from 'docs-kit/kit.mjs';

const server = await startChat();
// The sample stands here.
assert.equal(reply.success, true);
assert.equal(server.saved.length, 1);
pass();
