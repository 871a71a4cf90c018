import 'docs-kit/storage.mjs';
import { pass, startChat, until } from 'docs-kit/kit.mjs';
import { onMessageSettled } from 'holdfast/socket';

const server = await startChat();
const settled = [];
onMessageSettled((message) => settled.push(message));
// The sample stands here.
await until(() => settled[0]?.success && server.saved.length === 1, 'the message settles');
pass();
