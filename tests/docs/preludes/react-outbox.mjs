import 'docs-kit/dom.mjs';
import { pass, until, url } from 'docs-kit/kit.mjs';
import { SocketProvider } from 'holdfast/react';
import { configureSocket, sendMessage } from 'holdfast/socket';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';

configureSocket({ url, auth: { token: 'alice' }, userId: 'alice', logger: null });
// The sample stands here.
const app = createElement(SocketProvider, null, createElement(Waiting));
createRoot(document.getElementById('root')).render(app);
sendMessage({ recipientId: 'bob', content: 'hello' });
const text = () => document.body.textContent;
await until(() => text() === 'hello waits for: link', text);
pass();
