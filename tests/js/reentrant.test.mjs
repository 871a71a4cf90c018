// An app's listener may call anything, from wherever it is called: in the midst of connecting, of ending, of an emit, of
// an answer. The module is beneath it then, and finds its state whole when the listener returns.

import assert from 'node:assert/strict';
import test from 'node:test';
import { startChatServer } from '../support/chat-server.mjs';
import { client, collectReports, until } from './shell-kit.mjs';

/** Where a listener is called from. Each gets called once while `bring` runs. */
const PLACES = {
  connect: { listen: (made, fn) => made.socket.once('connect', fn), bring() {} },
  disconnect: {
    listen: (made, fn) => made.socket.once('disconnect', fn),
    bring: (server) => server.dropAll(),
  },
  'an event': {
    listen: (made, fn) => made.socket.once('hello', fn),
    bring: (server) => server.io.emit('hello'),
  },
  'any event': {
    listen: (made, fn) => once(made.socket, 'onAny', 'offAny', fn),
    bring: (server) => server.io.emit('hello'),
  },
  'an event that leaves': {
    listen: (made, fn) => once(made.socket, 'onAnyOutgoing', 'offAnyOutgoing', fn),
    bring: (_server, made) => made.socket.emit('component'),
  },
  'a message that leaves': {
    listen: (made, fn) => once(made.socket, 'onAnyOutgoing', 'offAnyOutgoing', fn),
    bring: (_server, made) => made.send('send_message', { text: 'there' }).catch(() => {}),
  },
  'an answer': {
    listen: (made, fn) => made.onSettled(fn),
    bring: (_server, made) => made.send('send_message', { text: 'there' }).catch(() => {}),
  },
  'an attempt of the Manager': {
    listen: (made, fn) => made.socket.io.once('reconnect_attempt', fn),
    bring: (server) => server.dropAll(),
  },
};

const ACTIONS = {
  sends: (made) => void made.send('send_message', { text: 'within' }).catch(() => {}),
  'sends, which sends again': (made) => nested(made, 20),
  disconnects: (made) => made.disconnect(),
  'disconnects and connects': (made) => void made.socket.disconnect().connect(),
  'logs out': (made) => void made.logout(),
  'closes the transport': (made) => made.socket.io.engine?.close(),
  throws() {
    throw new Error('of the app');
  },
};

for (const [place, { listen, bring }] of Object.entries(PLACES)) {
  test(`a listener that is called by ${place} does what it likes`, async (t) => {
    collectReports(t);
    const server = await startChatServer(t);
    for (const [what, act] of Object.entries(ACTIONS)) {
      const made = client(t, server, { userId: 'u1' });
      let calls = 0;
      const fn = () => {
        calls += 1;
        if (calls === 1) act(made);
      };
      if (place === 'connect') listen(made, fn);
      made.connect();
      if (place !== 'connect') {
        await until(() => made.getState().isReady, `ready, before it ${what}`);
        listen(made, fn);
      }
      bring(server, made);
      await until(() => calls > 0, `called, and it ${what}`);
      made.connect();
      await until(() => made.getState().isReady, `ready, after it ${what}`);
      const sent = await made.send('send_message', { text: what });
      assert.equal(sent.success, true, what);
      made.destroy();
    }
  });
}

function nested(made, depth) {
  const sent = made.send('send_message', { depth });
  sent.catch(() => {});
  if (depth > 0) sent.then(() => nested(made, depth - 1)).catch(() => {});
}

/** The socket's listeners for all events have no `once`. */
function once(socket, on, off, fn) {
  const listener = () => {
    socket[off](listener);
    fn();
  };
  socket[on](listener);
}
