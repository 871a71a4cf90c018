// Fast Refresh: an edited component keeps its sent messages. Uses the runtime of the bundlers' plugins.

import assert from 'node:assert/strict';
import test from 'node:test';
import Refresh from 'react-refresh/runtime';

// Before React is loaded, as a plugin does.
Refresh.injectIntoGlobalHook(globalThis);
const { act, api, createClient, h, holdfast, mount, quick, start, until } = await import(
  './kit.mjs'
);
const { SocketProvider, useSendMessage } = holdfast;

/** A component as a module has it once more after each edit. */
function versionOf(number, hook) {
  const Chat = () => {
    Object.assign(hook, useSendMessage());
    return `${number}: ${hook.messages.map(({ data, status }) => `${data.text} ${status}`).join()}`;
  };
  Refresh.register(Chat, 'Chat');
  return Chat;
}

for (const [whose, clientOf] of [
  ['the configured client', () => undefined],
  ['a client of its own', (url) => createClient(quick(url, { userId: 'u1' }))],
]) {
  test(`an edited component keeps its messages, with ${whose}`, async (t) => {
    const server = await start(t);
    const client = clientOf(server.url);
    if (client) t.after(() => client.destroy());
    const hook = {};
    const props = client ? { client } : { userId: 'u1' };
    const { text } = await mount(t, h(SocketProvider, props, h(versionOf(1, hook))));
    await act(async () => hook.send({ text: 'hi' }));
    await until(() => text() === '1: hi sent', 'sent');

    await act(() => {
      versionOf(2, hook);
      Refresh.performReactRefresh();
    });
    assert.equal(text(), '2: hi sent');
    await act(async () => hook.send({ text: 'again' }));
    await until(() => text() === '2: hi sent,again sent', 'the next one too');
    assert.equal(server.handshakes.length, 1);
    assert.equal(api.isConnectionReady(), !client);
  });
}
