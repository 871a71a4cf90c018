// The form is filled while the server is away; the message is sent once it is there.

import 'docs-kit/dom.mjs';
import { assert, pass, startChat, until } from 'docs-kit/kit.mjs';
import { createElement, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import App from './src/App.jsx';

const text = () => document.body.textContent;
createRoot(document.getElementById('root')).render(
  createElement(StrictMode, null, createElement(App)),
);
await until(() => document.querySelector('input'), 'the form is there');
document.querySelector('input').value = 'hello';
document.querySelector('form').requestSubmit();
await until(() => text().includes('hello (queued)'), text);
const server = await startChat();
await until(() => text().includes('hello (sent)'), text);
await until(() => text().includes('online'), text);
assert.equal(server.saved.length, 1);
assert.equal(server.clients.length, 1);
server.io.emit('message:new', { id: 'm9', content: 'good morning' });
await until(() => text().includes('good morning'), text);
pass();
