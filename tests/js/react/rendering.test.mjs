// A component re-renders only for the fields that it reads.

import assert from 'node:assert/strict';
import test from 'node:test';
import { act, api, counted, h, holdfast, mount, React, start, until } from './kit.mjs';

const {
  SocketProvider,
  useConnectionHealth,
  useIsOnline,
  useOnlineUsers,
  useSocket,
  useSocketEvent,
} = holdfast;
const within = (...children) => h(SocketProvider, { userId: 'u1' }, ...children);

test('10,000 inbound messages re-render no component that does not read them', async (t) => {
  const server = await start(t);
  const everything = {
    Status: counted(() => String(useSocket().isReady)),
    Whole: counted(() => Object.values(useSocket()).length),
    Online: counted(() => useOnlineUsers().join()),
    Someone: counted(() => String(useIsOnline('u2'))),
    Health: counted(() => String(useConnectionHealth().isHealthy)),
    Selecting: counted(() => useSocket(({ phase, transport }) => ({ phase, transport })).phase),
    Context: counted(() => String(React.useContext(holdfast.SocketContext).isReady)),
    Listening: counted(() => {
      useSocketEvent('message:new', () => {
        heard += 1;
      });
      return null;
    }),
  };
  let heard = 0;
  const Count = counted(() => {
    const [count, setCount] = React.useState(0);
    useSocketEvent('message:new', ({ n }) => setCount(n));
    return count;
  });
  const others = Object.entries(everything);
  await mount(
    t,
    within(...others.map(([key, One]) => h(One, { key })), h(Count, { key: 'count' })),
  );
  await until(() => api.isConnectionReady() && server.clients.length === 1, 'ready');
  // The list of who is online comes on its own.
  await act(async () => server.io.emit('online_users', ['u1']));
  await until(() => api.getConnectionHealth().isReady, 'settled');

  const before = others.map(([name, { renders }]) => [name, renders]);
  const shownBefore = Count.renders;
  await act(async () => {
    for (let n = 1; n <= 10_000; n += 1) server.io.emit('message:new', { _id: `m${n}`, n });
  });
  await until(() => heard === 10_000, 'all are here');
  assert.deepEqual(
    others.map(([name, { renders }]) => [name, renders]),
    before,
  );
  assert.ok(Count.renders > shownBefore, 'the one that shows them did render');
});

test('a change of a field re-renders only the components that read it', async (t) => {
  const server = await start(t);
  const Ready = counted(() => String(useSocket().isReady));
  const Users = counted(() => useSocket().onlineUsers.join());
  const { text } = await mount(t, within(h(Ready), ' ', h(Users)));
  await until(() => text() === 'true u1', 'the list is here');
  const [ready, users] = [Ready.renders, Users.renders];
  await act(async () => server.io.emit('user_online', { userId: 'u2' }));
  await until(() => text() === 'true u1,u2', 'shown');
  assert.equal(Ready.renders, ready);
  assert.equal(Users.renders, users + 1);
});

test('a field that is read for the first time has its current value, and is then tracked', async (t) => {
  const server = await start(t);
  let show;
  const Late = () => {
    const [isShown, setShown] = React.useState(false);
    show = setShown;
    const view = useSocket();
    return isShown ? view.onlineUsers.join() : '-';
  };
  const { text } = await mount(t, within(h(Late)));
  await until(() => api.isConnectionReady(), 'ready');
  const told = [];
  api.onOnlineUsers((users) => told.push(users.join()));
  const say = async (...users) => {
    server.io.emit('online_users', users);
    await until(() => told.at(-1) === users.join(), 'the list is here');
  };
  await say('a');
  await say('b');
  await act(async () => show(true));
  assert.equal(text(), 'b');
  // What it was before anybody read it is news again.
  await say('a');
  assert.equal(text(), 'a');
});

test('a selector re-renders when what it selects changed, by its fields or by isEqual', async (t) => {
  const server = await start(t);
  const Pair = counted(() => {
    const { phase, count } = useSocket((view) => ({
      phase: view.phase,
      count: view.onlineUsers.length,
    }));
    return `${phase} ${count}`;
  });
  const Never = counted(() =>
    useSocket(
      (view) => view.onlineUsers.length,
      () => true,
    ),
  );
  const { text } = await mount(t, within(h(Pair), ' ', h(Never)));
  await until(() => text() === 'ready 1 0', 'ready');
  const [pairs, nevers] = [Pair.renders, Never.renders];
  const lists = [];
  api.onOnlineUsers((users) => lists.push(users.join()));
  server.io.emit('online_users', ['a', 'b']);
  await until(() => text() === 'ready 2 0', 'shown');
  server.io.emit('online_users', ['c', 'd']);
  await act(() => until(() => lists.at(-1) === 'c,d', 'the other list is here'));
  assert.equal(Pair.renders, pairs + 1);
  assert.equal(Never.renders, nevers);
});

test('an inline selector uses the props of its render', async (t) => {
  const server = await start(t);
  const One = ({ id }) => String(useSocket((view) => view.onlineUsers.includes(id)));
  const { render, text } = await mount(t, within(h(One, { id: 'a' })));
  await until(() => api.isConnectionReady(), 'ready');
  await act(async () => server.io.emit('online_users', ['a']));
  await until(() => text() === 'true', 'online');
  await render(within(h(One, { id: 'b' })));
  assert.equal(text(), 'false');
});

test('a listener is added before its provider connects, and is always the one of the last render', async (t) => {
  const server = await start(t);
  const heard = [];
  const Listener = ({ label }) => {
    useSocketEvent('greeting', (text) => heard.push(`${label}: ${text}`));
    const { socket } = useSocket();
    React.useEffect(() => {
      const listener = (text) => heard.push(`raw: ${text}`);
      socket?.on('greeting', listener);
      return () => socket?.off('greeting', listener);
    }, [socket]);
    return null;
  };
  const { render, unmount } = await mount(t, within(h(Listener, { label: 'first' })));
  await until(() => api.isConnectionReady(), 'ready');
  server.io.emit('greeting', 'hello');
  await until(() => heard.length === 2, 'heard');
  await render(within(h(Listener, { label: 'second' })));
  server.io.emit('greeting', 'again');
  await until(() => heard.length === 4, 'heard again');
  assert.deepEqual(heard.sort(), ['first: hello', 'raw: again', 'raw: hello', 'second: again']);
  await unmount();
  assert.deepEqual(api.getSocket()?.listeners('greeting'), []);
});
