// Hostile input from components: they are told what is wrong, and the client keeps working.

import assert from 'node:assert/strict';
import test from 'node:test';
import { answerAll } from '../../support/hostile.mjs';
import { attack } from '../hostile-kit.mjs';
import { collectReports } from '../shell-kit.mjs';
import { act, api, createClient, createRoot, h, holdfast, quick, start, until } from './kit.mjs';

const { SocketProvider } = holdfast;
const functions = Object.entries(holdfast).filter(([, value]) => typeof value === 'function');
const isHook = ([name]) => name.startsWith('use');
const isProvider = ([name]) => name.endsWith('Provider');

const VALID = {
  useSocket: [(view) => view.isReady, Object.is],
  useSocketContext: [(view) => view.isReady, Object.is],
  useSocketEvent: ['message:new', () => {}],
  useIsOnline: ['u2'],
};

/** What an app's own function throws in a render is its own. */
const isOwn = (args) => args.some((value) => typeof value === 'function');

/** Renders once, and answers what was thrown. */
async function render(element) {
  const thrown = [];
  const note = (error) => thrown.push(error);
  const container = document.body.appendChild(document.createElement('div'));
  const root = createRoot(container, { onUncaughtError: note, onCaughtError: note });
  await act(() => root.render(element));
  await act(() => root.unmount());
  container.remove();
  return thrown[0];
}

test('components survive hostile arguments to hooks, props, and to the functions that hooks return', async (t) => {
  collectReports(t);
  const { server, client } = await setUp(t);
  const providers = functions.filter(isProvider).map(([name, Provider]) => ({
    name,
    valid: [{ userId: 'u1', isAuthenticated: true, client, options: undefined }],
    run: (props) => render(h(Provider, propsOf(props), 'text')),
  }));
  const hooks = functions.filter(isHook).map(([name, hook]) => ({
    name,
    valid: VALID[name],
    run(...args) {
      const Component = () => {
        hook(...args);
        return 'text';
      };
      return render(h(SocketProvider, { userId: 'u1' }, h(Component)));
    },
  }));
  const sending = Object.keys(await answerOf(holdfast.useSendMessage)).filter(
    (name) => name !== 'messages',
  );
  const actions = sending.map((name) => ({
    name: `useSendMessage().${name}`,
    valid: name === 'send' ? [{ text: 'x' }, { id: 'x', lane: 'eve' }] : ['x'],
    async run(...args) {
      const answer = await answerOf(holdfast.useSendMessage);
      return answer[name](...args);
    },
  }));
  const others = functions
    .filter((entry) => !isHook(entry) && !isProvider(entry))
    .map(([name, run]) => ({ name, run }));
  const calls = [...providers, ...hooks, ...actions, ...others];
  let mark = 0;
  await attack(
    t,
    150,
    ({ random }) => {
      const { name, valid, run } = calls[random.below(calls.length)];
      return {
        name,
        valid,
        async fn(...args) {
          const thrown = await run(...args);
          const isError = thrown instanceof Error && !isOwn(args);
          if (isError) throw thrown;
        },
      };
    },
    async ({ name, answer }) => {
      await answer.catch(() => {});
      api.configureSocket(quick(server.url));
      api.resetLogoutFlag();
      api.initializeSocket('u1', { isAuthReady: true });
      mark += 1;
      let result;
      api.sendMessage({ recipientId: 'bob', mark }).then((given) => {
        result = given;
      });
      await until(() => result, `an acknowledgement after ${name}`, 8000, 1);
      assert.equal(result.success, true, name);
    },
  );
});

async function setUp(t) {
  t.mock.method(console, 'error', () => {});
  t.mock.method(console, 'warn', () => {});
  const server = answerAll(await start(t));
  const client = createClient(quick(server.url));
  t.after(() => client.destroy());
  return { server, client };
}

/** What a hook answers in a component. */
async function answerOf(hook) {
  let answer;
  const Component = () => {
    answer = hook();
    return null;
  };
  await render(h(SocketProvider, { userId: 'u1' }, h(Component)));
  return answer;
}

/** React itself reads what is handed to it for props. */
function propsOf(value) {
  try {
    return { ...value };
  } catch {
    return { userId: value };
  }
}
