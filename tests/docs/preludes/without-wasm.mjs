import { assert, pass, startChat, url } from 'docs-kit/kit.mjs';
import { createClient } from 'holdfast';

await startChat();
Reflect.deleteProperty(globalThis, 'WebAssembly');
// The sample stands here.
const client = createClient({ url, userId: 'alice', auth: { token: 'alice' } });
client.connect();
assert.equal((await client.send('send_message', { content: 'hello' })).success, true);
assert.equal(client.getState().mode, 'reliable');
pass();
