// Messages in the state of a component.

import assert from 'node:assert/strict';
import test from 'node:test';
import { act, api, h, holdfast, mount, start, until } from './kit.mjs';

const { SocketProvider, useOutbox, useSendMessage, useSocket } = holdfast;

/** Mounts a component that shows what it sends; answers its hook and its text. */
async function chat(t, props = { userId: 'u1' }) {
  const hook = {};
  const Chat = () => {
    Object.assign(hook, useSendMessage());
    return hook.messages
      .map(({ data, status, error }) => `${data.text} ${status}${error ? ` ${error.code}` : ''}`)
      .join(', ');
  };
  const page = await mount(t, h(SocketProvider, props, h(Chat)));
  return { hook, ...page, send: (data, options) => act(async () => hook.send(data, options)) };
}

test('a message is queued, then sending, then sent', async (t) => {
  let answer;
  const message = ({ ack, save }) => {
    answer = () => ack(save());
  };
  await start(t, {}, { hooks: { message } });
  const { send, text, render, hook } = await chat(t, { isAuthenticated: false });
  await send({ text: 'hi' });
  assert.equal(text(), 'hi queued');
  api.initializeSocket('u1');
  await until(() => text() === 'hi sending', 'on its way');
  await until(() => answer, 'it is there');
  answer();
  await until(() => text() === 'hi sent', 'sent');
  assert.equal(hook.messages[0].reply.success, true);
  assert.equal(typeof render, 'function');
});

test('a lost link puts the messages in flight back into the queue', async (t) => {
  const server = await start(t, { reconnect: { minMs: 60_000, maxMs: 60_000, spreadMs: 60_000 } });
  server.hooks.message = () => {};
  const { send, text } = await chat(t);
  await until(() => api.isConnectionReady(), 'ready');
  await send({ text: 'hi' });
  assert.equal(text(), 'hi sending');
  server.dropAll();
  await until(() => text() === 'hi queued', 'back in the queue');
});

test('a failed message has its error, and can be sent again with its id', async (t) => {
  const server = await start(t, { send: { retries: 0 } });
  let isBusy = true;
  server.hooks.message = ({ ack, save }) =>
    ack(isBusy ? { error: 'INVALID_CONTENT', message: 'Too rude' } : save());
  const { send, text, hook } = await chat(t);
  await send({ text: 'hi' });
  await until(() => text() === 'hi failed INVALID_CONTENT', 'failed');
  const [{ id, error }] = hook.messages;
  assert.deepEqual(error, {
    code: 'INVALID_CONTENT',
    message: 'Too rude',
    maybeDelivered: false,
    retryable: false,
  });
  isBusy = false;
  await act(async () => hook.retry(id));
  await until(() => text() === 'hi sent', 'sent');
  assert.deepEqual(
    server.received.map((entry) => entry.id),
    [id, id],
  );
  assert.equal(hook.messages.length, 1);
});

test('a message can be cancelled, or only removed from the list', async (t) => {
  await start(t);
  const { send, text, hook } = await chat(t, { isAuthenticated: false });
  await send({ text: 'one' }, { id: 'one' });
  await send({ text: 'two' }, { id: 'two' });
  await act(async () => hook.cancel('one'));
  assert.equal(text(), 'one failed CANCELLED, two queued');
  await act(async () => hook.dismiss('one'));
  assert.equal(text(), 'two queued');
  assert.equal(api.getMessageQueueLength(), 1);
});

test('an invalid message fails at once', async (t) => {
  await start(t);
  const { hook, text } = await chat(t, { isAuthenticated: false });
  const good = hook.send({ text: 'good' });
  const bad = hook.send({ text: 'big', n: 1n });
  assert.deepEqual(
    [good.status, bad.status, bad.error.code],
    ['queued', 'failed', 'INVALID_MESSAGE_PAYLOAD'],
  );
  await act(async () => hook.dismiss(good.id));
  assert.equal(text(), 'big failed INVALID_MESSAGE_PAYLOAD');
});

test('the actions are stable functions', async (t) => {
  await start(t);
  const { send, hook } = await chat(t, { isAuthenticated: false });
  const before = { ...hook };
  await send({ text: 'hi' });
  for (const name of ['send', 'retry', 'cancel', 'dismiss']) assert.equal(hook[name], before[name]);
});

test('the outbox shows all waiting messages of the client, and why they wait', async (t) => {
  const server = await start(t);
  server.hooks.message = () => {};
  const lists = new Set();
  const Outbox = () => {
    const list = useOutbox();
    lists.add(list);
    return list.map(({ data, waitsFor }) => `${data.text} ${waitsFor}`).join();
  };
  const { text } = await mount(t, h(SocketProvider, { userId: 'u1' }, h(Outbox)));
  let onlineUsers = [];
  api.onOnlineUsers((users) => {
    onlineUsers = users;
  });
  await act(async () => {
    api.sendMessage({ text: 'hi' });
  });
  await until(() => text() === 'hi answer', 'on its way');
  const before = lists.size;
  server.io.emit('online_users', ['u1', 'u2']);
  await until(() => onlineUsers.length === 2, 'something else has changed');
  assert.equal(lists.size, before, 'the list has not');
  await act(async () => api.disconnectSocket());
  assert.equal(text(), 'hi link');
});

