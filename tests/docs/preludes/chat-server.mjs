// Alice writes to Bob; a message that comes a second time takes effect once.

import { assert, pass, startFile, until, url } from 'docs-kit/kit.mjs';
import { createClient } from 'holdfast';
import {
  configureSocket,
  initializeSocket,
  isConnectionReady,
  onNewMessage,
} from 'holdfast/socket';
import { io } from 'socket.io-client';

await startFile('server.mjs');
const heard = [];
configureSocket({ url, auth: { token: 'bob' }, logger: null });
initializeSocket('bob');
onNewMessage(({ content }) => heard.push(content));
await until(isConnectionReady, 'Bob has joined his room');

const alice = createClient({ url, userId: 'alice', auth: { token: 'alice' } });
alice.connect();
const reply = await alice.send('send_message', { recipientId: 'bob', content: 'hello' });
assert.equal(reply.success, true);

const plain = io(url, { auth: { token: 'alice' } });
const message = { recipientId: 'bob', content: 'again', _tempId: 'one' };
const first = await plain.emitWithAck('send_message', message);
assert.deepEqual(await plain.emitWithAck('send_message', message), first);
await until(() => heard.includes('again'), 'Bob has heard it');
assert.deepEqual(heard, ['hello', 'again']);
pass();
