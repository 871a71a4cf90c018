// The provider: one connection however often it is mounted, and when it connects and disconnects.

import assert from 'node:assert/strict';
import test from 'node:test';
import { pkg } from '../../support/paths.mjs';
import {
  act,
  api,
  client,
  createRoot,
  freshModule,
  h,
  holdfast,
  hydrateRoot,
  mount,
  quick,
  React,
  renderToString,
  StrictMode,
  start,
  until,
} from './kit.mjs';

const { SocketContext, SocketProvider, useSocket } = holdfast;

const Status = () => {
  const { isReady, socket } = useSocket();
  return `${isReady ? 'ready' : 'not ready'}, ${socket ? 'a socket' : 'no socket'}`;
};
const App = (props) => h(SocketProvider, props, h(Status));

test('a provider that is mounted twice, as in StrictMode, opens one connection', async (t) => {
  const server = await start(t);
  const { text } = await mount(t, h(StrictMode, null, h(App, { userId: 'u1' })));
  await until(() => text() === 'ready, a socket', 'ready');
  assert.equal(server.handshakes.length, 1);
  assert.deepEqual(server.joins, ['u1']);
});

test('a provider that is unmounted ends the link, and keeps waiting messages', async (t) => {
  const server = await start(t);
  const { unmount, text } = await mount(t, h(App, { userId: 'u1' }));
  await until(() => text() === 'ready, a socket', 'ready');
  await unmount();
  await until(() => server.clients.length === 0, 'the server sees it gone');
  const sent = api.sendMessage({ text: 'kept' });
  const again = await mount(t, h(App, { userId: 'u1' }));
  await until(() => again.text() === 'ready, a socket', 'ready again');
  assert.equal((await sent).success, true);
});

test('two providers share the link, which ends with the second', async (t) => {
  const server = await start(t);
  const first = await mount(t, h(App, { userId: 'u1' }));
  const second = await mount(t, h(App, { userId: 'u1' }));
  await until(() => second.text() === 'ready, a socket', 'ready');
  await first.unmount();
  await act(() => new Promise((resolve) => setTimeout(resolve)));
  assert.equal(second.text(), 'ready, a socket');
  assert.equal(server.clients.length, 1);
  await second.unmount();
  await until(() => server.clients.length === 0, 'the server sees it gone');
});

for (const [what, send] of [
  ['sendMessage', () => api.sendMessage({ text: 'at once' })],
  ['a hook', (view) => view.sendMessage({ text: 'at once' })],
]) {
  test(`a child that sends when it is mounted, by ${what}, leaves connecting to the provider`, async (t) => {
    const server = await start(t);
    const Eager = () => {
      const view = useSocket();
      React.useEffect(() => {
        send(view);
      }, []);
      return null;
    };
    const { unmount } = await mount(t, h(SocketProvider, { userId: 'u1' }, h(Eager)));
    await until(() => server.saved.length === 1, 'it is there');
    await unmount();
    await until(() => server.clients.length === 0, 'the server sees it gone');
  });
}

test('a provider without a configuration warns once', async (t) => {
  freshModule(t);
  // One that has not warned yet, whatever other tests have mounted.
  const { SocketProvider: Provider } = await import(`${pkg}/esm/react.mjs?not-warned-yet`);
  const warn = t.mock.method(console, 'warn', () => {});
  await mount(t, h(StrictMode, null, h(Provider, { userId: 'u1' })));
  await until(() => warn.mock.callCount() > 0, 'a warning');
  await mount(t, h(Provider, { userId: 'u1' }));
  await act(() => new Promise((resolve) => setTimeout(resolve, 1)));
  assert.equal(warn.mock.callCount(), 1);
  assert.match(warn.mock.calls[0].arguments.join(' '), /SocketProvider.*configureSocket/);
});

test('a provider that need not connect, or that is configured in the same turn, does not warn', async (t) => {
  const server = await start(t);
  freshModule(t);
  const warn = t.mock.method(console, 'warn', () => {});
  await mount(t, h(App, { userId: null }));
  const late = mount(t, h(App, { userId: 'u1' }));
  api.configureSocket(quick(server.url));
  await late;
  await until(() => api.isConnectionReady(), 'ready');
  assert.equal(warn.mock.callCount(), 0);
});

test('a link that the app opened itself stays after its providers are unmounted', async (t) => {
  const server = await start(t);
  const before = await mount(t, h(App, { userId: 'u1' }));
  await until(() => before.text() === 'ready, a socket', 'ready');
  // In the turn in which the provider goes the app asks for the next.
  const gone = before.unmount();
  api.initializeSocket('u2');
  await gone;
  await until(() => server.joins.includes('u2') && api.isConnectionReady(), 'ready as the next');
  await act(() => new Promise((resolve) => setTimeout(resolve)));
  assert.equal(api.isConnectionReady(), true);
  // And one that it had asked for before.
  const after = await mount(t, h(App, { userId: 'u2' }));
  await after.unmount();
  await act(() => new Promise((resolve) => setTimeout(resolve)));
  assert.equal(api.isConnectionReady(), true);
});

test('isAuthenticated false disconnects and keeps waiting messages, and true connects', async (t) => {
  const server = await start(t);
  const { render, text } = await mount(t, h(App, { isAuthenticated: true, userId: 'u1' }));
  await until(() => text() === 'ready, a socket', 'ready');
  await render(h(App, { isAuthenticated: false, userId: 'u1' }));
  await until(() => server.clients.length === 0, 'the server sees it gone');
  const sent = api.sendMessage({ text: 'kept' });
  assert.equal(api.getMessageQueueLength(), 1);
  await render(h(App, { isAuthenticated: true, userId: 'u1' }));
  assert.equal((await sent).success, true);
});

