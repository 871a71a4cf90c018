import 'docs-kit/storage.mjs';
import { pass, startChat, until } from 'docs-kit/kit.mjs';
import { initializeSocket, isConnectionReady, onNewMessage } from 'holdfast/socket';

const server = await startChat();
server.http.removeAllListeners('request');
server.http.prependListener('request', (request, response) => {
  if (request.url.startsWith('/messages'))
    response.end(JSON.stringify([{ id: 'm2', content: 'two' }]));
  else server.io.engine.handleRequest(request, response);
});
const heard = [];
onNewMessage(({ content }) => heard.push(content));
// The sample stands here.
initializeSocket('alice');
await until(isConnectionReady, 'Alice is connected');
server.io.emit('message:new', { id: 'm1', content: 'one' });
await until(() => heard.length === 1, 'the first message');
server.dropAll();
await until(
  () => heard.length === 2,
  () => heard,
);
pass();
