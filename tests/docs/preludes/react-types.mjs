import 'docs-kit/dom.mjs';
import { pass, until, url } from 'docs-kit/kit.mjs';
import { SocketProvider } from 'holdfast/react';
import { configureSocket } from 'holdfast/socket';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';

configureSocket({ url, logger: null });
// The sample stands here.
function Typed() {
  const { socket } = useSocket();
  useSocketEvent('message:new', ({ content }) => console.log(content.length));
  return socket ? 'a socket' : 'none';
}
createRoot(document.getElementById('root')).render(
  createElement(SocketProvider, null, createElement(Typed)),
);
await until(() => document.body.textContent === 'a socket', 'it is rendered');
pass();
