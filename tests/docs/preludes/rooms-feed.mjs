import 'docs-kit/dom.mjs';
import { pass, startChat, until, url } from 'docs-kit/kit.mjs';
import { SocketProvider } from 'holdfast/react';
import { createFeed } from 'holdfast/server';
import { configureSocket } from 'holdfast/socket';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';

const server = await startChat();
const feed = createFeed(server.io, { userId: () => 'alice', authorize: () => true });
configureSocket({ url, auth: { token: 'alice' }, userId: 'alice' });
// The sample stands here.
const app = createElement(
  SocketProvider,
  { userId: 'alice' },
  createElement(Room, { room: 'lobby' }),
);
createRoot(document.getElementById('root')).render(app);
const text = () => document.body.textContent;
let id = 0;
const publish = (line) => feed.room('lobby').publish('room:line', { id: ++id, text: line });
await until(async () => {
  await publish('.');
  return text().includes('.');
}, 'the room is read');
server.dropAll();
await publish('while away');
await until(() => text().includes('while away'), text);
pass();
