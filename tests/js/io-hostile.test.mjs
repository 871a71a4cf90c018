// Arguments and options that nobody should hand to `holdfast/io`.

import assert from 'node:assert/strict';
import test from 'node:test';
import { attack } from './hostile-kit.mjs';
import { closing, connected, io, QUICK, start, until } from './io-kit.mjs';

const METHODS = [
  'emit',
  'send',
  'compress',
  'timeout',
  'connect',
  'open',
  'listeners',
  'onAny',
  'on',
  'off',
];
METHODS.push('once', 'emitWithAck', 'onAnyOutgoing', 'offAny', 'offAnyOutgoing');

test('hostile arguments to a Socket lose no emit, and repeat only what a lost link left in doubt', async (t) => {
  t.mock.method(console, 'error', () => {});
  const { open, cameOf } = await start(t);
  const socket = await connected(open({ reconnection: true }));
  const calls = METHODS.map((name) => ({
    name,
    fn(...args) {
      // Of listeners and acknowledgements that throw the app's own code is to blame, and socket.io-client calls them.
      const answer = socket[name](...args.filter((value) => typeof value !== 'function'));
      return answer instanceof Promise ? answer.catch(() => {}) : answer;
    },
    valid: ['event', { text: 'x' }, 1],
    // What it throws is socket.io-client's.
    isForeign: true,
  }));
  let marks = 0;
  let losses = 0;
  // A hostile `off` takes every listener off the Socket.
  socket.io.on('close', () => {
    losses += 1;
  });
  await attack(
    t,
    300,
    ({ random }) => calls[random.below(calls.length)],
    async ({ name }) => {
      socket.flags = {};
      socket.emit('mark', marks);
      marks += 1;
      if (marks % 20 === 0) await until(() => new Set(cameOf('mark').flat()).size >= marks, name);
    },
  );
  const came = () => cameOf('mark').flat();
  await until(() => new Set(came()).size >= marks, 'all marks');
  assert.deepEqual([...new Set(came())], [...Array(marks).keys()], 'in order');
  // What the server finds too large ends the link. In doubt is at most what was emitted since the last look.
  assert.ok(came().length - marks <= 20 * losses, `${came().length} came after ${losses} losses`);
});

test('options that are hostile are refused by name, or make a Socket that can be used', async (t) => {
  t.mock.method(console, 'warn', () => {});
  t.mock.method(console, 'error', () => {});
  const { server, cameOf } = await start(t);
  let made = 0;
  await attack(
    t,
    100,
    () => ({
      name: 'io',
      fn(...args) {
        const [holdfast] = args;
        const options = { forceNew: true, transports: ['websocket'], ...QUICK, holdfast };
        const socket = closing(t, io(server.url, options));
        made += 1;
        socket.emit('made', made);
        socket.once('connect', () => socket.emit('up', made, () => socket.disconnect()));
        return undefined;
      },
      valid: [
        {
          ways: { bid: { way: 'received', repeat: false } },
          session: ['join'],
          volatile: ['typing'],
        },
      ],
    }),
    () => {},
  );
  assert.ok(made > 0);
  await until(() => cameOf('made').length >= made, 'one of each');
  assert.equal(cameOf('made').length, made);
});
