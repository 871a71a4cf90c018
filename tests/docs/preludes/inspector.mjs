import { pass, startChat } from 'docs-kit/kit.mjs';

await startChat();
// The sample stands here.
client.destroy();
pass();