test('a login after a logout connects the next user, with nothing of the first', async (t) => {
  const server = await start(t);
  const { render, text } = await mount(t, h(App, { isAuthenticated: true, userId: 'u1' }));
  await until(() => text() === 'ready, a socket', 'ready');
  api.disconnectSocketForLogout();
  await render(h(App, { isAuthenticated: false, userId: null }));
  assert.equal(text(), 'not ready, a socket');
  await render(h(App, { isAuthenticated: true, userId: 'u2' }));
  await until(() => text() === 'ready, a socket', 'ready');
  assert.deepEqual(server.joins, ['u1', 'u2']);
});

test('a new userId joins the room of that user', async (t) => {
  const server = await start(t);
  const { render, text } = await mount(t, h(App, { userId: 'u1' }));
  await until(() => text() === 'ready, a socket', 'ready');
  await render(h(App, { userId: 'u2' }));
  await until(() => server.joins.length === 2 && text() === 'ready, a socket', 'joined');
  assert.deepEqual(server.joins, ['u1', 'u2']);
});

test('a provider without props does not connect, and leaves that to the app', async (t) => {
  const server = await start(t);
  const { text } = await mount(t, h(App));
  assert.equal(text(), 'not ready, a socket');
  assert.equal(server.handshakes.length, 0);
  api.initializeSocket('u1');
  await until(() => text() === 'ready, a socket', 'ready');
});

test('a client that is configured after the provider is mounted is used', async (t) => {
  const server = await start(t);
  const { url } = server;
  freshModule(t);
  const { text } = await mount(t, h(App, { userId: 'u1' }));
  assert.equal(text(), 'not ready, no socket');
  await act(async () => api.configureSocket(quick(url)));
  await until(() => text() === 'ready, a socket', 'ready');
});

test('options in the provider configure, are refused by name, and their handlers stay fresh', async (t) => {
  const server = await start(t);
  const { url } = server;
  freshModule(t);
  const forced = [];
  const element = (label) => {
    const onForceLogout = () => forced.push(label);
    return h(App, { userId: 'u1', options: quick(url, { onForceLogout }) });
  };
  const { render, text } = await mount(t, h(StrictMode, null, element('first')));
  await render(h(StrictMode, null, element('second')));
  await until(() => text() === 'ready, a socket', 'ready');
  assert.equal(server.handshakes.length, 1);
  server.io.emit('force_logout', {});
  await until(() => forced.length > 0, 'told');
  assert.deepEqual(forced, ['second']);

  const errors = t.mock.method(console, 'error', () => {});
  await assert.rejects(mount(t, h(App, { options: { retires: 3 } })), {
    code: 'INVALID_OPTION',
    message: /^Option retires got /,
  });
  errors.mock.restore();
});

test('a client of createClient can be passed in, and nothing else', async (t) => {
  const server = await start(t);
  const own = client(t, server, { userId: 'u9' });
  const { text, render } = await mount(t, h(App, { client: own }));
  await until(() => text() === 'ready, a socket', 'ready');
  assert.deepEqual(server.joins, ['u9']);
  assert.equal(api.isSocketConnected(), false, 'the configured one has no part in it');
  const errors = t.mock.method(console, 'error', () => {});
  await assert.rejects(render(h(App, { client: {} })), { code: 'INVALID_OPTION' });
  errors.mock.restore();
});

test('components that read the context see every change', async (t) => {
  await start(t);
  const Raw = () => {
    const { isConnected, connected, socket } = React.useContext(SocketContext);
    return `${isConnected} ${connected} ${socket === api.getSocket()}`;
  };
  const { text } = await mount(t, h(SocketProvider, { userId: 'u1' }, h(Raw)));
  await until(() => text() === 'true true true', 'connected');
});

test('outside of a provider, useSocket throws an error that says so', async (t) => {
  const errors = t.mock.method(console, 'error', () => {});
  await assert.rejects(mount(t, h(Status)), {
    message: 'useSocket must be used within a SocketProvider',
  });
  errors.mock.restore();
});

test('a server renders the state without a user, and the page hydrates it without a warning', async (t) => {
  await start(t);
  const page = h(SocketProvider, { userId: 'u1' }, h(Status));
  const { window } = globalThis;
  delete globalThis.window;
  const html = renderToString(page);
  globalThis.window = window;
  assert.equal(html, 'not ready, no socket');
  const container = document.body.appendChild(document.createElement('div'));
  container.innerHTML = html;
  const errors = t.mock.method(console, 'error');
  const problems = [];
  let root;
  await act(async () => {
    root = hydrateRoot(container, page, { onRecoverableError: (error) => problems.push(error) });
  });
  t.after(() => act(async () => root.unmount()));
  await until(() => container.textContent === 'ready, a socket', 'ready');
  assert.deepEqual(problems, []);
  assert.equal(errors.mock.callCount(), 0);
});

test('without a document, importing and rendering opens nothing', async (t) => {
  const server = await start(t);
  renderToString(h(App, { userId: 'u1', options: quick(server.url) }));
  assert.equal(server.handshakes.length, 0);
  assert.equal(typeof createRoot, 'function');
});
