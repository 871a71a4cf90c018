// A message is sent while the server is away.

import 'docs-kit/storage.mjs';
import { assert, pass, startChat, until } from 'docs-kit/kit.mjs';
import { send, start } from './src/chat.js';

const marks = [];
const shown = [];
localStorage.setItem('token', 'alice');
start({ id: 'alice' }, (message) => shown.push(message.content));
send('hello', (id, mark) => marks.push([id, mark]));
assert.deepEqual(marks, []);
const server = await startChat();
await until(() => marks.length === 1, 'the message ends');
assert.deepEqual(marks, [[server.received[0].id, 'sent']]);
server.io.emit('message:new', { id: 'm1', content: 'good morning' });
await until(() => shown.includes('good morning'), 'it is shown');
pass();