test('sendMessage of useSocket is the function of the module', async (t) => {
  await start(t);
  const hook = {};
  const Sender = () => {
    hook.sendMessage = useSocket().sendMessage;
    return null;
  };
  await mount(t, h(SocketProvider, { userId: 'u1' }, h(Sender)));
  const calls = [];
  const result = await hook.sendMessage({ text: 'hi' }, (told) => calls.push(told));
  assert.equal(result.success, true);
  assert.deepEqual(
    calls.map(({ success, queued }) => [success, queued]),
    [
      [false, true],
      [true, undefined],
    ],
  );
});

test('a different message with an id in use is refused, and the first one stays in the list', async (t) => {
  await start(t);
  const { hook, send, text } = await chat(t, { isAuthenticated: false });
  await send({ text: 'first' }, { id: 'x' });
  const refused = hook.send({ text: 'second' }, { id: 'x' });
  assert.deepEqual([refused.status, refused.error.code], ['failed', 'DUPLICATE_ID']);
  const same = hook.send({ text: 'first' }, { id: 'x' });
  assert.equal(same, hook.messages[0], 'the same one again is the one that is there');
  await send({ text: 'third' });
  api.initializeSocket('u1');
  await until(() => text() === 'first sent, third sent', 'both are sent, in their places');
});

test('a retry sends the original message with its options', async (t) => {
  const server = await start(t, { send: { retries: 0 } });
  server.hooks.message = ({ ack }) => ack({ error: 'INVALID_CONTENT' });
  const { hook, send, text } = await chat(t);
  const data = { text: 'as it was' };
  await send(data, { id: 'x', lane: 'mine', ttlMs: 60_000 });
  await until(() => text() === 'as it was failed INVALID_CONTENT', 'failed');
  data.text = 'changed';
  server.hooks.message = () => {};
  await act(async () => hook.retry('x'));
  await until(() => server.received.length === 2, 'sent again');
  assert.deepEqual(server.received[1].data, { text: 'as it was', _tempId: 'x' });
  assert.equal(hook.messages[0].data, data, 'and is shown as it was given');
  const [{ lane }] = globalThis[Symbol.for('holdfast@1')].client.entries();
  assert.equal(lane, 'mine');
});

test('several arguments are sent, and sent again, as they were', async (t) => {
  const server = await start(t, {
    send: { event: 'beats', retries: 0, ackTimeoutMs: 100, ack: true },
  });
  const { hook, send, text } = await chat(t);
  await until(() => api.isConnectionReady(), 'ready');
  const rest = [{ n: 1 }, 2];
  await send({ text: 'several' }, { id: 'x', rest });
  await until(() => text() === 'several failed ACK_TIMEOUT', 'failed');
  rest[0].n = 9;
  rest.push('late');
  await act(async () => hook.retry('x'));
  const came = () => server.came.filter(({ event }) => event === 'beats');
  await until(() => came().length === 2, 'sent again');
  const expected = [{ text: 'several', _tempId: 'x' }, { n: 1 }, 2];
  for (const { args } of came()) assert.deepEqual(args, expected);
});

test('a message of a component has a payload, and no callback', async (t) => {
  await start(t);
  const { hook } = await chat(t, { isAuthenticated: false });
  assert.equal(hook.send(undefined).error.code, 'INVALID_MESSAGE_PAYLOAD');
  for (const mistake of [24, 'text', [24], () => {}]) {
    const why = { code: 'INVALID_OPTION', message: /rest: \[/ };
    assert.throws(() => hook.send({ text: 'hi' }, mistake), why);
  }
  assert.equal(hook.send({ text: 'hi' }, null).status, 'queued');
});

test('a signal cancels a message', async (t) => {
  await start(t);
  const { hook, text } = await chat(t, { isAuthenticated: false });
  const controller = new AbortController();
  hook.send({ text: 'hi' }, { signal: controller.signal });
  await act(async () => controller.abort());
  assert.equal(text(), 'hi failed CANCELLED');
  const { status, error } = hook.send({ text: 'never' }, { signal: AbortSignal.abort() });
  assert.deepEqual([status, error.code], ['failed', 'CANCELLED']);
  assert.equal(hook.messages.length, 1, 'what never had an id is not shown');
});

test('messages of a user who logged out are neither shown nor sent by the next user', async (t) => {
  const server = await start(t);
  server.hooks.message = () => {};
  const { hook, send, text } = await chat(t);
  await send({ text: 'secret of u1' }, { id: 'x' });
  api.initializeSocket('u2');
  await until(() => text() === '', 'nothing is left');
  await act(async () => hook.retry('x'));
  await until(() => server.joins.includes('u2'), 'the next user is there');
  assert.equal(api.getMessageQueueLength(), 0);
});

test('a thousand messages that are sent in one turn cause one pass over the list', async (t) => {
  await start(t);
  const { hook, text } = await chat(t, { isAuthenticated: false });
  const { client } = globalThis[Symbol.for('holdfast@1')];
  const { standing } = client;
  let looks = 0;
  client.standing = (seq) => {
    looks += 1;
    return standing(seq);
  };
  await act(async () => {
    for (let n = 0; n < 1000; n += 1) hook.send({ text: n });
  });
  await until(() => text().split(', ').length === 1000, 'all are shown');
  assert.ok(looks <= 5000, `${looks} looks`);
});
