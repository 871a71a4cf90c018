// Shared by the tests of the React entry: a document, React, and a server in this process.

import { JSDOM } from 'jsdom';
import { startChatServer } from '../../support/chat-server.mjs';
import { pkg } from '../../support/paths.mjs';
import { api, freshModule, quick } from '../shell-kit.mjs';

const { window } = new JSDOM('<!doctype html><body></body>', { url: 'http://localhost/' });
const { document, navigator } = window;
Object.assign(globalThis, { window, document });
Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });

export const React = await import('react');
export const { createElement: h, StrictMode } = React;
export const { createRoot, hydrateRoot } = await import('react-dom/client');
export const { renderToString } = await import('react-dom/server');
const { flushSync } = await import('react-dom');
export const holdfast = await import(`${pkg}/esm/react.mjs`);
export { api, client, createClient, freshModule, quick, until } from '../shell-kit.mjs';

/**
 * Renders into a container of its own, until the test is over.
 * @returns {Promise<{ container: Element, render(element): Promise<void>, unmount(): Promise<void>, text(): string }>}
 */
export async function mount(t, element) {
  const container = document.body.appendChild(document.createElement('div'));
  const errors = [];
  const onUncaughtError = (error) => errors.push(error);
  const root = createRoot(container, { onUncaughtError });
  const render = async (next) => {
    await act(() => flushSync(() => root.render(next)));
    if (errors.length > 0) throw errors.splice(0)[0];
  };
  const unmount = () => act(() => flushSync(() => root.unmount()));
  t.after(async () => {
    await unmount();
    container.remove();
  });
  await render(element);
  return { container, render, unmount, text: () => container.textContent };
}

/** Does something, and has React render what follows from it. */
export async function act(deed) {
  await deed();
  // React's scheduler takes a turn of its own for rendering and another for effects.
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** A server, and `holdfast/socket` configured for it but not connected. */
export async function start(t, options = {}, serverOptions = {}) {
  freshModule(t);
  const server = await startChatServer(t, serverOptions);
  api.configureSocket(quick(server.url, options));
  return server;
}

/** A component that counts how often it renders. */
export function counted(render) {
  const Counted = (props) => {
    Counted.renders += 1;
    return render(props);
  };
  Counted.renders = 0;
  return Counted;
}
